import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, openTestStore, startTestServer, type TestStore } from '../../test/support/database.ts';
import { freshId, newSessionRow } from '../../test/support/sessions.ts';
import type { Change } from './changes.ts';

const author = { emailAddress: 'admin@localhost', atMs: Date.UTC(2026, 0, 1) };
const end = { outcome: 'ServerLost', line: { date: '2026-01-01T00:00:00.000Z', message: 'The server that carried this call is gone' } };

describe('two processes on one server, by DATABASE_URL', () => {
  let server: Awaited<ReturnType<typeof startTestServer>>;
  let first: TestStore;
  let second: TestStore;
  beforeAll(async () => {
    server = await startTestServer();
    // At once: one of them makes the tables, the other waits for it.
    [first, second] = await Promise.all([openTestStore({ databaseUrl: server.url }), openTestStore({ databaseUrl: server.url })]);
  });
  afterAll(async () => {
    await first.close();
    await second.close();
    await server.close();
  });

  it('hear of each other what has changed, and of themselves once', async () => {
    const heard: Record<'first' | 'second', (Change | undefined)[]> = { first: [], second: [] };
    first.changes.subscribe((change) => heard.first.push(change));
    second.changes.subscribe((change) => heard.second.push(change));
    const id = freshId();
    await first.accounts.create(id, 'Tenant', undefined, author);
    expect(heard.first).toEqual([{ kind: 'account', id }]);
    await eventually(() => heard.second.length > 0);
    expect(heard.second).toEqual([{ kind: 'account', id }]);
    expect(heard.first).toHaveLength(1);
  });

  it('are told to forget everything when the connection that hears broke', async () => {
    const heard: (Change | undefined)[] = [];
    const stop = second.changes.subscribe((change) => heard.push(change));
    const { connect } = await import('./clients.ts');
    const sql = connect({ kind: 'url', url: server.url }, { max: 1 });
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%'`;
    await sql.end();
    await eventually(() => heard.includes(undefined));
    stop();
  });

  it('leave the sessions of a live process alone and end those of one that is gone', async () => {
    const third = await openTestStore({ databaseUrl: server.url });
    const alive = newSessionRow({ owner: second.workers.id });
    const orphan = newSessionRow({ owner: third.workers.id });
    const over = newSessionRow({ owner: third.workers.id });
    for (const row of [alive, orphan, over]) await first.sessions.create(row);
    third.sessionWriter.change(over.id, 1, { endedAtMs: author.atMs, outcome: 'Completed' });
    await third.sessionWriter.flush();
    expect(await first.workers.reapSessions(end)).toEqual([]);
    await third.close();

    expect(await first.workers.reapSessions(end)).toMatchObject([{ id: orphan.id }]);
    const found = await first.sessionReader.find(orphan.id);
    expect(found).toMatchObject({ epoch: 2, info: { ended: true, callState: 'Disconnected', outcome: 'ServerLost', log: [end.line] } });
    expect((await first.sessionReader.find(alive.id))?.info.ended).toBe(false);
    expect((await first.sessionReader.find(over.id))?.info.outcome).toBe('Completed');
  });

  it('answer a reader who waits for a lock, and leave nothing of it on the server', async () => {
    const { connect } = await import('./clients.ts');
    const sql = connect({ kind: 'url', url: server.url }, { max: 1 });
    await sql.begin(async (transaction) => {
      await transaction`lock table account in access exclusive mode`;
      const waits = () => transaction`select pid from pg_stat_activity where wait_event_type = 'Lock'`;
      const read = first.accounts.find(freshId());
      const refused = expect(read).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await eventually(async () => (await waits()).length === 1);
      await refused;
      await eventually(async () => (await waits()).length === 0, 3_000);
    });
    await sql.end();
  }, 20_000);

  it('renews its lease', async () => {
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    const row = newSessionRow({ owner: second.workers.id });
    await second.sessions.create(row);
    expect(await first.workers.reapSessions(end)).toEqual([]);
    expect(await second.ping()).toBe(true);
  });
});

describe('a database of our own', () => {
  it('ends every session that an earlier process left live, more than go at once', async () => {
    const store = await openTestStore();
    const owner = freshId();
    await Promise.all(Array.from({ length: 620 }, () => store.sessions.create(newSessionRow({ owner }))));
    const mine = newSessionRow({ owner: store.workers.id });
    await store.sessions.create(mine);
    expect(await store.workers.reapSessions(end)).toHaveLength(500);
    expect(await store.workers.reapSessions(end)).toHaveLength(120);
    expect(await store.workers.reapSessions(end)).toEqual([]);
    expect((await store.sessionReader.find(mine.id))?.info.ended).toBe(false);
    await store.close();
    await store.close();
  });

  it('is refused by name when DATABASE_URL does not answer', async () => {
    await expect(openTestStore({ databaseUrl: 'postgres://x:y@127.0.0.1:1/z' })).rejects.toMatchObject({
      code: 'BAD_SETTING',
      message: expect.stringMatching(/^DATABASE_URL /),
    });
  });
});
