import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cleanJson, cleanText, toJsonText } from './json-text.ts';

it('writes what is right as JSON.stringify does', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = JSON.stringify(value);
      if (!/\\u(0000|d[89a-f])/i.test(text)) expect(toJsonText(value)).toBe(text);
    }),
    { seed: 2 },
  );
});

it('never writes what PostgreSQL refuses, and changes nothing else', () => {
  const piece = fc.oneof(fc.constantFrom('\u0000', '\ud800', '\udc00', '\\u0000', '😀', 'a'), fc.string());
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('');
      const cleaned = JSON.parse(toJsonText({ [text]: [text] }));
      const [key] = Object.keys(cleaned);
      expect(key).toBe(cleanText(text));
      expect(cleaned[key ?? '']).toEqual([cleanText(text)]);
      expect(cleanText(text)).not.toContain('\u0000');
      expect(Buffer.from(cleanText(text)).toString()).toBe(cleanText(text));
    }),
    { seed: 3 },
  );
});

it('keeps a value that needs no cleaning as it is', () => {
  const value = { path: 'C:\\u0001', face: '😀' };
  expect(cleanJson(value)).toEqual(value);
  expect(cleanJson({ a: ['\u0000'] })).toEqual({ a: ['\ufffd'] });
});
