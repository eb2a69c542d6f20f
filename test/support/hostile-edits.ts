import fc from 'fast-check';

/** What is done to a document, in bytes. Places count from its begin and wrap around at its end. */
type Edit =
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'put'; readonly at: number; readonly over: number; readonly piece: Uint8Array }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number; readonly times: number }
  | { readonly kind: 'splice'; readonly at: number; readonly other: number; readonly from: number; readonly length: number }
  | { readonly kind: 'grow'; readonly at: number; readonly length: number; readonly bytes: number };

const encoder = new TextEncoder();

/** Signs of all formats, names and values that readers have to be careful with, and characters that are none. */
const signs = [
  ...'{}[]",:;&=+<>/\\\'\r\n\t ?!-#%',
  '""',
  '{}',
  '[]',
  '</',
  '/>',
  '&#0;',
  '&#xD800;',
  '&amp;',
  '&x;',
  ']]>',
  '<![CDATA[',
  '<!--',
  '-->',
  '<?x?>',
  '<!DOCTYPE x [<!ENTITY x "y">]>',
  ' xmlns="x"',
  ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance"',
  ' i:nil="true"',
  '\\ud800',
  '\\u0000',
  '\\x',
  '%00',
  '%ff',
  '%',
  '\u0000',
  '\ufeff',
  '\u2028',
  '🎉',
  'null',
  'True',
  'NaN',
  '1e999',
  '-0',
  '99999999999999999999',
  '__proto__',
  '"__proto__":{"a":1},',
  '__proto__:{a:1},',
  '__proto__=1&',
  '<__proto__/>',
  'constructor',
  'prototype',
  'toString',
  'KeyValueOf',
  '--BB\r\n',
  '--BB--',
  'Content-Disposition: form-data; name="a"\r\n',
].map((text) => encoder.encode(text));

/** Bytes that are no UTF-8, half a surrogate pair among them. */
const noText = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x9f], [0x80]].map((bytes) => Uint8Array.from(bytes));

/** What opens a level of each format, many times. */
const openings = ['[', '{', '{"a":', '{a:', '[{', '<a>', '"', '{"listValue":[{"a":', '{listValue:[{a:', '<a xmlns="b">', '&#'].flatMap(
  (text) => [40, 70, 3000].map((times) => encoder.encode(text.repeat(times))),
);

const at = fc.nat();
const pieces = fc.oneof(
  { arbitrary: fc.constantFrom(...signs), weight: 12 },
  { arbitrary: fc.uint8Array({ maxLength: 4 }), weight: 3 },
  { arbitrary: fc.constantFrom(...noText), weight: 1 },
  { arbitrary: fc.constantFrom(...openings), weight: 2 },
);

const edit: fc.Arbitrary<Edit> = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant('put'), at, over: fc.nat({ max: 12 }), piece: pieces }), weight: 120 },
  { arbitrary: fc.record({ kind: fc.constant('cut'), at }), weight: 20 },
  { arbitrary: fc.record({ kind: fc.constant('repeat'), at, length: fc.nat({ max: 60 }), times: fc.nat({ max: 40 }) }), weight: 20 },
  { arbitrary: fc.record({ kind: fc.constant('splice'), at, other: fc.nat(), from: fc.nat(), length: fc.nat({ max: 200 }) }), weight: 30 },
  // Around the limit of a body.
  {
    arbitrary: fc.record({
      kind: fc.constant('grow'),
      at,
      length: fc.integer({ min: 1, max: 8 }),
      bytes: fc.constantFrom(1_000_000, 1_048_577),
    }),
    weight: 1,
  },
);

/** Between one and four edits of a document. */
export const hostileEdits = fc.array(edit, { minLength: 1, maxLength: 4 });

/** `document` after `edits`. @param others what pieces are taken from */
export function damaged(document: Uint8Array, edits: readonly Edit[], others: readonly Uint8Array[]): Buffer {
  return edits.reduce<Buffer>((bytes, one) => afterEdit(bytes, one, others), Buffer.from(document));
}

function afterEdit(bytes: Buffer, edit: Edit, others: readonly Uint8Array[]): Buffer {
  const place = edit.at % (bytes.length + 1);
  const head = bytes.subarray(0, place);
  const tail = bytes.subarray(place);
  switch (edit.kind) {
    case 'cut':
      return head;
    case 'put':
      return Buffer.concat([head, edit.piece, tail.subarray(edit.over)]);
    case 'repeat':
      return Buffer.concat([head, ...Array<Buffer>(edit.times).fill(tail.subarray(0, edit.length)), tail]);
    case 'splice': {
      const other = others[edit.other % others.length] ?? bytes;
      const from = edit.from % (other.length + 1);
      return Buffer.concat([head, other.subarray(from, from + edit.length), tail]);
    }
    case 'grow':
      return place === bytes.length ? bytes : Buffer.concat([head, Buffer.alloc(edit.bytes, tail.subarray(0, edit.length)), tail]);
  }
}
