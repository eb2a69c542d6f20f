import fc from 'fast-check';

/** What addresses and lists of them are made of, and what breaks them. */
const pieces = ['<', '>', 'sip:', 'tel:', '"', ',', '\\', '@', ';', '%0d%0a', ' ', '\u0000', 'a.example'];

/** Any text at all, and texts of pieces of header values, these `further` ones among them. */
export function hostileText(...further: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.constantFrom(...pieces, ...further);
  return fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece, { maxLength: 40 }).map((chosen) => chosen.join('')),
  );
}
