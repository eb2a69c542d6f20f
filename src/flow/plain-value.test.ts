import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Value } from '../contracts/values.ts';
import { convertValue } from './convert-value.ts';
import { DataError, fieldOf, fromValue, type PlainValue, sizeOf, structOf, toPlain, toValue, withField } from './plain-value.ts';

describe('values of the contract', () => {
  it.each<[Value, unknown]>([
    [{ stringValue: 'a' }, 'a'],
    [{ stringValue: '' }, ''],
    [{ numberValue: 0 }, 0],
    [{ boolValue: false }, false],
    [{ listValue: [{ Value: { stringValue: '1' } }, { Value: { numberValue: 2 } }] }, ['1', 2]],
    [{ listValue: [{ Name: { stringValue: 'A' }, Value: { numberValue: 1 } }] }, [{ Name: 'A', Value: 1 }]],
    [{ listValue: [{}] }, [{}]],
    [{ structValue: { A: { boolValue: true }, B: {} } }, { A: true }],
  ])('%j is %j', (value, plain) => {
    expect(fromValue(value)).toEqual(plain);
  });

  it('without a member are none', () => {
    expect(fromValue({})).toBeUndefined();
  });

  it('may not be nested without end', () => {
    let value: Value = {};
    for (let depth = 0; depth < 20; depth += 1) value = { structValue: { A: value } };
    expect(() => fromValue(value)).toThrow(DataError);
  });

  it('survive the way there and back', () => {
    const scalar = fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
    const plain = fc.letrec<{ value: PlainValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        scalar,
        fc.array(tie('value'), { maxLength: 4 }),
        // A struct with the one key Value means the value itself when it is an entry of a list.
        fc
          .dictionary(
            fc.string().filter((key) => key !== 'Value'),
            tie('value'),
            { maxKeys: 4 },
          )
          .map((struct) => structOf(Object.entries(struct))),
      ),
    })).value;
    fc.assert(
      fc.property(plain, (value) => {
        expect(fromValue(toValue(value))).toEqual(value);
        expect(toPlain(JSON.parse(JSON.stringify(value)))).toEqual(value);
      }),
      { seed: 20260101 },
    );
  });
});

describe('structs', () => {
  it('have no prototype, whatever the names of their fields', () => {
    const struct = structOf([
      ['__proto__', 'p'],
      ['a', 1],
    ]);
    expect(Object.getPrototypeOf(struct)).toBeNull();
    expect(Object.getPrototypeOf(withField(struct, 'b', 2))).toBeNull();
    expect(fieldOf(struct, '__proto__')).toBe('p');
    expect(fieldOf(withField(struct, '__proto__', undefined), '__proto__')).toBeUndefined();
    expect(fieldOf(struct, 'toString')).toBeUndefined();
    const parsed = toPlain(JSON.parse('{"__proto__": {"polluted": true}, "ok": 1}'));
    expect(JSON.stringify(parsed)).toBe('{"__proto__":{"polluted":true},"ok":1}');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('are copied, not changed', () => {
    const before = structOf([['a', 1]]);
    expect(withField(before, 'a', 2)).toEqual({ a: 2 });
    expect(before).toEqual({ a: 1 });
  });
});

describe('foreign data', () => {
  it('is refused when it is not plain', () => {
    for (const data of [() => 1, Symbol('x'), 10n, Number.NaN, Number.POSITIVE_INFINITY, { a: { b: undefined, c: () => 1 } }]) {
      expect(() => toPlain(data)).toThrow(DataError);
    }
    expect(toPlain(null)).toBeUndefined();
    expect(toPlain([null, 1])).toEqual(['', 1]);
  });

  it('is measured by what it holds', () => {
    expect(sizeOf('abc')).toBe(11);
    expect(sizeOf(structOf([['ab', ['abc', 1]]]))).toBe(8 + 2 + 8 + 11 + 8);
    expect(sizeOf(undefined)).toBe(0);
  });
});

describe('conversion', () => {
  it.each<[Parameters<typeof convertValue>[0], PlainValue, PlainValue]>([
    ['String', 42, '42'],
    ['String', true, 'true'],
    ['Number', ' 4.5 ', 4.5],
    ['Number', '-1e3', -1000],
    ['Boolean', 'Yes', true],
    ['Boolean', '0', false],
    ['Boolean', '', false],
    ['Boolean', 2, true],
    ['AudioFile', 'id-1', 'id-1'],
    ['List', ['a'], ['a']],
    ['NotSpecified', ['a'], ['a']],
  ])('to %s of %j is %j', (type, value, expected) => {
    expect(convertValue(type, value)).toEqual(expected);
  });

  it.each<[Parameters<typeof convertValue>[0], PlainValue, string]>([
    ['Number', 'secret', 'a number is expected, but the value is other text.'],
    ['Number', '', 'a number is expected, but the value is other text.'],
    ['Number', true, 'a number is expected, but the value is other boolean.'],
    ['Number', 'Infinity', 'a number is expected, but the value is other text.'],
    ['Boolean', 'perhaps', 'true or false is expected, but the value is other text.'],
    ['Boolean', 'toString', 'true or false is expected, but the value is other text.'],
    ['String', ['a'], 'text is expected, but the value is a list.'],
    ['List', 'a', 'a list is expected, but the value is other text.'],
    ['Struct', ['a'], 'a struct is expected, but the value is a list.'],
    ['PhoneNumber', structOf([]), 'text is expected, but the value is a struct.'],
  ])('to %s of %j fails: %s', (type, value, message) => {
    expect(() => convertValue(type, value)).toThrow(new DataError(message));
  });
});
