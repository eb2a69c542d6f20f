import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from './format.ts';
import { checkNumber, readScalar } from './scalar.ts';
import type { EnumShape } from './shape.ts';

const channel: EnumShape = {
  kind: 'enum',
  name: 'FlowChannels',
  namespace: 'Voice.Api.Flows',
  values: new Map([
    ['voice', 'Voice'],
    ['chat', 'Chat'],
  ]),
};

describe('a single value as text', () => {
  it('keeps texts exactly', () => {
    expect(readScalar({ kind: 'text' }, ' +0012 ')).toBe(' +0012 ');
    expect(readScalar({ kind: 'text' }, '')).toBe('');
  });

  it.each([
    ['true', true],
    ['True', true],
    ['1', true],
    ['on', true],
    ['t', true],
    ['Y', true],
    ['false', false],
    ['0', false],
    ['OFF', false],
    ['f', false],
    ['n', false],
  ])('reads the flag %s', (text, value) => {
    expect(readScalar({ kind: 'flag' }, text)).toBe(value);
  });

  it.each([
    ['12', 12],
    ['-3', -3],
    [' 7 ', 7],
    ['1e3', 1000],
  ])('reads the whole number %s', (text, value) => {
    expect(readScalar({ kind: 'integer' }, text)).toBe(value);
  });

  it('reads enum names without regard to case and gives the declared spelling', () => {
    expect(readScalar(channel, 'vOICE')).toBe('Voice');
  });

  it('reads an enum by its number in the declaration', () => {
    expect(readScalar(channel, '0')).toBe('Voice');
    expect(readScalar(channel, ' 1 ')).toBe('Chat');
    for (const text of ['2', '-1', '1.0', '99999', 'length']) expect(() => readScalar(channel, text)).toThrow('is not one of');
  });

  it('takes an empty text for an absent value, except for texts', () => {
    for (const shape of [{ kind: 'flag' }, { kind: 'integer' }, { kind: 'number' }, channel] as const) {
      expect(readScalar(shape, ' ')).toBeUndefined();
    }
  });

  it.each([
    ['integer', '1.5'],
    ['integer', '99999999999999999999'],
    ['integer', 'x'],
    ['integer', '0x10'],
    ['number', 'NaN'],
    ['number', 'Infinity'],
    ['number', '1e999'],
    ['number', '1.2.3'],
    ['number', '.'],
    ['flag', 'maybe'],
  ] as const)('refuses as %s: %s', (kind, text) => {
    expect(() => readScalar({ kind }, text)).toThrow(FormatError);
  });

  it('names the member and the possible names of an enum', () => {
    expect(() => readScalar(channel, 'Smoke')).toThrow('is not one of Voice, Chat');
  });

  it('reads back every finite number that JavaScript writes', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(readScalar({ kind: 'number' }, String(value))).toBe(value === 0 ? 0 : value);
      }),
      { seed: 11 },
    );
  });

  it('answers quickly whatever the text', () => {
    const hostile = `${'1'.repeat(200_000)}e${'1'.repeat(200_000)}x`;
    expect(() => readScalar({ kind: 'number' }, hostile)).toThrow(FormatError);
  });

  it('checks numbers that come as numbers', () => {
    expect(checkNumber({ kind: 'number' }, 0.5)).toBe(0.5);
    expect(() => checkNumber({ kind: 'integer' }, 0.5)).toThrow('is not a whole number');
  });
});
