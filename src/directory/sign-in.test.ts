import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newTenant, openTestDirectory, type TestDirectory } from '../../test/support/directory.ts';
import { freshId } from '../../test/support/sessions.ts';
import { systemRandom } from '../kernel/random.ts';
import { BearerTokens } from './bearer-tokens.ts';
import type { Principal } from './principal.ts';
import { SignIn, type SignInOptions } from './sign-in.ts';

const EMAIL = 'caller@example.com';
const PASSWORD = 'correct horse';
const DAY_MS = 86_400_000;

let directory: TestDirectory;
let userId: string;
let signIn: SignIn;
beforeAll(async () => {
  directory = await openTestDirectory();
  const { manager } = await newTenant(directory);
  userId = (await directory.users.create(manager, { emailAddress: EMAIL, password: PASSWORD })).id ?? '';
});
afterAll(() => directory.close());
beforeEach(() => {
  signIn = newSignIn();
});

/** One that remembers nothing yet. */
function newSignIn(options: Partial<SignInOptions> = {}): SignIn {
  const { store, tokens, hasher, clock } = directory;
  const { users, apiKeys, changes } = store;
  return new SignIn({ users, apiKeys, tokens, changes, hasher, clock, random: systemRandom, ...options });
}

/** The stored users, and a call of `onLook` whenever one is looked up by address or id. */
function countingUsers(onLook: () => void): SignInOptions['users'] {
  const { users } = directory.store;
  return Object.assign(Object.create(users), {
    findByEmail(address: string) {
      onLook();
      return users.findByEmail(address);
    },
    find(id: string) {
      onLook();
      return users.find(id);
    },
  });
}

const errorOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('by password', () => {
  it('is the same error for a wrong password, an unknown address and what cannot be either', async () => {
    expect(await signIn.byPassword(EMAIL.toUpperCase(), PASSWORD, 'a')).toMatchObject({ userId, emailAddress: EMAIL });
    const wrong = await errorOf(signIn.byPassword(EMAIL, 'wrong', 'a'));
    expect(wrong).toMatchObject({ code: 'WRONG_PASSWORD', status: 401 });
    for (const [address, password] of [
      ['nobody@example.com', PASSWORD],
      ['', ''],
      [EMAIL, PASSWORD.toUpperCase()],
      [EMAIL, 'x'.repeat(100_000)],
      ['x'.repeat(100_000), PASSWORD],
      [`${EMAIL}\u0000`, PASSWORD],
    ] as const) {
      expect(await errorOf(signIn.byPassword(address, password, 'a'))).toMatchObject({ code: 'WRONG_PASSWORD' });
    }
  });

  it('takes as long for an unknown address as for a known one', async () => {
    const time = async (address: string) => {
      const fresh = newSignIn();
      const began = performance.now();
      await errorOf(fresh.byPassword(address, 'wrong', 'a'));
      return performance.now() - began;
    };
    const least = { known: Number.POSITIVE_INFINITY, unknown: Number.POSITIVE_INFINITY };
    // A busy machine makes any single attempt longer, never shorter: what is too short stays so, however often it is tried.
    for (let round = 0; round < 30 && (round < 4 || least.unknown < least.known * 0.5); round++) {
      least.known = Math.min(least.known, await time(EMAIL));
      least.unknown = Math.min(least.unknown, await time('nobody@example.com'));
    }
    expect(least.unknown).toBeGreaterThan(least.known * 0.5);
  });

  it('remembers a password that was right, without argon2, until the user changes or time is up', async () => {
    await signIn.byPassword(EMAIL, PASSWORD, 'a');
    const began = performance.now();
    for (let round = 0; round < 500; round++) await signIn.byPassword(EMAIL, PASSWORD, 'a');
    expect((performance.now() - began) / 500).toBeLessThan(2);

    const { store } = directory;
    let looked = 0;
    const users = countingUsers(() => looked++);
    const counted = newSignIn({ users });
    await Promise.all(Array.from({ length: 50 }, () => counted.byPassword(EMAIL, PASSWORD, 'a')));
    expect(looked).toBe(1);
    store.changes.tell({ kind: 'flow', id: 'x' });
    store.changes.tell({ kind: 'user', id: 'somebody else' });
    await counted.byPassword(EMAIL, PASSWORD, 'a');
    expect(looked).toBe(1);
    store.changes.tell({ kind: 'user', id: userId });
    await counted.byPassword(EMAIL, PASSWORD, 'a');
    expect(looked).toBe(2);
    await directory.clock.advance(300_001);
    await counted.byPassword(EMAIL, PASSWORD, 'a');
    expect(looked).toBe(3);
  });
});

describe('throttling', () => {
  it('lets each further guess wait twice as long, per source and address, and forgives a right one', async () => {
    const guess = (source = 'attacker') => errorOf(signIn.byPassword(EMAIL, `guess ${Math.random()}`, source));
    for (let round = 0; round < 5; round++) expect(await guess()).toMatchObject({ code: 'WRONG_PASSWORD' });
    for (const seconds of [1, 2, 4]) {
      expect(await guess()).toMatchObject({ code: 'TOO_MANY_SIGN_INS', status: 429, retryAfterSeconds: seconds });
      await directory.clock.advance(seconds * 1000);
      expect(await guess()).toMatchObject({ code: 'WRONG_PASSWORD' });
    }
    expect(await errorOf(signIn.byPassword(EMAIL, PASSWORD, 'attacker'))).toMatchObject({ code: 'TOO_MANY_SIGN_INS' });
    expect(await guess('somebody else')).toMatchObject({ code: 'WRONG_PASSWORD' });
    await directory.clock.advance(8_000);
    await signIn.byPassword(EMAIL, PASSWORD, 'attacker');
    expect(await guess()).toMatchObject({ code: 'WRONG_PASSWORD' });
  });

  it('does not tell the password that somebody else has just signed in with from a wrong one', async () => {
    await signIn.byPassword(EMAIL, PASSWORD, 'its owner');
    for (let round = 0; round < 5; round++) await errorOf(signIn.byPassword(EMAIL, `guess ${round}`, 'attacker'));
    expect(await errorOf(signIn.byPassword(EMAIL, 'one more', 'attacker'))).toMatchObject({ code: 'TOO_MANY_SIGN_INS' });
    expect(await errorOf(signIn.byPassword(EMAIL, PASSWORD, 'attacker'))).toMatchObject({ code: 'TOO_MANY_SIGN_INS' });
    expect(await signIn.byPassword(EMAIL, PASSWORD, 'its owner')).toMatchObject({ userId });
  });

  it('counts the addresses of an IPv6 network as one source', async () => {
    const guess = (round: number) => errorOf(signIn.byPassword(EMAIL, `guess ${round}`, `2001:db8::${round.toString(16)}`));
    for (let round = 1; round <= 5; round++) expect(await guess(round)).toMatchObject({ code: 'WRONG_PASSWORD' });
    expect(await guess(6)).toMatchObject({ code: 'TOO_MANY_SIGN_INS' });
  });

  it('leaves room for others when one source sends more than can be checked', async () => {
    const flood = Promise.all(
      Array.from({ length: 300 }, (_, index) => errorOf(signIn.byPassword(`${index}@example.com`, 'guess', '192.0.2.1'))),
    );
    expect(await signIn.byPassword(EMAIL, PASSWORD, '192.0.2.2')).toMatchObject({ userId });
    expect((await flood).filter((error) => (error as { code: string }).code === 'WRONG_PASSWORD')).toHaveLength(50);
    expect(await errorOf(signIn.byPassword('again@example.com', 'guess', '192.0.2.1'))).toMatchObject({ code: 'WRONG_PASSWORD' });
  });

  it('counts guesses that come at once', async () => {
    const errors = await Promise.all(
      Array.from({ length: 20 }, (_, index) => errorOf(signIn.byPassword(EMAIL, `at once ${index}`, 'flood'))),
    );
    expect(errors.filter((error) => (error as { code: string }).code === 'WRONG_PASSWORD')).toHaveLength(5);
  });
});

describe('by bearer token', () => {
  it('is the user as it is today, looked up once until the user changes, time is up or the token ends', async () => {
    let looked = 0;
    const counted = newSignIn({ users: countingUsers(() => looked++) });
    const { token } = await directory.tokens.issue(userId);
    const found = await Promise.all(Array.from({ length: 50 }, () => counted.byBearer(token)));
    expect(found[0]).toMatchObject({ userId, emailAddress: EMAIL, roles: ['User'] });
    expect(looked).toBe(1);
    const { changes } = directory.store;
    changes.tell({ kind: 'user', id: 'somebody else' });
    await counted.byBearer(token);
    expect(looked).toBe(1);
    changes.tell({ kind: 'user', id: userId });
    await counted.byBearer(token);
    expect(looked).toBe(2);
    changes.tell(undefined);
    await counted.byBearer(token);
    expect(looked).toBe(3);
    await directory.clock.advance(300_000);
    await counted.byBearer(token);
    expect(looked).toBe(4);
    await directory.clock.advance(600_000);
    expect(await counted.byBearer(token)).toBeUndefined();
  });

  it('is nobody for a user that does not exist, another secret, and nonsense', async () => {
    const { token } = await directory.tokens.issue(freshId());
    const foreign = await new BearerTokens('another secret', directory.clock).issue(userId);
    for (const text of [token, foreign.token, 'nonsense', '', 'a'.repeat(1_000_000), PASSWORD, 'rk_']) {
      expect(await signIn.byBearer(text)).toBeUndefined();
    }
  });
});

describe('by cookie', () => {
  let principal: Principal;
  beforeEach(async () => {
    principal = await signIn.byPassword(EMAIL, PASSWORD, 'a');
  });

  it('opens a login for a day, or for four weeks under both ids', async () => {
    const temporary = await signIn.open(principal, { permanent: false });
    const permanent = await signIn.open(principal, { permanent: true });
    expect(temporary.temporaryId).toMatch(/^[\w-]{20}$/);
    expect(await signIn.byCookie(temporary.temporaryId)).toMatchObject({ userId });
    expect(await signIn.byCookie(temporary.permanentId)).toBeUndefined();
    expect(await signIn.byCookie(permanent.temporaryId)).toMatchObject({ userId });
    expect(await signIn.byCookie(permanent.permanentId)).toMatchObject({ userId });
    await directory.clock.advance(DAY_MS + 1);
    expect(await signIn.byCookie(temporary.temporaryId)).toBeUndefined();
    expect(await signIn.byCookie(permanent.permanentId)).toMatchObject({ userId });
    await directory.clock.advance(28 * DAY_MS);
    expect(await signIn.byCookie(permanent.permanentId)).toBeUndefined();
  });

  it('is over under both ids when one of them is closed, and for nobody else', async () => {
    const login = await signIn.open(principal, { permanent: true });
    const other = await signIn.open(principal, { permanent: false });
    await signIn.byCookie(login.permanentId);
    await signIn.close(login.temporaryId);
    expect(await signIn.byCookie(login.temporaryId)).toBeUndefined();
    expect(await signIn.byCookie(login.permanentId)).toBeUndefined();
    expect(await signIn.byCookie(other.temporaryId)).toMatchObject({ userId });
    await signIn.close(login.temporaryId);
    await signIn.close('nonsense');
  });

  it.each(['', 'x', "' or 1=1 --", 'a'.repeat(20), 'a'.repeat(10_000), '\u0000'.repeat(20)])('opens nothing for %j', async (id) => {
    expect(await signIn.byCookie(id)).toBeUndefined();
  });

  it('removes those that have expired whenever one is opened', async () => {
    const { store, clock } = directory;
    const login = await signIn.open(principal, { permanent: false });
    const hash = createHash('sha256').update(login.temporaryId).digest('base64url');
    const openedAt = clock.now();
    await clock.advance(DAY_MS + 1);
    expect(await store.users.findLogin(hash, openedAt)).toBeDefined();
    await signIn.open(principal, { permanent: false });
    expect(await store.users.findLogin(hash, openedAt)).toBeUndefined();
  });

  it('stores no id that could be used', async () => {
    const login = await signIn.open(principal, { permanent: true });
    const hash = createHash('sha256').update(login.temporaryId).digest('base64url');
    expect(await directory.store.users.findLogin(hash, directory.clock.now())).toBeDefined();
    expect(await directory.store.users.findLogin(login.temporaryId, directory.clock.now())).toBeUndefined();
  });
});
