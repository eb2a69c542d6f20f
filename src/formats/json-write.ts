import type { Member, ObjectShape, Shape } from './shape.ts';

type Writer = (value: unknown) => string;

const writers = new WeakMap<Shape, Writer>();

/**
 * JSON as ServiceStack writes it (servicestack.md 2.1): camelCase, the order of declaration, no white space, absent members left out.
 * Members that the shape does not declare are left out too, so nothing internal can leak.
 */
export function writeJson(value: unknown, shape: Shape): string {
  return writerOf(shape)(value);
}

function writerOf(shape: Shape): Writer {
  let writer = writers.get(shape);
  if (!writer) {
    writer = makeWriter(shape);
    writers.set(shape, writer);
  }
  return writer;
}

function makeWriter(shape: Shape): Writer {
  switch (shape.kind) {
    case 'text':
    case 'flag':
    case 'integer':
    case 'number':
    case 'enum':
      return writeScalar;
    case 'list':
      return (value) => writeList(value, shape.item);
    case 'map':
      return (value) => writeMap(value, shape.value);
    case 'object':
      return objectWriter(shape);
  }
}

/** A number that is not finite has no JSON spelling; it is written as null, as an absent one in a list. */
function writeScalar(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

function writeList(value: unknown, item: Shape): string {
  if (!Array.isArray(value)) return 'null';
  const write = writerOf(item);
  let text = '[';
  for (let index = 0; index < value.length; index++) text += (index === 0 ? '' : ',') + write(value[index]);
  return `${text}]`;
}

function writeMap(value: unknown, shape: Shape): string {
  if (typeof value !== 'object' || value === null) return 'null';
  const write = writerOf(shape);
  let text = '';
  for (const [key, entry] of Object.entries(value)) {
    if (entry === undefined || entry === null) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${write(entry)}`;
  }
  return `{${text}}`;
}

function objectWriter(shape: ObjectShape): Writer {
  let members: readonly (readonly [member: Member, prefix: string, write: Writer])[] | undefined;
  return (value) => {
    if (typeof value !== 'object' || value === null) return 'null';
    members ??= shape.members.map((member) => [member, `${JSON.stringify(member.jsonName)}:`, writerOf(member.shape)]);
    let text = '';
    for (const [member, prefix, write] of members) {
      const own: unknown = Reflect.get(value, member.jsonName);
      if (own === undefined || own === null) continue;
      text += (text === '' ? prefix : `,${prefix}`) + write(own);
    }
    return `{${text}}`;
  };
}
