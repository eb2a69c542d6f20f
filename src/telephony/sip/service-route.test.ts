import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostileText } from '../../../test/support/hostile-text.ts';
import { HeaderList } from './header-list.ts';
import { emptyBody } from './message.ts';
import { readServiceRoute } from './service-route.ts';
import { writeMessage } from './write-message.ts';

const read = (...lines: string[]) => readServiceRoute(new HeaderList(lines.map((line) => ['Service-Route', line] as const)));

describe('Service-Route', () => {
  it.each([
    ['one', ['<sip:orig@scscf.example;lr>'], ['<sip:orig@scscf.example;lr>']],
    [
      'two in one line, in their order',
      ['"Edge" <sip:edge.example;lr>;x=1, <sips:[2001:db8::1]:5062;lr>'],
      ['<sip:edge.example;lr>', '<sips:[2001:db8::1]:5062;lr>'],
    ],
    ['two in two lines', ['<sip:a.example;lr>', '<sip:b.example;lr>'], ['<sip:a.example;lr>', '<sip:b.example;lr>']],
    ['none', [], []],
    ['none of a strict router', ['<sip:a.example;lr>, <sip:b.example>'], []],
    ['none that would write headers', ['<sip:a.example;lr?X-A=1>'], []],
    ['none of a telephone', ['<tel:+4930111;lr>'], []],
    ['none that is broken', ['<sip:a.example;lr'], []],
    ['none of more than ten', [Array.from({ length: 11 }, (_, nth) => `<sip:${nth}.example;lr>`).join()], []],
    ['none that is too long', [`<sip:${'a'.repeat(1000)}@h;lr>`], []],
  ])('is %s', (_what, lines, routes) => {
    expect(read(...lines)).toEqual(routes);
  });

  it('is read from any text, and what is taken of it can be sent', () => {
    fc.assert(
      fc.property(fc.array(hostileText(';lr', 'x'.repeat(300)), { maxLength: 4 }), (lines) => {
        const routes = read(...lines);
        expect(routes.length).toBeLessThanOrEqual(10);
        const headers = new HeaderList(routes.map((route) => ['Route', route] as const));
        const written = writeMessage({ kind: 'request', method: 'INVITE', uri: 'sip:a', headers, body: emptyBody }).toString();
        expect(written.match(/^Route: <sips?:/gm)?.length ?? 0).toBe(routes.length);
      }),
    );
  });
});
