import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lowered, trimmed } from './char-set.ts';
import { isToken, isUriText } from './token.ts';

const anyText = fc.string({
  unit: fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), fc.constantFrom(...' \t<>"\u0000\u0080\u00a0éA')),
});

describe('sets of characters', () => {
  it('say of any text what the grammar says', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(isToken(text)).toBe(/^[A-Za-z0-9\-.!%*_+`'~]+$/.test(text));
        expect(isUriText(text)).toBe(text !== '' && !/[\s\p{Cc}<>"]/u.test(text));
        expect(trimmed(text)).toBe(text.trim());
        expect(lowered(text)).toBe(text.toLowerCase());
      }),
      { numRuns: 5000, seed: 1 },
    );
  });

  it('have every ASCII character rightly', () => {
    for (let code = 0; code < 256; code++) {
      const text = String.fromCharCode(code);
      expect([text, isToken(text)]).toEqual([text, /^[A-Za-z0-9\-.!%*_+`'~]+$/.test(text)]);
      expect([text, isUriText(text)]).toEqual([text, !/[\s\p{Cc}<>"]/u.test(text)]);
    }
  });
});
