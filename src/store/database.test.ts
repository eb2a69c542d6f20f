import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, startTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { freshId } from '../../test/support/sessions.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { AccountRepository } from './account-repository.ts';
import { type Change, Changes } from './changes.ts';
import { connect, type Sql } from './clients.ts';
import { Database } from './database.ts';
import { account } from './schema.ts';

const unavailable = { code: 'STORE_UNAVAILABLE', status: 503, retryAfterSeconds: 2 };

let server: TestDatabase;
let client: Sql;
let blocker: Sql;
beforeAll(async () => {
  server = await startTestDatabase();
  client = connect(server.target, { max: 1 });
  blocker = connect(server.target, { max: 1 });
});
afterAll(async () => {
  await client.end();
  await blocker.end();
  await server.close();
});

let clock: VirtualClock;
let heard: (Change | undefined)[];
let database: Database;
let unlock: () => Promise<void>;
beforeEach(async () => {
  clock = new VirtualClock();
  heard = [];
  const changes = new Changes('test');
  changes.subscribe((change) => heard.push(change));
  database = new Database({ client, clock, changes, shared: true });
  unlock = async () => undefined;
});
afterEach(() => unlock());

/** Makes every statement on accounts wait until `unlock`. */
async function lockAccounts(): Promise<void> {
  const over = await new Promise<{ free: () => void; done: Promise<unknown> }>((resolve) => {
    const done: Promise<unknown> = blocker.begin(async (transaction) => {
      await transaction`lock table account in access exclusive mode`;
      await new Promise<void>((free) => resolve({ free, done }));
    });
  });
  unlock = async () => {
    over.free();
    await over.done;
  };
}

const accountIds = () => database.run((queries) => queries.select({ id: account.id }).from(account));

const createAccount = (id: string) =>
  new AccountRepository(database).create(id, 'Tenant', undefined, { emailAddress: 'admin@localhost', atMs: 0 });

/** Whether `work` is over, without waiting for it. */
function watch(work: Promise<unknown>): { readonly over: boolean } {
  const state = { over: false };
  const end = () => {
    state.over = true;
  };
  work.then(end, end);
  return state;
}

describe('the time limit', () => {
  it('leaves no timer behind, whether the queries succeed or fail', async () => {
    await accountIds();
    await expect(database.run((queries) => queries.execute(sql`select 1 / 0`))).rejects.toMatchObject({ code: '22012' });
    await expect(database.run(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
    expect(clock.pendingTimers).toBe(0);
  });

  it('answers STORE_UNAVAILABLE after five seconds, and goes on when the database does', async () => {
    await lockAccounts();
    const read = accountIds();
    const state = watch(read);
    const refused = expect(read).rejects.toMatchObject(unavailable);
    await clock.advance(4_999);
    expect(state.over).toBe(false);
    await clock.advance(1);
    await refused;
    expect(clock.pendingTimers).toBe(0);
    await unlock();
    expect(await accountIds()).toEqual([]);
  });

  it('takes back a change that its caller was told is refused', async () => {
    await lockAccounts();
    const [running, queued] = [freshId(), freshId()];
    const refused = [running, queued].map((id) => expect(createAccount(id)).rejects.toMatchObject(unavailable));
    await clock.advance(5_000);
    await Promise.all(refused);
    await unlock();
    expect(await accountIds()).toEqual([]);
    expect(heard).toEqual([]);
    const accepted = freshId();
    await createAccount(accepted);
    expect(await accountIds()).toEqual([{ id: accepted }]);
    expect(heard).toEqual([{ kind: 'account', id: accepted }]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('refuses at once when a thousand wait already, and takes more when they are done', async () => {
    await lockAccounts();
    const waiting = Promise.allSettled(Array.from({ length: 1_000 }, accountIds));
    await expect(accountIds()).rejects.toMatchObject(unavailable);
    await clock.advance(5_000);
    expect((await waiting).every((outcome) => outcome.status === 'rejected')).toBe(true);
    await expect(accountIds()).rejects.toMatchObject(unavailable);
    await unlock();
    await eventually(() =>
      accountIds().then(
        () => true,
        () => false,
      ),
    );
    expect(clock.pendingTimers).toBe(0);
  });
});
