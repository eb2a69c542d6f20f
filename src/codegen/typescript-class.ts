import { blockComment, indented, quoted, separated } from './code-text.ts';
import { routesOf } from './routes.ts';
import type { ClassStyle, GeneratedClass, GeneratedMember } from './selected-types.ts';
import { type ClassReference, declaredName, type ListReference, type ModelEnum, operationOf } from './type-model.ts';
import { typescriptType } from './typescript-names.ts';

export interface TypescriptStyle extends ClassStyle {
  /** Whether every member has a `?`. If not, those that are not required have it. */
  readonly everyMemberOptional: boolean;
}

/** A class as TypeScript (servicestack.md 5.3). */
export function typescriptClass(type: GeneratedClass, style: TypescriptStyle): readonly string[] {
  const name = declaredName(type);
  const members = separated(type.members.map((member) => memberLines(member, style)));
  const assign = `${type.base ? 'super(init); ' : ''}(Object as any).assign(this, init);`;
  return [
    ...classHead(type, style),
    `export class ${name}${type.base ? ` extends ${typescriptType(type.base)}` : ''}${implementing(type, style)}`,
    '{',
    ...indented([
      ...members,
      ...(members.length === 0 ? [] : ['']),
      `public constructor(init?: Partial<${name}>) { ${assign} }`,
      ...(style.requestParts ? requestMethods(type) : []),
    ]),
    '}',
  ];
}

/** A class as an ambient interface. */
export function typescriptInterface(type: GeneratedClass, style: TypescriptStyle): readonly string[] {
  const bases = [...(type.base ? [typescriptType(type.base)] : []), ...interfacesOf(type, style)];
  return [
    ...classHead(type, style),
    `interface ${declaredName(type)}${bases.length === 0 ? '' : ` extends ${bases.join(', ')}`}`,
    '{',
    ...indented(separated(type.members.map((member) => [...memberHead(member, style), `${memberType(member, style)};`]))),
    '}',
  ];
}

export function typescriptEnum({ name, values }: ModelEnum): readonly string[] {
  return [`export enum ${name}`, '{', ...indented(values.map((value) => `${value} = '${value}',`)), '}'];
}

/** `IReturn<T>` of a request that is answered, and what the class declares. */
export function interfacesOf(type: GeneratedClass, { requestParts }: ClassStyle): readonly string[] {
  const response = requestParts ? operationOf(type)?.response : undefined;
  return [...(response ? [`IReturn<${typescriptType(response)}>`] : []), ...type.implements];
}

function implementing(type: GeneratedClass, style: TypescriptStyle): string {
  const interfaces = interfacesOf(type, style);
  return interfaces.length === 0 ? '' : ` implements ${interfaces.join(', ')}`;
}

function classHead(type: GeneratedClass, { comments, requestParts }: ClassStyle): readonly string[] {
  return [
    ...(comments ? blockComment(type.description) : []),
    ...(requestParts && type.operation
      ? routesOf(type.operation).map(({ path, verbs }) => `// @Route(${quoted(path)}, ${quoted(verbs)})`)
      : []),
    ...(type.operation && type.description !== '' ? [`// @Api(Description=${quoted(type.description)})`] : []),
    ...(type.isDataContract ? ['// @DataContract'] : []),
  ];
}

function memberLines(member: GeneratedMember, style: TypescriptStyle): readonly string[] {
  const value = member.value === undefined ? '' : ` = ${member.value}`;
  return [...memberHead(member, style), `public ${memberType(member, style, '!')}${value};`];
}

function memberHead({ description, order }: GeneratedMember, { comments }: ClassStyle): readonly string[] {
  return [
    ...(comments ? blockComment(description) : []),
    ...(order === undefined ? [] : [`// @DataMember(Order=${order})`]),
    ...(description === '' ? [] : [`// @ApiMember(Description=${quoted(description)})`]),
  ];
}

/** @param always what follows the name of a member that is always there: a class needs a `!`, because it does not assign it itself */
function memberType({ jsonName, required, type }: GeneratedMember, { everyMemberOptional }: TypescriptStyle, always = ''): string {
  return `${jsonName}${required && !everyMemberOptional ? always : '?'}: ${typescriptType(type)}`;
}

function requestMethods(type: GeneratedClass): readonly string[] {
  const operation = operationOf(type);
  if (!operation) return [];
  return [
    `public getTypeName() { return '${type.name}'; }`,
    `public getMethod() { return '${operation.verb}'; }`,
    `public createResponse() {${operation.response ? ` return ${newResponse(operation.response)}; ` : ''}}`,
  ];
}

function newResponse(response: ClassReference | ListReference): string {
  return response.kind === 'list' ? `new Array<${typescriptType(response.item)}>()` : `new ${typescriptType(response)}()`;
}
