import { indented, separated, textOf } from './code-text.ts';
import { type GeneratedType, selectedTypes } from './selected-types.ts';
import { type ModelOperation, typesOfOperation } from './type-model.ts';
import { type OptionDefaults, readOptions, type TypeOptions, type TypesRequest } from './type-options.ts';
import { interfacesOf, type TypescriptStyle, typescriptClass, typescriptEnum, typescriptInterface } from './typescript-class.ts';
import {
  defaultImports,
  missingServiceStackTypes,
  needsNodeParameterMap,
  nodeParameterMap,
  SERVICESTACK_CLIENT,
} from './typescript-names.ts';

const defaults: OptionDefaults = {
  GlobalNamespace: '',
  MakePropertiesOptional: 'False',
  AddServiceStackTypes: 'True',
  AddResponseStatus: 'False',
  AddImplicitVersion: '',
  AddDescriptionAsComments: 'True',
  IncludeTypes: '',
  ExcludeTypes: '',
  DefaultImports: '',
};

const tabStyle: TypescriptStyle = { everyMemberOptional: true, comments: true, requestParts: false };

/** The code of an operation's metadata page (servicestack.md 5.4): its types alone, below the class that heads every page. */
export function typescriptTab(operation: ModelOperation): string {
  return textOf([...nodeParameterMap, '', '', ...separated(typesOfOperation(operation).map((type) => exported(type, tabStyle)))]);
}

/** `/types/typescript`: classes that clients import (servicestack.md 5.3). It compiles as it is, under `strict` too. */
export function typescriptTypes(request: TypesRequest): string {
  const options = readOptions(defaults, request);
  const types = selectedTypes(options);
  const style = styleOf(options);
  const head = needsNodeParameterMap(types) ? [...nodeParameterMap, '', ''] : [];
  const markers = markersOf(types, style).map((lines) => lines.map((line, index) => (index === 0 ? `export ${line}` : line)));
  const code = [...head, ...separated([...markers, ...types.map((type) => exported(type, style))])];
  return textOf([...options.header, ...importLines(types, options), ...inNamespace(code, options, 'export')]);
}

/** `/types/typescript.d`: the same as ambient declarations, which need no code (servicestack.md 5.2). */
export function typescriptDefinitions(request: TypesRequest): string {
  const options = readOptions(defaults, request);
  const types = selectedTypes(options);
  const style = styleOf(options);
  const head = needsNodeParameterMap(types) ? [['interface NodeParameterMap', '{', '    [key:string] : NodeParameter;', '}']] : [];
  // An object that only has the members of a request is one: what a class would have besides is not asked for.
  const markers = markersOf(types, style).map((lines) => lines.filter((line) => !line.includes('createResponse')));
  const code = separated([...head, ...markers, ...types.map((type) => ambient(type, style))]);
  return textOf([...options.header, ...importLines(types, options), ...inNamespace(code, options, 'declare')]);
}

function styleOf(options: TypeOptions): TypescriptStyle {
  return {
    everyMemberOptional: options.isOn('MakePropertiesOptional'),
    comments: options.isOn('AddDescriptionAsComments'),
    requestParts: true,
  };
}

function exported(type: GeneratedType, style: TypescriptStyle): readonly string[] {
  return type.kind === 'enum' ? typescriptEnum(type) : typescriptClass(type, style);
}

function ambient(type: GeneratedType, style: TypescriptStyle): readonly string[] {
  if (type.kind === 'class') return typescriptInterface(type, style);
  return [`type ${type.name} = ${type.values.map((value) => `'${value}'`).join(' | ')};`];
}

/** The members of ServiceStack's interfaces; the others have none. */
const interfaceMembers: Readonly<Record<string, string>> = {
  IReturn: 'createResponse(): T;',
  IMeta: 'meta?: { [index:string]: string; };',
};

/** The interfaces that the types declare, each once. */
function markersOf(types: readonly GeneratedType[], style: TypescriptStyle): readonly (readonly string[])[] {
  const used = types.flatMap((type) => (type.kind === 'class' ? interfacesOf(type, style) : []));
  const names = new Set(used.map((name) => name.split('<', 1)[0] ?? name));
  return [...names].sort().map((name) => {
    const member = interfaceMembers[name];
    return [`interface ${name === 'IReturn' ? 'IReturn<T>' : name}`, '{', ...indented(member ? [member] : []), '}'];
  });
}

/** With an empty line after them. */
function importLines(types: readonly GeneratedType[], options: TypeOptions): readonly string[] {
  const missing = missingServiceStackTypes(types, options);
  const own = missing.length === 0 ? [] : [`import { ${missing.join(', ')} } from "${SERVICESTACK_CLIENT}";`];
  const lines = [...defaultImports(options), ...own];
  return lines.length === 0 ? [] : [...lines, ''];
}

function inNamespace(code: readonly string[], options: TypeOptions, word: 'export' | 'declare'): readonly string[] {
  const namespace = options.text('GlobalNamespace');
  return namespace === '' ? code : [`${word} namespace ${namespace}`, '{', ...indented(code), '}'];
}
