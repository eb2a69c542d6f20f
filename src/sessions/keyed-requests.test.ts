import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, openTestStore, startTestServer, type TestStore } from '../../test/support/database.ts';
import { freshId, newSessionRow } from '../../test/support/sessions.ts';
import type { SessionInfo } from '../contracts/sessions.ts';
import { systemClock } from '../kernel/clock.ts';
import { silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { connect, type Sql } from '../store/clients.ts';
import type { KeyedRequest, NewSessionRow } from '../store/session-rows.ts';
import { SessionStore } from '../store/session-store.ts';
import { createdSession } from './created-session.ts';
import { KeyedRequests } from './keyed-requests.ts';

describe('two servers on one database', () => {
  let database: Awaited<ReturnType<typeof startTestServer>>;
  const stores: TestStore[] = [];
  let locker: Sql;
  let createClient: Sql;
  beforeAll(async () => {
    database = await startTestServer();
    for (let server = 0; server < 2; server++) stores.push(await openTestStore({ databaseUrl: database.url }));
    locker = connect({ kind: 'url', url: database.url }, { max: 1 });
    createClient = connect({ kind: 'url', url: database.url }, { max: 1 });
  });
  afterAll(async () => {
    for (const store of stores) await store.close();
    for (const client of [locker, createClient]) await client?.end();
    await database?.close();
  });

  const keyedOf = (store: TestStore, clock = systemClock) =>
    new KeyedRequests({ owner: store.workers.id, store: store.sessions, reader: store.sessionReader, schedule: store.schedule, clock });
  const servers = () => stores.map((store) => ({ store, keyed: keyedOf(store) }));
  const asking = (key = 'order') => ({ loginId: freshId(), key, operation: 'PlaceCall', request: { numberToDial: '+18144043000' } });
  const unasked = () => Promise.reject(new Error('It was placed already'));

  it('make one session of a request that comes to both at once, and give one answer', async () => {
    const loginId = freshId();
    const both = servers();
    for (let round = 0; round < 4; round++) {
      const asked = { ...asking(`order-${round}`), loginId };
      const answers = await Promise.all(
        both.map(({ store, keyed }) =>
          keyed.once(asked, async (stored: KeyedRequest) => {
            const row = newSessionRow({ owner: store.workers.id, extras: { keyed: stored, metadata: { order: '17' } } });
            await store.sessions.create(row);
            store.sessionWriter.change(row.id, 1, { callSid: 'a@b' });
            return createdSession(row);
          }),
        ),
      );
      expect(answers[0]).toEqual(answers[1]);
      const again = servers();
      for (const { keyed } of again) {
        expect(await keyed.once(asked, unasked)).toEqual(answers[0]);
        const other = { ...asked, request: { numberToDial: '+18144043001' } };
        await expect(keyed.once(other, unasked)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_USED' });
      }
    }
  });

  /** A server whose database has written what it created, but whose answer came too late: it refuses the session. */
  async function refusing(row: NewSessionRow): Promise<{ readonly settle: () => Promise<void> }> {
    const clock = new VirtualClock();
    const store = new SessionStore({ sql: createClient, clock, log: silentLogger });
    await locker.begin(async (transaction) => {
      await transaction`lock table session in access exclusive mode`;
      const creating = expect(store.create(row)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await eventually(async () => (await transaction`select 1 from pg_locks where not granted`).length > 0);
      await clock.advance(5_000);
      await creating;
    });
    await eventually(async () => (await locker`select id from session where id = ${row.id}`).length === 1);
    return {
      settle: async () => {
        await store.close();
        expect(clock.pendingTimers).toBe(0);
      },
    };
  }

  /** What a server answers, on a clock of its own. */
  async function answerOf(store: TestStore, asked: ReturnType<typeof asking>, place: () => Promise<SessionInfo>) {
    const clock = new VirtualClock();
    let over = false;
    const answer = keyedOf(store, clock)
      .once(asked, place)
      .catch((error: unknown) => error)
      .finally(() => {
        over = true;
      });
    await eventually(async () => {
      await clock.advance(50);
      return over;
    });
    return { answer: await answer, tookMs: clock.now() - new VirtualClock().now() };
  }

  /** What is written down with a request. */
  async function keyOf(asked: ReturnType<typeof asking>): Promise<KeyedRequest> {
    const [store] = servers();
    let stored: KeyedRequest | undefined;
    await store?.keyed
      .once(asked, (keyed) => {
        stored = keyed;
        return unasked();
      })
      .catch(() => undefined);
    if (!stored) throw new Error('It was not placed');
    return stored;
  }

  it('do not take a call for placed that its server may still refuse, and place it when that has', async () => {
    const [, other] = stores;
    if (!other) throw new Error('No server');
    const asked = asking();
    const row = newSessionRow({ extras: { keyed: await keyOf(asked) } });
    const first = await refusing(row);
    const { answer, tookMs } = await answerOf(other, asked, unasked);
    expect(answer).toMatchObject({ code: 'REQUEST_UNDER_WAY', status: 503, retryAfterSeconds: 2 });
    expect(tookMs).toBeLessThan(5_000);
    await first.settle();
    expect((await answerOf(other, asked, async () => ({ id: 'anew' }))).answer).toEqual({ id: 'anew' });
  });

  it('see to it that a call for later stays of which they have said that it will be placed', async () => {
    const [, other] = stores;
    if (!other) throw new Error('No server');
    const asked = asking();
    const atMs = Date.UTC(2030, 0, 1);
    const extras = { keyed: await keyOf(asked), notBeforeMs: atMs, dueAtMs: atMs };
    const { owner: _owner, ...row } = newSessionRow({ extras, callState: 'Disconnected' });
    const first = await refusing(row);
    expect((await answerOf(other, asked, unasked)).answer).toEqual(createdSession(row));
    await first.settle();
    expect((await answerOf(other, asked, unasked)).answer).toEqual(createdSession(row));
    expect((await other.sessionReader.find(row.id))?.info).toMatchObject({ queueState: 'Queued', ended: false });
  });

  it('learn that a call was placed as soon as its server has written something of it', async () => {
    const [one, other] = stores;
    if (!one || !other) throw new Error('No server');
    const asked = asking();
    const row = newSessionRow({ owner: one.workers.id, extras: { keyed: await keyOf(asked) } });
    await one.sessions.create(row);
    one.sessionWriter.change(row.id, 1, { callSid: 'a@b' });
    await one.sessionWriter.flush();
    const { answer, tookMs } = await answerOf(other, asked, unasked);
    expect(answer).toEqual(createdSession(row));
    expect(tookMs).toBeLessThan(1_000);
  });

  it('wait for no other server when they stop', async () => {
    const [, other] = stores;
    if (!other) throw new Error('No server');
    const asked = asking();
    await other.sessions.create(newSessionRow({ extras: { keyed: await keyOf(asked) } }));
    const clock = new VirtualClock();
    const keyed = keyedOf(other, clock);
    const answer = keyed.once(asked, unasked);
    await eventually(() => clock.pendingTimers > 0);
    keyed.stop();
    await expect(answer).rejects.toMatchObject({ code: 'REQUEST_UNDER_WAY' });
    expect(clock.pendingTimers).toBe(0);
  });
});
