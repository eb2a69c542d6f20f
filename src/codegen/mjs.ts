import { commentLines, indented, textOf } from './code-text.ts';
import { type ClassStyle, type GeneratedClass, type GeneratedMember, type GeneratedType, selectedTypes } from './selected-types.ts';
import { declaredName, type ModelEnum, type ModelOperation, operationOf, typesOfOperation } from './type-model.ts';
import { type OptionDefaults, readOptions, type TypesRequest } from './type-options.ts';
import {
  defaultImports,
  missingServiceStackTypes,
  needsNodeParameterMap,
  SERVICESTACK_CLIENT,
  typescriptType,
} from './typescript-names.ts';

const defaults: OptionDefaults = {
  AddServiceStackTypes: 'True',
  AddResponseStatus: 'False',
  AddImplicitVersion: '',
  AddDescriptionAsComments: 'True',
  IncludeTypes: '',
  ExcludeTypes: '',
  DefaultImports: '',
};

/** The code of an operation's metadata page. */
export function mjsTab(operation: ModelOperation): string {
  return textOf(moduleLines(typesOfOperation(operation), { comments: true, requestParts: false }));
}

/** `/types/mjs`: a JavaScript module of classes, with their types in comments. A browser imports it as it is. */
export function mjsTypes(request: TypesRequest): string {
  const options = readOptions(defaults, request);
  const types = selectedTypes(options);
  const missing = missingServiceStackTypes(types, options).map(
    (name) => `/** @typedef {import("${SERVICESTACK_CLIENT}").${name}} ${name} */`,
  );
  const style = { comments: options.isOn('AddDescriptionAsComments'), requestParts: true };
  return textOf([...options.header, ...defaultImports(options), ...missing, ...moduleLines(types, style)]);
}

function moduleLines(types: readonly GeneratedType[], style: ClassStyle): readonly string[] {
  const map = needsNodeParameterMap(types) ? ['/** @typedef {{ [index:string]: NodeParameter; }} NodeParameterMap */'] : [];
  return [...map, ...types.flatMap((type) => (type.kind === 'enum' ? enumLines(type) : classLines(type, style)))];
}

function enumLines({ name, values }: ModelEnum): readonly string[] {
  return [
    `/** @typedef {${values.map((value) => `'${value}'`).join('|')}} ${name} */`,
    `export const ${name} = Object.freeze({`,
    ...indented(values.map((value) => `${value}: /** @type {const} */ ('${value}'),`)),
    '});',
  ];
}

function classLines(type: GeneratedClass, style: ClassStyle): readonly string[] {
  const { name, base, typeParameters, description, members } = type;
  const comment = [
    ...(style.comments && description !== '' ? commentLines(description) : []),
    ...typeParameters.map((parameter) => `@template ${parameter}`),
    ...(base && base.arguments.length > 0 ? [`@extends {${typescriptType(base)}}`] : []),
  ];
  return [
    ...documentation(comment),
    `export class ${name}${base ? ` extends ${base.name}` : ''} {`,
    ...indented([
      `/** @param {Partial<${declaredName(type)}>} [init] */`,
      `constructor(init) { ${base ? 'super(init); ' : ''}Object.assign(this, init); }`,
      ...members.flatMap((member) => memberLines(member, style)),
      ...(style.requestParts ? requestMethods(type) : []),
    ]),
    '}',
  ];
}

function memberLines({ jsonName, type, description, value }: GeneratedMember, { comments }: ClassStyle): readonly string[] {
  const comment = [...(comments && description !== '' ? commentLines(description) : []), `@type {${typescriptType(type)}}`];
  return [...documentation(comment), `${jsonName}${value === undefined ? '' : ` = ${value}`};`];
}

function documentation(lines: readonly string[]): readonly string[] {
  if (lines.length < 2) return lines.map((line) => `/** ${line} */`);
  return ['/**', ...lines.map((line) => ` * ${line}`), ' */'];
}

function requestMethods(type: GeneratedClass): readonly string[] {
  const operation = operationOf(type);
  if (!operation) return [];
  const { verb, response } = operation;
  return [
    `getTypeName() { return '${type.name}'; }`,
    `getMethod() { return '${verb}'; }`,
    `createResponse() {${response ? ` return ${response.kind === 'list' ? '[]' : `new ${response.name}()`}; ` : ''}}`,
  ];
}
