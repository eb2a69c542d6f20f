import { describe, expect, it } from 'vitest';
import { testApp } from '../../test/support/test-app.ts';

const json = { 'content-type': 'application/json' };

/** A body of so many bytes, with a member that nobody knows. */
function bodyOf(length: number): string {
  const bare = JSON.stringify({ name: 'One', filler: '' });
  return JSON.stringify({ name: 'One', filler: 'x'.repeat(length - bare.length) });
}

describe('a body', () => {
  it.each([
    ['POST', '/accounts', 4096],
    ['POST', '/json/reply/NewAccount', 4096],
    ['POST', '/api/NewAccount', 4096],
    ['POST', '/flows', 8192],
    ['PATCH', '/flows/f', 8192],
    ['POST', '/json/reply/NewFlow', 8192],
    ['POST', '/calls', 8192],
    ['POST', '/json/reply/PlaceCall', 8192],
  ] as const)('of %s %s may have %i bytes', async (method, url, limit) => {
    const { send } = testApp();
    const answered = await send({ method, url, headers: json, payload: bodyOf(limit) });
    expect(answered.statusCode).not.toBe(413);
    const refused = await send({ method, url, headers: json, payload: bodyOf(limit + 1) });
    expect(refused.statusCode).toBe(413);
    expect(refused.body).toContain(`larger than ${limit} bytes`);
  });

  it('of a batch may be as long as one with a flow', async () => {
    const { send } = testApp();
    const batch = (length: number) => `[${bodyOf(length - 2)}]`;
    const url = '/json/reply/NewAccount[]';
    expect((await send({ method: 'POST', url, headers: json, payload: batch(8192) })).statusCode).not.toBe(413);
    expect((await send({ method: 'POST', url, headers: json, payload: batch(8193) })).statusCode).toBe(413);
  });
});
