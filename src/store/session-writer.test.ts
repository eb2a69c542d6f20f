import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, startTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { freshId, newSessionRow } from '../../test/support/sessions.ts';
import { systemClock } from '../kernel/clock.ts';
import { silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { Changes } from './changes.ts';
import { connect, type Sql } from './clients.ts';
import { Database } from './database.ts';
import { idList } from './id-list.ts';
import { SessionReader } from './session-reader.ts';
import { SessionStore } from './session-store.ts';
import { SessionWriter } from './session-writer.ts';

const owner = freshId();
let database: TestDatabase;
let sql: Sql;
let drizzleClient: Sql;
let createClient: Sql;
let sessions: SessionStore;
let reader: SessionReader;
beforeAll(async () => {
  database = await startTestDatabase();
  sql = connect(database.target, { max: 2 });
  drizzleClient = connect(database.target, { max: 1 });
  createClient = connect(database.target, { max: 1 });
  sessions = new SessionStore({ sql: createClient, clock: systemClock, log: silentLogger });
  reader = new SessionReader(new Database({ client: drizzleClient, clock: systemClock, changes: new Changes('test'), shared: false }));
});
afterAll(async () => {
  for (const client of [sql, drizzleClient, createClient]) await client.end();
  await database.close();
});

let clock: VirtualClock;
let lost: string[];
let writer: SessionWriter;
beforeEach(() => {
  clock = new VirtualClock();
  lost = [];
  writer = new SessionWriter({ sql, clock, log: silentLogger, owner, onLost: (ids) => lost.push(...ids) });
});

async function newSession(): Promise<string> {
  const row = newSessionRow({ owner });
  await sessions.create(row);
  return row.id;
}

const line = (message: string) => ({ date: '2026-01-01T00:00:00.000Z', message });

describe('writing behind', () => {
  it('writes nothing before its time, and everything in one commit then', async () => {
    const ids = await Promise.all([newSession(), newSession(), newSession()]);
    for (const id of ids) {
      writer.change(id, 1, { callSid: 'a@b' });
      writer.log(id, 1, [line('Dialling')]);
    }
    await clock.advance(200);
    writer.change(ids[0] ?? '', 1, { callState: 'Connected', answeredAtMs: clock.now() });
    expect((await reader.find(ids[0] ?? ''))?.info.callSid).toBeUndefined();
    expect(writer.pending).toBe(3);

    await clock.advance(50);
    expect(await writer.flush()).toBe(true);
    const commits = await sql`select count(*)::int as rows from session where id = any(${idList(ids)}::text::uuid[]) group by xmin`;
    expect(commits.map((commit) => commit.rows)).toEqual([3]);
    expect((await reader.find(ids[0] ?? ''))?.info).toMatchObject({
      callSid: 'a@b',
      callState: 'Connected',
      dateAnswered: '2026-01-01T00:00:00.200Z',
      log: [line('Dialling')],
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps members that a later change does not name, and puts the log in order', async () => {
    const id = await newSession();
    writer.change(id, 1, { callState: 'Connected', state: { node: 'a' } });
    writer.log(id, 1, [line('one'), line('two')]);
    await writer.flush();
    writer.log(id, 1, [line('three')]);
    writer.change(id, 1, { endedAtMs: clock.now(), outcome: 'Completed', sipCause: 200, callState: 'Disconnected' });
    await writer.flush();
    const found = await reader.find(id);
    expect(found?.info).toMatchObject({
      ended: true,
      dialState: 'None',
      outcome: 'Completed',
      sipCause: 200,
      dateCompleted: '2026-01-01T00:00:00.000Z',
    });
    expect(found?.info.log?.map((entry) => entry.message)).toEqual(['one', 'two', 'three']);
    expect(await sql`select state from session where id = ${id}`).toEqual([{ state: { node: 'a' } }]);
  });

  it('keeps the media reports in the place of the state when the call is over, and shows it then', async () => {
    const id = await newSession();
    writer.change(id, 1, { callState: 'Connected', state: { media: { codec: 'not a report yet' } } });
    await writer.flush();
    expect((await reader.find(id))?.info).not.toHaveProperty('mediaReport');
    const mediaReport = { codec: 'PCMU', packetsReceived: 3, jitterMs: 1.5, problems: [{ problem: 'LateStart' as const, advice: 'So.' }] };
    const partyReports = [{ address: '+18144043111', end: 'The callee is busy', sipCause: 486, mediaReport }];
    writer.change(id, 1, { endedAtMs: clock.now(), callState: 'Disconnected', mediaReport, partyReports });
    await writer.flush();
    expect((await reader.find(id))?.info).toMatchObject({ mediaReport, partyReports });
    expect(await sql`select state from session where id = ${id}`).toEqual([{ state: { media: mediaReport, partyReports } }]);
  });

  it('writes more sessions than one statement takes', async () => {
    const ids = Array.from({ length: 1_200 }, freshId);
    await Promise.all(ids.map((id) => sessions.create(newSessionRow({ id, owner }))));
    for (const id of ids) writer.change(id, 1, { outcome: 'NoAnswer' });
    expect(await writer.flush()).toBe(true);
    const [row] = await sql`select count(*)::int as n from session where id = any(${idList(ids)}::text::uuid[]) and outcome = 'NoAnswer'`;
    expect(row?.n).toBe(1_200);
  });

  it('writes the many lines of one session in rounds that hold up neither the loop nor the database, one after the other', async () => {
    const id = await newSession();
    const messages = Array.from({ length: 10_000 }, (_, nth) => `${nth} `.padEnd(60, 'x'));
    writer.log(id, 1, messages.map(line));
    writer.change(id, 1, { endedAtMs: clock.now(), callState: 'Disconnected' });
    await clock.advance(250);
    await eventually(async () => {
      await clock.advance(0);
      return writer.pending === 0;
    });
    const rounds = await roundsOf([id]);
    expect(rounds.length).toBeGreaterThan(5);
    for (const { lines } of rounds) expect(lines).toBeLessThan(2_000);
    const found = await reader.find(id);
    expect(found?.info.log?.map(({ message }) => message)).toEqual(messages);
    expect(found?.info.ended).toBe(true);
    expect(clock.now()).toBe(new VirtualClock().now() + 250);
  });

  it('does not let one change that is refused hold up the others', async () => {
    const [bad, good] = [await newSession(), await newSession()];
    writer.change(bad, 1, { sipCause: 1e9 });
    writer.change(good, 1, { sipCause: 486 });
    expect(await writer.flush()).toBe(true);
    expect((await reader.find(good))?.info.sipCause).toBe(486);
    expect((await reader.find(bad))?.info.sipCause).toBeUndefined();
    expect(writer.healthy).toBe(true);
  });

  it('writes on close, and is quiet afterwards', async () => {
    const id = await newSession();
    writer.change(id, 1, { outcome: 'Busy' });
    await writer.close();
    await writer.close();
    expect((await reader.find(id))?.info.outcome).toBe('Busy');
    expect(clock.pendingTimers).toBe(0);
  });
});

/** Log lines of a session, by the round that wrote them. */
const roundsOf = (ids: readonly string[]) =>
  sql<{ chunk: number; sessions: number; lines: number }[]>`
    select chunk, count(*)::int as sessions, sum(jsonb_array_length(entries))::int as lines
    from session_log where session_id = any(${idList(ids)}::text::uuid[]) group by chunk order by chunk`;

/** Makes every statement on sessions wait while `work` runs. */
async function withLock(work: () => Promise<void>): Promise<void> {
  await createClient.begin(async (transaction) => {
    await transaction`lock table session in access exclusive mode`;
    await work();
  });
}

describe('a flush', () => {
  it('waits for one round only, however much comes while it runs', async () => {
    const id = await newSession();
    let [turns, over] = [0, false];
    const feeding = (async () => {
      for (; turns < 2_000 && !over; turns++) {
        writer.log(id, 1, [line(String(turns))]);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    expect(await writer.flush()).toBe(true);
    over = true;
    await feeding;
    expect(await roundsOf([id])).toEqual([{ chunk: 0, sessions: 1, lines: 1 }]);
    expect(writer.pending).toBe(1);
    await writer.close();
    expect((await reader.find(id))?.info.log).toHaveLength(turns);
  });

  it('shares its round with those asked for at the same moment, also behind a round that is under way', async () => {
    const ids = await Promise.all(Array.from({ length: 40 }, newSession));
    const flushes: Promise<boolean>[] = [];
    await withLock(async () => {
      for (const [index, id] of ids.entries()) {
        writer.log(id, 1, [line('x')]);
        flushes.push(writer.flush());
        // Lets the first round begin with half of them.
        if (index === 19) await new Promise((resolve) => setImmediate(resolve));
      }
    });
    expect(await Promise.all(flushes)).toEqual(ids.map(() => true));
    expect(await roundsOf(ids)).toEqual([
      { chunk: 0, sessions: 20, lines: 20 },
      { chunk: 1, sessions: 20, lines: 20 },
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives up after five seconds when the database hangs; the changes are written all the same when it goes on', async () => {
    const id = await newSession();
    writer.log(id, 1, [line('x')]);
    await withLock(async () => {
      const flushed = writer.flush();
      await clock.advance(5_000);
      expect(await flushed).toBe(false);
    });
    expect(await writer.flush()).toBe(true);
    expect(await roundsOf([id])).toEqual([{ chunk: 0, sessions: 1, lines: 1 }]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('on close does not wait for ever, and says what is lost', async () => {
    const id = await newSession();
    const errors: unknown[] = [];
    const log = { ...silentLogger, error: (fields: object, message: string) => errors.push({ ...fields, message }) };
    const closing = new SessionWriter({ sql, clock, log, owner, onLost: () => undefined });
    closing.log(id, 1, [line('x')]);
    await withLock(async () => {
      const closed = closing.close();
      await clock.advance(5_000);
      await closed;
    });
    expect(errors).toMatchObject([{ sessions: 1, message: expect.stringContaining('lost') }]);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('ownership', () => {
  it('is guarded by epoch and owner: who has lost a session changes nothing and is told', async () => {
    const [kept, taken, stolen] = [await newSession(), await newSession(), await newSession()];
    await sql`update session set epoch = 2 where id = ${taken}`;
    await sql`update session set owner = ${freshId()} where id = ${stolen}`;
    const gone = freshId();
    for (const id of [kept, taken, stolen, gone]) {
      writer.change(id, 1, { outcome: 'Completed' });
      writer.log(id, 1, [line('late')]);
    }
    await writer.flush();
    expect(lost.sort()).toEqual([taken, stolen, gone].sort());
    expect((await reader.find(kept))?.info).toMatchObject({ outcome: 'Completed', log: [line('late')] });
    for (const id of [taken, stolen]) {
      const found = await reader.find(id);
      expect(found?.info.outcome).toBeUndefined();
      expect(found?.info.log).toEqual([]);
    }
  });

  it('prefers the newer epoch when both wait', async () => {
    const id = await newSession();
    await sql`update session set epoch = 2 where id = ${id}`;
    writer.change(id, 1, { outcome: 'old' });
    writer.change(id, 2, { outcome: 'new' });
    writer.change(id, 1, { outcome: 'older' });
    await writer.flush();
    expect((await reader.find(id))?.info.outcome).toBe('new');
    expect(lost).toEqual([]);
  });
});

describe('while the database is away', () => {
  it('keeps changes, tries again ever more slowly, and writes each line once when it is back', async () => {
    const id = await newSession();
    const own = connect(database.target, { max: 1 });
    const away = new SessionWriter({ sql: own, clock, log: silentLogger, owner, onLost: (ids) => lost.push(...ids) });
    away.log(id, 1, [line('before')]);
    await away.flush();

    await database.stop();
    away.log(id, 1, [line('during')]);
    away.change(id, 1, { callState: 'Connected' });
    expect(await away.flush()).toBe(false);
    expect(away.healthy).toBe(false);
    away.log(id, 1, [line('later')]);
    expect(away.pending).toBeGreaterThan(0);

    await database.start();
    await eventually(async () => {
      await clock.advance(2_000);
      return away.healthy;
    });
    expect(await away.flush()).toBe(true);
    expect(away.healthy).toBe(true);
    expect((await reader.find(id))?.info.log?.map((entry) => entry.message)).toEqual(['before', 'during', 'later']);
    expect(lost).toEqual([]);
    await away.close();
    await own.end();
  });

  it('bounds what it keeps: lines beyond the limit are counted and dropped', async () => {
    const dead = connect({ kind: 'tcp', host: '127.0.0.1', port: 1, user: 'x', password: 'x', database: 'x' }, { max: 1 });
    const away = new SessionWriter({ sql: dead, clock, log: silentLogger, owner, onLost: () => undefined });
    const lines = Array.from({ length: 30_000 }, (_, index) => line(String(index)));
    away.log(freshId(), 1, lines);
    away.log(freshId(), 1, lines);
    expect(away.droppedLines).toBe(10_000);
    expect(await away.flush()).toBe(false);
    away.log(freshId(), 1, lines);
    expect(away.droppedLines).toBe(40_000);
    await away.close();
    await dead.end({ timeout: 0 });
    expect(clock.pendingTimers).toBe(0);
  });
});
