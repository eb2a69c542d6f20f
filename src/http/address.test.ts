import { describe, expect, it } from 'vitest';
import { fieldOf, parseAddress, parseFields } from './address.ts';

describe('the parts of a request target', () => {
  it.each([
    ['/sessions/outgoing', '/sessions/outgoing', undefined, ''],
    ['/sessions/outgoing.xml', '/sessions/outgoing', 'xml', ''],
    ['/sessions/outgoing.JSON?a=b.xml', '/sessions/outgoing', 'json', '?a=b.xml'],
    ['/sessions/outgoing.nope', '/sessions/outgoing.nope', undefined, ''],
    ['/a.xml/b', '/a.xml/b', undefined, ''],
    ['/a?x=.xml', '/a', undefined, '?x=.xml'],
    ['', '', undefined, ''],
    ['.xml', '', 'xml', ''],
  ])('%s', (target, path, suffix, query) => {
    const address = parseAddress(target);
    expect([address.path, address.suffix?.name, address.query]).toEqual([path, suffix, query]);
  });
});

describe('fields', () => {
  it('keep their order and repetitions; + is a space and %2B a plus', () => {
    expect(parseFields('?b=1&a=+%2B1&b=2&c')).toEqual([
      ['b', '1'],
      ['a', ' +1'],
      ['b', '2'],
      ['c', ''],
    ]);
    expect(parseFields('')).toEqual([]);
    expect(parseFields('?')).toEqual([]);
    expect(parseFields('a=%zz%ff')).toHaveLength(1);
  });

  it('are found in any case', () => {
    expect(fieldOf(parseFields('?Format=xml'), 'format')).toBe('xml');
    expect(fieldOf([], 'format')).toBeUndefined();
  });
});
