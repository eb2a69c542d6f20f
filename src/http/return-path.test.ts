import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeReturnPath, signInPath } from './return-path.ts';

describe('where a browser may go after signing in', () => {
  it.each(['/', '/metadata', '/sessions?page=2&format=html#top', '/json/metadata?op=ListFlows', '/a%20b', '/a//b'])('%s', (path) => {
    expect(safeReturnPath(path)).toBe(path);
  });

  it.each([
    undefined,
    '',
    'metadata',
    '//evil.example',
    '/\\evil.example',
    '\\/evil.example',
    '/a\\b',
    'https://evil.example',
    'javascript:alert(1)',
    ' /a',
    '/ /evil.example',
    '/\t/evil.example',
    '/a\r\nSet-Cookie: a=b',
    '/\u0000',
    '/ä',
    `/${'a'.repeat(2000)}`,
  ])('never to %j', (text) => {
    expect(safeReturnPath(text)).toBeUndefined();
  });

  it('is on this server, whatever is asked for', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[/\\\t\n :.@a-z]{1,8}$/));
    fc.assert(
      fc.property(text, (given) => {
        const path = safeReturnPath(given);
        if (path !== undefined) expect(new URL(path, 'https://voice.example').origin).toBe('https://voice.example');
      }),
      { seed: 3, numRuns: 2000 },
    );
  });

  it('is remembered by the sign-in page', () => {
    expect(signInPath('/sessions?page=2&a=b')).toBe('/login?redirect=%2Fsessions%3Fpage%3D2%26a%3Db');
    expect(signInPath('/', true)).toBe('/login?redirect=%2F&failed=1');
  });
});
