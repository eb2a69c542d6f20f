import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, openTestStore, startTestServer, type TestStore } from '../../test/support/database.ts';
import { freshId, newSessionRow } from '../../test/support/sessions.ts';
import type { NewSessionRow } from './session-rows.ts';
import { isDuplicate } from './store-error.ts';

const noon = Date.UTC(2026, 0, 1, 12);

/** A session that waits until `dueAtMs`. */
function waitingRow(dueAtMs: number, members: Partial<NewSessionRow> = {}): NewSessionRow {
  const { owner: _owner, trunkId: _trunkId, ...row } = newSessionRow();
  return { ...row, callState: 'Disconnected', extras: { notBeforeMs: dueAtMs, dueAtMs }, ...members };
}

describe('two servers on one database', () => {
  let close: () => Promise<void>;
  let url = '';
  let one: TestStore;
  let other: TestStore;

  beforeAll(async () => {
    const server = await startTestServer();
    url = server.url;
    one = await openTestStore({ databaseUrl: server.url });
    other = await openTestStore({ databaseUrl: server.url });
    close = async () => {
      await one.close();
      await other.close();
      await server.close();
    };
  }, 60_000);
  afterAll(() => close());

  const dueIds = async (store: TestStore, nowMs: number, without: readonly string[] = []) =>
    (await store.schedule.due(nowMs, without, 100)).map(({ id }) => id);

  it('see what is due, the longest due first, and when to look again', async () => {
    const day = Date.UTC(2026, 0, 2);
    const rows = [3000, 1000, 2000, 9000].map((ms) => waitingRow(day + ms));
    for (const row of rows) await one.sessions.create(row);
    const [third, first, second, last] = rows.map(({ id }) => id);
    expect(await dueIds(other, day + 5000)).toEqual([first, second, third]);
    expect(await other.schedule.due(day + 5000, [], 1)).toHaveLength(1);
    expect(await other.schedule.nextDueMs(day + 5000)).toBe(day + 9000);
    await one.schedule.end([...rows.map(({ id }) => id)], { outcome: 'Cancelled', message: 'Ended by request' }, day);
    expect(await dueIds(one, day + 10_000)).toEqual([]);
    expect(await one.schedule.nextDueMs(day)).toBeUndefined();
    expect((await other.sessionReader.find(last ?? ''))?.info).toMatchObject({
      ended: true,
      outcome: 'Cancelled',
      queueState: 'None',
      log: [{ date: '2026-01-02T00:00:00.000Z', message: 'Ended by request' }],
    });
  });

  it('leave out what cannot be dialled now, by its trunk or its account', async () => {
    const trunkId = freshId();
    const pinned = waitingRow(noon, { trunkId });
    const free = waitingRow(noon + 1);
    for (const row of [pinned, free]) await one.sessions.create(row);
    expect(await dueIds(one, noon + 10, [trunkId])).toEqual([free.id]);
    expect(await dueIds(one, noon + 10, [free.accountId])).toEqual([pinned.id]);
    expect(await dueIds(one, noon + 10, [pinned.accountId])).toEqual([pinned.id, free.id]);
    await one.schedule.end([pinned.id, free.id], { outcome: 'Expired', message: 'Too late' }, noon);
  });

  it('give each session to one of them', async () => {
    const rows = Array.from({ length: 200 }, (_, nth) => waitingRow(noon + nth));
    await Promise.all(rows.map((row) => one.sessions.create(row)));
    const wanted = rows.map(({ id }) => ({ id, trunkId: freshId() }));
    const claims = await Promise.all([one, other, one, other].map(({ schedule }) => schedule.claim(wanted, noon)));
    expect(claims.flatMap((claim) => [...claim]).sort()).toEqual(rows.map(({ id }) => id).sort());
    const found = await one.sessionReader.find(rows[0]?.id ?? '');
    expect([one.workers.id, other.workers.id]).toContain(found?.owner);
    expect(found?.info).toMatchObject({ trunkId: wanted[0]?.trunkId, callState: 'Ringing', dialState: 'Active', queueState: 'None' });
    expect(await dueIds(one, noon + 1000)).toEqual([]);
  });

  it('can take back a claim, to the trunk that the call must use', async () => {
    const trunkId = freshId();
    const pinned = waitingRow(noon, { trunkId, extras: { notBeforeMs: noon, dueAtMs: noon, plan: { trunkId } } });
    const free = waitingRow(noon + 1);
    for (const row of [pinned, free]) await one.sessions.create(row);
    await one.schedule.claim(
      [pinned, free].map(({ id }) => ({ id, trunkId: freshId() })),
      noon,
    );
    await other.schedule.giveBack([pinned.id, free.id]);
    expect(await dueIds(one, noon + 1)).toEqual([]);
    await one.schedule.giveBack([pinned.id, free.id]);
    const due = await other.schedule.due(noon + 1, [], 10);
    expect(due.map((row) => row.trunkId)).toEqual([trunkId, undefined]);
    await one.schedule.end([pinned.id, free.id], { outcome: 'Cancelled', message: '' }, noon);
  });

  it('end neither a session that is carried nor one that is over', async () => {
    const row = waitingRow(noon);
    await one.sessions.create(row);
    await one.schedule.claim([{ id: row.id, trunkId: freshId() }], noon);
    expect(await other.schedule.end([row.id, freshId()], { outcome: 'Cancelled', message: 'x' }, noon)).toEqual([]);
    expect((await other.sessionReader.find(row.id))?.info.ended).toBe(false);
  });

  it('answer what was given to a session, as it was given', async () => {
    const extras = {
      metadata: { order: '17' },
      plan: {
        options: {
          ringTimeoutMs: 5000,
          sipHeaders: { 'X-A': 'b' },
          statusCallback: { sealedUrl: 'v1.x', events: ['Completed' as const] },
        },
        flow: { name: 'Own', nodes: [{ id: 'n1' }] },
      },
      notBeforeMs: noon,
      expiresAtMs: noon + 1000,
      dueAtMs: noon,
      keyed: { loginId: freshId(), key: 'k', hash: 'h' },
    };
    const { flowId: _flowId, flowVersion: _flowVersion, ...row } = waitingRow(noon, { extras });
    await one.sessions.create(row);
    expect(await other.schedule.due(noon, [], 10)).toEqual([row]);
    expect(await other.sessionReader.findKeyed(extras.keyed.loginId, 'k')).toEqual({ row, wentOn: false });
    expect((await other.sessionReader.find(row.id))?.info).toMatchObject({
      metadata: { order: '17' },
      notBefore: '2026-01-01T12:00:00.000Z',
      expiresAt: '2026-01-01T12:00:01.000Z',
      queueState: 'Queued',
      dialState: 'None',
    });
    await one.schedule.end([row.id], { outcome: 'Cancelled', message: '' }, noon);
  });

  it('give back what was claimed by a commit that comes late', async () => {
    const row = waitingRow(noon);
    await one.sessions.create(row);
    const [sql, watcher] = [postgres(url, { max: 1 }), postgres(url, { max: 1 })];
    let commit = (): void => {};
    let isClaimed = false;
    const committed = sql.begin(async (queries) => {
      await queries`update session set owner = ${one.workers.id}, due_at = null, call_state = 'Ringing' where id = ${row.id}`;
      isClaimed = true;
      await new Promise<void>((resolve) => {
        commit = resolve;
      });
    });
    await eventually(() => isClaimed);
    const givenBack = one.schedule.giveBack([row.id]);
    // It waits for the claim, or has overtaken it.
    await Promise.race([givenBack, eventually(async () => (await watcher`select 1 from pg_locks where not granted`).length > 0)]);
    commit();
    await Promise.all([committed, givenBack]);
    await Promise.all([sql.end(), watcher.end()]);
    expect(await dueIds(one, noon)).toContain(row.id);
    await one.schedule.end([row.id], { outcome: 'Cancelled', message: '' }, noon);
  });

  it('take a key of a login once, whoever is first', async () => {
    const keyed = { loginId: freshId(), key: 'k', hash: 'h' };
    const rows = Array.from({ length: 6 }, () => newSessionRow({ extras: { keyed } }));
    const results = await Promise.allSettled(rows.map((row, nth) => (nth % 2 === 0 ? one : other).sessions.create(row)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect(isDuplicate(result.reason)).toBe(true);
    await one.sessions.create(newSessionRow({ extras: { keyed: { ...keyed, loginId: freshId() } } }));
    await one.sessions.create(newSessionRow({ extras: { keyed: { ...keyed, key: 'other' } } }));
    expect(await one.sessionReader.findKeyed(keyed.loginId, 'unknown')).toBeUndefined();
  });

  it('leave a session that waits to itself when a server is lost', async () => {
    const row = waitingRow(noon);
    await one.sessions.create(row);
    await other.workers.reapSessions({ outcome: 'ServerLost', line: { message: 'lost' } });
    expect((await other.sessionReader.find(row.id))?.info).toMatchObject({ ended: false, queueState: 'Queued' });
    await one.schedule.end([row.id], { outcome: 'Cancelled', message: '' }, noon);
  });
});
