import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxTextLength, splitIntoPieces, spokenText } from './spoken-text.ts';

describe('text to be spoken', () => {
  it.each([
    ['  Press\t1\r\nfor   sales ', 'Press 1 for sales'],
    ['bell\u0007 null\u0000 escape\u001b[2J', 'bell null escape[2J'],
    ['caf\u00e9 na\u00efve \u0141\u00f3d\u017a Stra\u00dfe', 'cafe naive Lodz Strasse'],
    ['\u201cIt\u2019s\u201d \u2026 done', '"It\'s" ... done'],
    ['9\u201317', '9, 17'],
    ['\u20ac5', 'euro 5'],
    ['hello \u{1f600} world \u4f60\u597d', 'hello world'],
    ['zero\u200bwidth \u202eright', 'zerowidth right'],
    ['<speak>Hi</speak>', '<speak>Hi</speak>'],
  ])('%j becomes %j', (text, said) => {
    expect(spokenText(text)).toBe(said);
  });

  it.each(['', '   ', '\n\t', '...', '?!', '\u4f60\u597d', '\u{1f600}', '" "'])('%j has nothing to say', (text) => {
    expect(spokenText(text)).toBe('');
  });

  it('may be 4000 characters long, not more', () => {
    expect(spokenText('a'.repeat(maxTextLength))).toHaveLength(maxTextLength);
    expect(() => spokenText('a'.repeat(maxTextLength + 1))).toThrow(
      expect.objectContaining({ code: 'TEXT_NOT_SPEAKABLE', message: expect.stringContaining('4001 characters; 4000') }),
    );
  });

  it('is printable ASCII in single spaces, whatever came in, and stays what it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const said = spokenText(text);
        expect(said).toMatch(/^(?:[!-~]+(?: [!-~]+)*)?$/);
        expect(spokenText(said)).toBe(said);
      }),
      { seed: 12, numRuns: 100 },
    );
  });
});

describe('pieces', () => {
  it('of a short text are the text', () => {
    expect(splitIntoPieces('One. Two. Three.')).toEqual(['One. Two. Three.']);
    expect(splitIntoPieces('')).toEqual([]);
  });

  it('end after sentences, else after commas, else between words, else anywhere', () => {
    const sentence = `${'word '.repeat(25)}end.`;
    expect(splitIntoPieces(`${sentence} ${sentence} ${sentence}`)).toEqual([sentence, sentence, sentence]);
    const clause = `${'word '.repeat(25)}end,`;
    expect(splitIntoPieces(`${clause} ${clause} last`)).toEqual([clause, `${clause} last`]);
    expect(splitIntoPieces('word '.repeat(60).trim()).map((piece) => piece.length)).toEqual([199, 99]);
    expect(splitIntoPieces('w'.repeat(450)).map((piece) => piece.length)).toEqual([200, 200, 50]);
  });

  it('does not cut numbers at their point', () => {
    const text = `${'a'.repeat(150)} 3.141592 ${'b'.repeat(100)}`;
    expect(splitIntoPieces(text)).toEqual([`${'a'.repeat(150)} 3.141592`, 'b'.repeat(100)]);
  });

  it('are all of the text, and none is long', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' ', '.', ','), maxLength: 1500 });
    fc.assert(
      fc.property(texts, (text) => {
        const pieces = splitIntoPieces(text);
        expect(pieces.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        expect(pieces.every((piece) => piece.length > 0 && piece.length <= 200)).toBe(true);
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});
