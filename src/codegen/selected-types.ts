import { type ClassReference, closure, type ModelClass, type ModelMember, type ModelType, rootsOf, typeModel } from './type-model.ts';
import type { TypeOptions } from './type-options.ts';

export type GeneratedType = GeneratedClass | Exclude<ModelType, ModelClass>;

/** A class as it is to be written, with the members that options add. */
export interface GeneratedClass extends ModelClass {
  readonly members: readonly GeneratedMember[];
}

export interface GeneratedMember extends ModelMember {
  /** What a new object has in it. */
  readonly value?: number;
}

/** How classes are written. */
export interface ClassStyle {
  /** Whether descriptions are comments too. */
  readonly comments: boolean;
  /** Whether requests have their routes, `IReturn` and methods. On a metadata page they do not (servicestack.md 5.4). */
  readonly requestParts: boolean;
}

const responseStatus: ClassReference = { kind: 'class', name: 'ResponseStatus', arguments: [] };

/** The types that the options select, in the order of dependency, with the members that they add (servicestack.md 5.3). */
export function selectedTypes(options: TypeOptions): readonly GeneratedType[] {
  const included = includedNames(options.list('IncludeTypes'), options.isOn('AddResponseStatus') ? [responseStatus.name] : []);
  const excluded = new Set(options.list('ExcludeTypes').map(bareName));
  const withServiceStack = options.isOn('AddServiceStackTypes');
  const version = options.text('AddImplicitVersion');
  const responses = options.isOn('AddResponseStatus') ? responseNames() : new Set<string>();
  return typeModel()
    .types.filter(({ name }) => (included === undefined || included.has(name)) && !excluded.has(name))
    .filter(({ namespace }) => withServiceStack || namespace !== 'ServiceStack')
    .map((type) => (type.kind === 'enum' ? type : withVersion(withStatus(type, responses), version)));
}

/**
 * Names of the types that entries include; undefined for all. `X` is the type alone, `X.*` with all that it refers to, `{Tag}` the
 * operations of a tag with all that they refer to, `Name.Space/*` a namespace. However many entries there are, types are walked once.
 * @param added names of types that options make members refer to
 */
function includedNames(entries: readonly string[], added: readonly string[]): ReadonlySet<string> | undefined {
  if (entries.length === 0) return undefined;
  const model = typeModel();
  const alone = new Set<string>();
  const roots = new Set<string>();
  const tags = new Set<string>();
  const namespaces = new Set<string>();
  for (const entry of entries) {
    if (entry.startsWith('{')) for (const tag of entry.slice(1, -1).split(',')) tags.add(tag.trim().toLowerCase());
    else if (entry.endsWith('/*')) namespaces.add(entry.slice(0, -2));
    else if (entry.endsWith('.*')) roots.add(bareName(entry.slice(0, -2)));
    else alone.add(bareName(entry));
  }
  const operations = model.operations.filter(({ operation }) => roots.has(operation.name) || tags.has(operation.tag.toLowerCase()));
  const walked = [...operations.flatMap(rootsOf), ...roots];
  const referred = closure(walked.length === 0 ? walked : [...walked, ...added]);
  const inNamespaces = model.types.filter(({ namespace }) => namespaces.has(namespace));
  return new Set([...alone, ...[...referred, ...inNamespaces].map(({ name }) => name)]);
}

/** .NET writes the number of type parameters after a name: ``ListResponse`1``. */
function bareName(name: string): string {
  return name.split('`', 1)[0] ?? name;
}

function responseNames(): ReadonlySet<string> {
  return new Set(typeModel().operations.flatMap(({ response }) => (response?.kind === 'class' ? [response.name] : [])));
}

function withStatus(type: GeneratedClass, responses: ReadonlySet<string>): GeneratedClass {
  return responses.has(type.name) ? withMember(type, { name: 'ResponseStatus', jsonName: 'responseStatus', type: responseStatus }) : type;
}

function withVersion(type: GeneratedClass, version: string): GeneratedClass {
  if (version === '' || !type.operation) return type;
  const number = { kind: 'scalar', name: 'int', nullable: false } as const;
  return withMember(type, { name: 'Version', jsonName: 'version', type: number, value: Number(version) });
}

function withMember(type: GeneratedClass, member: Pick<GeneratedMember, 'name' | 'jsonName' | 'type' | 'value'>): GeneratedClass {
  if (type.members.some(({ name }) => name === member.name)) return type;
  const order = type.isDataContract ? type.members.length + 1 : undefined;
  return { ...type, members: [...type.members, { ...member, description: '', required: false, order }] };
}
