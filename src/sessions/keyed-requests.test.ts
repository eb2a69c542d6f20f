import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStore, startTestServer, type TestStore } from '../../test/support/database.ts';
import { freshId, newSessionRow } from '../../test/support/sessions.ts';
import type { KeyedRequest } from '../store/session-rows.ts';
import { createdSession } from './created-session.ts';
import { KeyedRequests } from './keyed-requests.ts';

describe('two servers on one database', () => {
  let database: Awaited<ReturnType<typeof startTestServer>>;
  const stores: TestStore[] = [];
  beforeAll(async () => {
    database = await startTestServer();
    for (let server = 0; server < 2; server++) stores.push(await openTestStore({ databaseUrl: database.url }));
  });
  afterAll(async () => {
    for (const store of stores) await store.close();
    await database?.close();
  });

  const servers = () =>
    stores.map((store) => ({ store, keyed: new KeyedRequests({ store: store.sessions, reader: store.sessionReader }) }));

  it('make one session of a request that comes to both at once, and give one answer', async () => {
    const loginId = freshId();
    const both = servers();
    for (let round = 0; round < 10; round++) {
      const asked = { loginId, key: `order-${round}`, operation: 'PlaceCall', request: { numberToDial: '+18144043000' } };
      const answers = await Promise.all(
        both.map(({ store, keyed }) =>
          keyed.once(asked, async (stored: KeyedRequest) => {
            const row = newSessionRow({ id: freshId(), extras: { keyed: stored, metadata: { order: '17' } } });
            await store.sessions.create(row);
            return createdSession(row);
          }),
        ),
      );
      expect(answers[0]).toEqual(answers[1]);
      const again = servers();
      for (const { keyed } of again) {
        expect(await keyed.once(asked, () => Promise.reject(new Error('It was placed already')))).toEqual(answers[0]);
        const other = { ...asked, request: { numberToDial: '+18144043001' } };
        await expect(keyed.once(other, () => Promise.reject(new Error('unasked')))).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_USED' });
      }
    }
  });
});
