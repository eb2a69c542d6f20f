import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { VirtualClock } from '../../kernel/virtual-clock.ts';
import { answerChallenge, type DigestAlgorithm, digestSecrets } from './digest.ts';
import { DigestGuard } from './digest-guard.ts';
import { HeaderList } from './header-list.ts';

const secrets = digestSecrets('alice', 'ringflow', 'right');
const URI = 'sip:ringflow.example';
const ADDRESS = '192.0.2.1';

function scene(seed = 1, algorithms: readonly DigestAlgorithm[] = ['SHA-256', 'MD5']) {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const guard = new DigestGuard({ realm: 'ringflow', algorithms, clock, random });
  const answer = (challenge: string, more: { password?: string; nonceCount?: number; method?: string; uri?: string } = {}): string =>
    answerChallenge({ challenge, method: 'REGISTER', uri: URI, userName: 'alice', password: 'right', random, nonceCount: 1, ...more });
  const readFrom = (address: string, ...values: string[]) => {
    const headers = new HeaderList(values.map((value) => ['Authorization', value]));
    return guard.read({ method: 'REGISTER', uri: URI, headers, source: { address } }, 'Authorization');
  };
  const read = (...values: string[]) => readFrom(ADDRESS, ...values);
  const isRight = (value: string): boolean | string => {
    const found = read(value);
    return typeof found === 'string' ? found : found.areRight(secrets);
  };
  const [sha256 = '', md5 = ''] = guard.challenges(ADDRESS, false);
  return { clock, guard, answer, read, readFrom, isRight, sha256, md5 };
}

describe('credentials', () => {
  it('are asked for in SHA-256 first, then MD5, with qop auth', () => {
    const { sha256, md5 } = scene();
    expect(sha256).toMatch(/^Digest realm="ringflow", nonce="[0-9a-f]{60}", algorithm=SHA-256, qop="auth"$/);
    expect(md5).toMatch(/algorithm=MD5, qop="auth"$/);
    expect(scene().guard.challenges(ADDRESS, true)[0]).toContain('stale=true');
  });

  it.each(['sha256', 'md5'] as const)('are right with the password, and only for the method, address and user: %s', (algorithm) => {
    const made = scene();
    const challenge = made[algorithm];
    expect(made.isRight(made.answer(challenge))).toBe(true);
    expect(made.isRight(made.answer(challenge, { nonceCount: 2, password: 'wrong' }))).toBe(false);
    expect(made.isRight(made.answer(challenge, { nonceCount: 2, method: 'INVITE' }))).toBe(false);
    expect(made.isRight(made.answer(challenge, { nonceCount: 2, uri: 'sip:other' }))).toBe('none');
    const found = made.read(made.answer(challenge, { nonceCount: 2 }));
    expect(typeof found === 'object' && found.userName).toBe('alice');
    expect(typeof found === 'object' && found.areRight(undefined)).toBe(false);
    expect(made.isRight(made.answer(challenge, { nonceCount: 2 }))).toBe(true);
  });

  it('are known for ours by their realm, right or wrong', () => {
    const { guard, answer, md5 } = scene();
    const presents = (...values: string[]): boolean =>
      guard.presents(new HeaderList(values.map((value) => ['Authorization', value])), 'Authorization');
    const ofCarrier = answer(md5).replace('realm="ringflow"', 'realm="carrier"');
    expect([answer(md5), answer(md5, { password: 'wrong' })].map((value) => presents(ofCarrier, value))).toEqual([true, true]);
    expect([ofCarrier, 'Basic cmluZ2Zsb3c=', 'Digest realm="ringflow'].map((value) => presents(value))).toEqual([false, false, false]);
  });

  it('are not right a second time: each use of a nonce needs a higher count', () => {
    const { answer, isRight, read, md5 } = scene();
    const once = answer(md5);
    const copies = [read(once), read(once)];
    expect(copies.map((found) => typeof found === 'object' && found.areRight(secrets))).toEqual([true, false]);
    expect(isRight(once)).toBe('stale');
    expect(isRight(answer(md5, { nonceCount: 9 }))).toBe(true);
    expect(isRight(answer(md5, { nonceCount: 8 }))).toBe('stale');
    expect(isRight(answer(md5, { nonceCount: 10 }))).toBe(true);
  });

  it('are good at the address that was asked for them, and at no other', () => {
    const { answer, readFrom, md5 } = scene();
    expect(readFrom('192.0.2.2', answer(md5))).toBe('stale');
    expect(typeof readFrom(ADDRESS, answer(md5))).toBe('object');
  });

  it('that are wrong use nothing up', () => {
    const { answer, isRight, md5, guard } = scene();
    expect(isRight(answer(md5, { password: 'wrong' }))).toBe(false);
    expect(guard.size).toBe(0);
    expect(isRight(answer(md5))).toBe(true);
  });

  it('are not taken with an algorithm that was not asked for', () => {
    const both = scene();
    const { isRight, guard } = scene(1, ['MD5']);
    expect(guard.challenges(ADDRESS, false)).toHaveLength(1);
    expect(isRight(both.answer(both.sha256))).toBe('none');
    expect(isRight(both.answer(both.md5))).toBe(true);
  });

  it('are asked for with whole milliseconds, whatever the clock gives', async () => {
    const { clock, guard, answer, isRight } = scene();
    await clock.advance(0.25);
    expect(isRight(answer(guard.challenges(ADDRESS, false)[0] ?? ''))).toBe(true);
  });

  it('are stale after a minute, and with a nonce of somebody else', async () => {
    const { clock, answer, isRight, md5 } = scene();
    await clock.advance(60_000);
    expect(isRight(answer(md5))).toBe(true);
    await clock.advance(1);
    expect(isRight(answer(md5, { nonceCount: 2 }))).toBe('stale');
    expect(isRight(answer(scene(2).md5))).toBe('stale');
    expect(isRight(answer(md5.replace(/nonce="[^"]*"/, 'nonce="x"')))).toBe('stale');
  });

  it('are forgotten with their nonce, so that phones cost no memory', async () => {
    const { clock, guard, answer, isRight, md5 } = scene();
    expect(isRight(answer(md5))).toBe(true);
    await clock.advance(60_001);
    const [, next = ''] = guard.challenges(ADDRESS, false);
    expect([isRight(answer(next)), guard.size]).toEqual([true, 1]);
  });

  it.each([
    ['nothing', ''],
    ['another scheme', 'Basic YWxpY2U6cmlnaHQ='],
    ['another realm', 'Digest username="alice", realm="other", nonce="n", uri="sip:ringflow.example", response="r"'],
    ['no qop', 'Digest username="alice", realm="ringflow", nonce="n", uri="sip:ringflow.example", response="r"'],
    [
      'an algorithm that we lack',
      'Digest username="a", realm="ringflow", nonce="n", uri="sip:ringflow.example", algorithm=SHA-512, qop=auth, nc=00000001',
    ],
  ])('in %s are none', (_what, value) => {
    const { read } = scene();
    expect(value === '' ? read() : read(value)).toBe('none');
  });

  it.each([
    ['auth-int', /qop=auth/, 'qop=auth-int'],
    ['a nonce count that is no eight digits', /nc=00000001/, 'nc=1'],
  ])('with %s are none', (_what, own, other) => {
    const { answer, read, md5 } = scene();
    expect(read(answer(md5).replace(own, other))).toBe('none');
  });

  it('of nobody are wrong, also those that fit the secret which stands for theirs', () => {
    const { answer, read, md5 } = scene();
    const hash = (text: string): string => createHash('md5').update(text).digest('hex');
    const nonce = /nonce="(\w+)"/.exec(md5)?.[1];
    const value = answer(md5).replace(/response="[^"]*"/, (_response, at: number, whole: string) => {
      const cnonce = /cnonce="(\w+)"/.exec(whole.slice(at))?.[1];
      return `response="${hash(`${'0'.repeat(32)}:${nonce}:00000001:${cnonce}:auth:${hash(`REGISTER:${URI}`)}`)}"`;
    });
    const found = read(value);
    expect(typeof found === 'object' && found.areRight(undefined)).toBe(false);
    expect(typeof found === 'object' && found.areRight({ ...secrets, MD5: '0'.repeat(32) })).toBe(true);
  });

  it('for several realms are told apart', () => {
    const { answer, read, md5 } = scene();
    const found = read('Digest username="x", realm="other", nonce="n", uri="u", response="r"', answer(md5));
    expect(typeof found === 'object' && found.areRight(secrets)).toBe(true);
  });

  it('are remembered by a number of nonces that has a limit, and none twice when that is reached', () => {
    const { guard, answer, isRight, md5 } = scene();
    const first = answer(md5);
    expect(isRight(first)).toBe(true);
    for (let nth = 0; nth < 20_000; nth++) expect(isRight(answer(guard.challenges(ADDRESS, false)[1] ?? ''))).not.toBe(false);
    expect(guard.size).toBeLessThanOrEqual(20_000);
    expect(isRight(first)).toBe('stale');
  });
});
