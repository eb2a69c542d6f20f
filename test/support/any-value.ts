import fc from 'fast-check';
import type { ScalarShape, Shape } from '../../src/formats/shape.ts';

const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('', ' ', '+18144043093', '00123', 'true', 'null', ']]>', '<a>&amp;', '"\\', '\r\n\t', '{x}', 'Ünïcødé 🎉'),
);

// A key is written and read as it stands, except the one that would change the prototype of the object that is read into.
const keys = fc.string({ unit: 'grapheme', maxLength: 6 }).filter((key) => key !== '__proto__');

/** Any value that the type behind a shape can have; members are absent at random, and recursion ends after `depth` levels. */
export function anyValue(shape: Shape, depth = 4): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'list':
      return depth === 0 ? fc.constant([]) : fc.array(anyValue(shape.item, depth - 1), { maxLength: 3 });
    case 'map':
      return depth === 0 ? fc.constant({}) : plain(fc.dictionary(keys, anyValue(shape.value, depth - 1), { maxKeys: 3 }));
    case 'object': {
      if (depth === 0) return fc.constant({});
      const members = shape.members.map((member) => [member.jsonName, anyValue(member.shape, depth - 1)] as const);
      return plain(fc.record(Object.fromEntries(members), { requiredKeys: [] }));
    }
    default:
      return anyScalar(shape);
  }
}

function anyScalar(shape: ScalarShape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'text':
      return texts;
    case 'flag':
      return fc.boolean();
    case 'integer':
      return fc.maxSafeInteger();
    case 'number':
      // -0 has no spelling of its own in JSON.
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
    case 'enum':
      return fc.constantFrom(...shape.values.values());
  }
}

function plain(objects: fc.Arbitrary<object>): fc.Arbitrary<object> {
  return objects.map((object) => ({ ...object }));
}
