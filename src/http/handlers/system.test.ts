import { describe, expect, it } from 'vitest';
import { basic } from '../../../test/support/fake-services.ts';
import { testApp } from '../../../test/support/test-app.ts';

describe('GET /system/sip-refusals', () => {
  it('tells an administrator of the system how many calls and registrations were refused, and nobody else', async () => {
    const { send } = testApp();
    const ask = (user: string) =>
      send({ url: '/system/sip-refusals', headers: { authorization: basic(user), accept: 'application/json' } });
    const told = await ask('system');
    expect([told.statusCode, told.json()]).toEqual([
      200,
      {
        since: '2026-01-01T00:00:00.000Z',
        refused: [{ reason: 'unknown-source', count: 3, sources: [{ address: '192.0.2.1', lastDate: '2026-01-02T00:00:00.000Z' }] }],
      },
    ]);
    expect((await ask('manager')).statusCode).toBe(403);
  });
});
