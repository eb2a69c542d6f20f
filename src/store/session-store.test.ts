import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, openTestStore, startTestDatabase, type TestDatabase, type TestStore } from '../../test/support/database.ts';
import { freshId, newSessionRow } from '../../test/support/sessions.ts';
import { systemClock } from '../kernel/clock.ts';
import { silentLogger } from '../kernel/log.ts';
import { connect, type Sql } from './clients.ts';
import { idList } from './id-list.ts';
import { SessionStore } from './session-store.ts';

describe('with the whole store', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => store.close());

  it('stores a session so that it can be read at once', async () => {
    const row = newSessionRow({ owner: store.workers.id, state: { node: 'start', vars: { Choice: '1' } } });
    await store.sessions.create(row);
    const found = await store.sessionReader.find(row.id);
    expect(found).toMatchObject({
      owner: store.workers.id,
      epoch: 1,
      info: {
        id: row.id,
        accountId: row.accountId,
        endpointId: row.endpointId,
        flowId: row.flowId,
        trunkId: row.trunkId,
        dialState: 'Active',
        callState: 'Ringing',
        ended: false,
        channel: 'Voice',
        toAddress: '+18144043093',
        fromAddress: '+18144043094',
        dateCreated: '2026-01-01T00:00:00.000Z',
        createdBy: 'manager@example.com',
        log: [],
      },
    });
    expect(found?.info).not.toHaveProperty('outcome');
  });

  it('shows for whom a call was before it was forwarded', async () => {
    const rows = [
      newSessionRow({ direction: 'inbound', extras: { forwardedFrom: '+4930111222' } }),
      newSessionRow({ direction: 'inbound' }),
    ];
    for (const row of rows) await store.sessions.create(row);
    const stored = await Promise.all(rows.map(({ id }) => store.sessionReader.find(id)));
    expect(stored.map((found) => found?.info.forwardedFrom)).toEqual(['+4930111222', undefined]);
  });

  it('tells only the caller whose row is refused, when many go together', async () => {
    const good = Array.from({ length: 20 }, () => newSessionRow());
    const twin = newSessionRow();
    await store.sessions.create(twin);
    const rows = [...good.slice(0, 10), twin, ...good.slice(10)];
    const results = await Promise.allSettled(rows.map((row) => store.sessions.create(row)));
    expect(results.map((result) => result.status === 'fulfilled')).toEqual(rows.map((row) => row !== twin));
    const page = await store.sessionReader.list({}, { specificIds: good.map((row) => row.id) });
    expect(page.totalCount).toBe(20);
  });

  it('takes texts that PostgreSQL would refuse', async () => {
    const row = newSessionRow({ createdBy: 'a\u0000b\ud800c', state: { '\u0000key': '\udc00 \\u0000 \u0000' } });
    await store.sessions.create(row);
    expect((await store.sessionReader.find(row.id))?.info.createdBy).toBe('a\ufffdb\ufffdc');
  });
});

describe('group commit', () => {
  let database: TestDatabase;
  let sql: Sql;
  beforeAll(async () => {
    database = await startTestDatabase();
    sql = connect(database.target, { max: 1 });
  });
  afterAll(async () => {
    await sql.end();
    await database.close();
  });

  it('commits creates together that arrive while a commit is under way', async () => {
    const store = new SessionStore({ sql, clock: systemClock, log: silentLogger });
    const ids = Array.from({ length: 100 }, freshId);
    await Promise.all(ids.map((id) => store.create(newSessionRow({ id }))));
    const commits =
      await sql`select count(*)::int as rows from session where id = any(${idList(ids)}::text::uuid[]) group by xmin order by 1`;
    expect(commits.map((commit) => commit.rows)).toEqual([1, 99]);
  });

  it('gives up waiting after its limit, and removes the row that was written all the same', async () => {
    const store = new SessionStore({ sql, clock: systemClock, log: silentLogger, limitMs: 200 });
    const blocker = connect(database.target, { max: 1 });
    const row = newSessionRow();
    await blocker.begin(async (transaction) => {
      await transaction`lock table session in access exclusive mode`;
      await expect(store.create(row)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });
    await blocker.end();
    await eventually(async () => (await sql`select id from session where id = ${row.id}`).length === 1);
    await store.create(newSessionRow());
    expect(await sql`select id from session where id = ${row.id}`).toHaveLength(0);
  });

  it('refuses at once when thousands wait already', async () => {
    const store = new SessionStore({ sql, clock: systemClock, log: silentLogger });
    const results = await Promise.allSettled(Array.from({ length: 5_010 }, () => store.create(newSessionRow())));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(9);
    expect(refused[0]?.reason).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('answers STORE_UNAVAILABLE while the database is away, leaves no session of it, and goes on afterwards', async () => {
    const store = new SessionStore({ sql, clock: systemClock, log: silentLogger });
    const before = newSessionRow();
    await store.create(before);
    await database.stop();
    const refused = newSessionRow();
    await expect(store.create(refused)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', status: 503, retryAfterSeconds: 2 });
    // What is not even sent while that one is in doubt is in no doubt itself, so that an outage leaves no more behind however long it is.
    const unsent = Array.from({ length: 3 }, () => newSessionRow());
    for (const row of unsent) await expect(store.create(row)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect([refused, ...unsent].map(({ id }) => store.isRefused(id))).toEqual([true, false, false, false]);
    await database.start();
    const after = newSessionRow();
    await eventually(() =>
      store.create(after).then(
        () => true,
        () => false,
      ),
    );
    const ids = [before.id, refused.id, after.id];
    const found = await sql<{ id: string }[]>`select id from session where id = any(${idList(ids)}::text::uuid[]) order by id`;
    expect(found.map((row) => row.id)).toEqual([before.id, after.id]);
  });
});
