import { describe, expect, test } from 'vitest';
import { HeaderList } from './header-list.ts';
import { headerName } from './header-name.ts';

const list = () =>
  new HeaderList([
    ['Via', 'one'],
    ['v', 'two'],
    ['X-Own', 'a'],
    ['x-own', 'b'],
    ['CSEQ', '1 INVITE'],
  ]);

describe('HeaderList', () => {
  test('finds headers by any spelling and by compact form', () => {
    for (const name of ['Via', 'via', 'VIA', 'vIa', 'v', 'V']) expect(list().all(name)).toEqual(['one', 'two']);
    expect(list().first('x-OWN')).toBe('a');
    expect(list().all('X-Own')).toEqual(['a', 'b']);
    expect(list().first('To')).toBeUndefined();
    expect(list().all('To')).toEqual([]);
  });

  test('gives lines in order, known names in their usual spelling, others as they came', () => {
    expect([...list().entries()]).toEqual([
      ['Via', 'one'],
      ['Via', 'two'],
      ['X-Own', 'a'],
      ['x-own', 'b'],
      ['CSeq', '1 INVITE'],
    ]);
  });

  test('adds below, prepends above', () => {
    const headers = list();
    headers.add('via', 'three');
    headers.prepend('Via', 'zero');
    expect(headers.all('Via')).toEqual(['zero', 'one', 'two', 'three']);
    expect(headers.size).toBe(7);
  });

  test('sets one line in the place of the first, or at the end', () => {
    const headers = list();
    headers.set('v', 'only');
    headers.set('To', 'new');
    expect([...headers.entries()].map(([name, value]) => `${name}=${value}`)).toEqual([
      'Via=only',
      'X-Own=a',
      'x-own=b',
      'CSeq=1 INVITE',
      'To=new',
    ]);
  });

  test('removes every line of a name, and no other', () => {
    const headers = list();
    headers.remove('V');
    headers.remove('Subject');
    expect([...headers.entries()].map(([name]) => name)).toEqual(['X-Own', 'x-own', 'CSeq']);
  });
});

test.each([
  ['f', 'From'],
  ['T', 'To'],
  ['i', 'Call-ID'],
  ['m', 'Contact'],
  ['l', 'Content-Length'],
  ['C', 'Content-Type'],
  ['k', 'Supported'],
  ['x', 'Session-Expires'],
  ['www-authenticate', 'WWW-Authenticate'],
  ['MIME-VERSION', 'MIME-Version'],
])('the header %s is %s', (spelling, text) => {
  expect(headerName(spelling)).toMatchObject({ text, key: text.toLowerCase() });
});
