import { commentLines, indented, quoted, separated, textOf } from './code-text.ts';
import { routesOf } from './routes.ts';
import { type ClassStyle, type GeneratedClass, type GeneratedMember, type GeneratedType, selectedTypes } from './selected-types.ts';
import { csharpType, declaredName, type ModelEnum, type ModelOperation, operationOf, typesOfOperation } from './type-model.ts';
import { type OptionDefaults, readOptions, type TypesRequest } from './type-options.ts';

/** ServiceStack's own types are in the package that a client in C# uses anyway, so they are left out unless they are asked for. */
const defaults: OptionDefaults = {
  GlobalNamespace: '',
  AddServiceStackTypes: 'False',
  AddResponseStatus: 'False',
  AddImplicitVersion: '',
  AddDescriptionAsComments: 'True',
  IncludeTypes: '',
  ExcludeTypes: '',
  AddNamespaces: '',
};

const usings = ['System', 'System.Collections.Generic', 'System.Runtime.Serialization', 'ServiceStack', 'ServiceStack.DataAnnotations'];

/** The code of an operation's metadata page (servicestack.md 5.1). */
export function csharpTab(operation: ModelOperation): string {
  return textOf(inNamespaces(typesOfOperation(operation), '', { comments: true, requestParts: false }));
}

/** `/types/csharp` (servicestack.md 5.2). */
export function csharpTypes(request: TypesRequest): string {
  const options = readOptions(defaults, request);
  const types = selectedTypes(options);
  const namespace = options.text('GlobalNamespace');
  const own = namespace === '' ? types.map((type) => type.namespace) : [];
  const used = new Set([...usings, ...own, ...options.list('AddNamespaces')]);
  const style = { comments: options.isOn('AddDescriptionAsComments'), requestParts: true };
  return textOf([...options.header, ...[...used].map((name) => `using ${name};`), '', ...inNamespaces(types, namespace, style)]);
}

/** @param all the namespace of all types; empty for each its own */
function inNamespaces(types: readonly GeneratedType[], all: string, style: ClassStyle): readonly string[] {
  const byNamespace = new Map<string, (readonly string[])[]>();
  for (const type of types) {
    const namespace = all === '' ? type.namespace : all;
    const group = byNamespace.get(namespace) ?? [];
    group.push(type.kind === 'enum' ? enumLines(type) : classLines(type, style));
    byNamespace.set(namespace, group);
  }
  return separated([...byNamespace].map(([namespace, group]) => [`namespace ${namespace}`, '{', ...indented(separated(group)), '}']));
}

function classLines(type: GeneratedClass, style: ClassStyle): readonly string[] {
  const { operation, description, isDataContract, members } = type;
  const bases = basesOf(type, style);
  return [
    ...(style.comments ? summary(description) : []),
    ...(style.requestParts && operation ? routesOf(operation).map(({ path, verbs }) => `[Route(${quoted(path)}, ${quoted(verbs)})]`) : []),
    ...(operation && description !== '' ? [`[Api(Description=${quoted(description)})]`] : []),
    ...(isDataContract ? ['[DataContract]'] : []),
    `public partial class ${declaredName(type)}`,
    ...(bases.length === 0 ? [] : [`    : ${bases.join(', ')}`]),
    '{',
    ...indented(separated(members.map((member) => memberLines(member, style)))),
    '}',
  ];
}

function basesOf(type: GeneratedClass, { requestParts }: ClassStyle): readonly string[] {
  const response = requestParts ? operationOf(type)?.response : undefined;
  return [...(type.base ? [csharpType(type.base)] : []), ...(response ? [`IReturn<${csharpType(response)}>`] : []), ...type.implements];
}

function memberLines({ name, description, order, type, value }: GeneratedMember, { comments }: ClassStyle): readonly string[] {
  return [
    ...(comments ? summary(description) : []),
    ...(order === undefined ? [] : [`[DataMember(Order=${order})]`]),
    ...(description === '' ? [] : [`[ApiMember(Description=${quoted(description)})]`]),
    `public virtual ${csharpType(type)} ${name} { get; set; }${value === undefined ? '' : ` = ${value};`}`,
  ];
}

function enumLines({ name, values }: ModelEnum): readonly string[] {
  return [`public enum ${name}`, '{', ...indented(values.map((value) => `${value},`)), '}'];
}

/** A comment of C# is XML. */
function summary(text: string): readonly string[] {
  const lines = commentLines(text).map((line) => line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'));
  return text === '' ? [] : ['/// <summary>', ...lines.map((line) => `/// ${line}`), '/// </summary>'];
}
