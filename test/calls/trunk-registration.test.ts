import { describe, expect, it } from 'vitest';
import type { TrunkSettings } from '../../src/store/schema.ts';
import { type DigestAlgorithm, makeChallenge, verifyAuthorization } from '../../src/telephony/sip/digest.ts';
import { nothingLeft } from '../support/call-world.ts';
import { granted, OTHER_REGISTRAR, REGISTRAR, registeringTrunk } from '../support/registering-trunk.ts';

describe('the registration of a trunk', () => {
  it.each<DigestAlgorithm>(['MD5', 'SHA-256'])('answers a %s challenge, is renewed in time, and ended at the end', async (algorithm) => {
    const challenge = { realm: 'carrier', nonce: 'n1', algorithm, qop: 'auth' as const, stale: false };
    const { requests, lines, state, expires, world, finish } = registeringTrunk(({ headers, uri, method }) => {
      const authorization = headers.first('Authorization');
      if (authorization === undefined) return [401, { headers: [['WWW-Authenticate', makeChallenge(challenge)]] }];
      const check = { authorization, method, uri, userName: 'alice', password: 'secret', challenge };
      return verifyAuthorization(check) === 'valid' ? granted(100) : [403];
    });
    await world.clock.advance(1_000);
    expect(state()).toBe('Registered');
    expect(requests[0]?.uri).toBe('sip:10.0.2.1');
    expect(requests[0]?.headers.first('To')).toBe('<sip:alice@10.0.2.1>');
    expect(requests[0]?.headers.first('Contact')).toBe('<sip:alice@10.0.0.1:5060>');
    expect(requests[0]?.headers.first('Supported')).toBe('path');
    await world.clock.advance(69_000);
    expect(requests.length).toBe(2);
    await world.clock.advance(15_000);
    expect(requests.length).toBe(4);
    expect(new Set(requests.map(({ headers }) => headers.first('Call-ID'))).size).toBe(1);
    expect(requests.map(({ headers }) => headers.first('CSeq'))).toEqual(['1 REGISTER', '2 REGISTER', '3 REGISTER', '4 REGISTER']);
    expect(await finish()).toEqual(nothingLeft);
    expect(expires()).toEqual(['600', '600', '600', '600', '0', '0']);
    expect(lines).toEqual(['A trunk is registered']);
  });

  it('answers a stale nonce once more, and a second refusal of the password not at once', async () => {
    const { requests, state, world, finish } = registeringTrunk((_request, nth) => {
      const challenge = makeChallenge({ realm: 'carrier', nonce: `n${nth}`, algorithm: 'MD5', qop: 'auth', stale: nth === 2 });
      return [401, { headers: [['WWW-Authenticate', challenge]] }];
    });
    await world.clock.advance(60_000);
    expect(requests.length).toBe(3);
    expect(state()).toBe('Failed');
    await world.clock.advance(70_000);
    expect(requests.length).toBeGreaterThan(3);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('lasts as long as the registrar says of our own contact, and no longer than a day', async () => {
    const { registrations, world, finish } = registeringTrunk((_request, nth) => {
      const ours = `<sip:alice@10.0.0.1:5060;ob>;expires=${nth === 1 ? 100 : 999_999}`;
      return [200, { headers: [['Contact', `<sip:alice@10.0.0.9>;expires=20, ${ours}`]] }];
    });
    const lastsMs = (): number => Date.parse(registrations.stateOf('trunk-1')?.expires ?? '') - world.clock.now();
    await world.clock.advance(1_000);
    expect(lastsMs()).toBeGreaterThan(98_000);
    expect(lastsMs()).toBeLessThanOrEqual(100_000);
    await world.clock.advance(85_000);
    expect(lastsMs()).toBeGreaterThan(86_000_000);
    expect(lastsMs()).toBeLessThanOrEqual(86_400_000);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('asks for as long as the registrar wants it at least (423)', async () => {
    const { expires, state, world, finish } = registeringTrunk((_request, nth) =>
      nth === 1 ? [423, { headers: [['Min-Expires', '1800']] }] : granted(1800),
    );
    await world.clock.advance(1_000);
    expect(expires()).toEqual(['600', '1800']);
    expect(state()).toBe('Registered');
    expect(await finish()).toEqual(nothingLeft);
  });

  it.each(['60', '99999999', 'long'])('gives up a 423 that asks for %s', async (least) => {
    const { requests, state, world, finish } = registeringTrunk(() => [423, { headers: [['Min-Expires', least]] }]);
    await world.clock.advance(1_000);
    expect(requests.length).toBe(1);
    expect(state()).toBe('Failed');
    expect(await finish()).toEqual(nothingLeft);
  });

  it('waits as long as Retry-After says', async () => {
    const { requests, world, finish } = registeringTrunk((_request, nth) =>
      nth === 1 ? [503, { headers: [['Retry-After', '300']] }] : granted(600),
    );
    await world.clock.advance(299_000);
    expect(requests.length).toBe(1);
    await world.clock.advance(2_000);
    expect(requests.length).toBe(2);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('goes to the next target when one is silent', async () => {
    const { requests, state, listen, world, finish } = registeringTrunk(() => granted(600), {
      targets: [{ host: '10.0.2.9' }, { host: OTHER_REGISTRAR, priority: 1 }],
    });
    listen(OTHER_REGISTRAR);
    await world.clock.advance(45_000);
    expect(state()).toBe('Registered');
    expect(requests[0]?.uri).toBe(`sip:${OTHER_REGISTRAR}`);
    expect(await finish()).toEqual(nothingLeft);
  });

  it.each([500, 503, 504, 408])('goes to the next target when one answers %i, whatever it wants to wait', async (status) => {
    const { requests, state, listen, world, finish } = registeringTrunk(
      ({ uri }) => (uri === `sip:${OTHER_REGISTRAR}` ? granted(600) : [status, { headers: [['Retry-After', '300']] }]),
      { targets: [{ host: REGISTRAR }, { host: OTHER_REGISTRAR, priority: 1 }] },
    );
    listen(OTHER_REGISTRAR);
    await world.clock.advance(6_000);
    expect([requests.map(({ uri }) => uri), state()]).toEqual([[`sip:${REGISTRAR}`, `sip:${OTHER_REGISTRAR}`], 'Registered']);
    // There it stays.
    await world.clock.advance(480_000);
    expect(requests.slice(2).map(({ uri }) => uri)).toEqual([`sip:${OTHER_REGISTRAR}`]);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('stays with a target that refuses it', async () => {
    const { requests, listen, world, finish } = registeringTrunk(() => [403], {
      targets: [{ host: REGISTRAR }, { host: OTHER_REGISTRAR, priority: 1 }],
    });
    listen(OTHER_REGISTRAR);
    await world.clock.advance(600_000);
    expect(new Set(requests.map(({ uri }) => uri))).toEqual(new Set([`sip:${REGISTRAR}`]));
    expect(await finish()).toEqual(nothingLeft);
  });

  it('asks no target before the time that it has named, and the others meanwhile', async () => {
    const at: { readonly uri: string; readonly second: number }[] = [];
    const { listen, world, finish } = registeringTrunk(
      ({ uri }) => {
        at.push({ uri, second: Math.floor((world.clock.now() - beganMs) / 1000) });
        return uri === `sip:${REGISTRAR}` ? [503, { headers: [['Retry-After', '200']] }] : [503];
      },
      { targets: [{ host: REGISTRAR }, { host: OTHER_REGISTRAR, priority: 1 }] },
    );
    const beganMs = world.clock.now();
    listen(OTHER_REGISTRAR);
    await world.clock.advance(800_000);
    const first = at.filter(({ uri }) => uri === `sip:${REGISTRAR}`).map(({ second }) => second);
    for (const [nth, second] of first.entries()) if (nth > 0) expect(second - (first[nth - 1] ?? 0)).toBeGreaterThanOrEqual(200);
    expect(first.length).toBeGreaterThan(1);
    expect(at.filter(({ uri, second }) => uri !== `sip:${REGISTRAR}` && second < 200).length).toBeGreaterThanOrEqual(4);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('ends when the trunk is changed or gone, and begins anew as it is now', async () => {
    const { requests, expires, registrations, stored, row, change, world, finish } = registeringTrunk(() => granted(600));
    await world.clock.advance(1_000);
    stored.rows = [{ ...row, trunk: { registration: { isEnabled: true, contactUser: 'desk' }, maxChannels: 3 } as TrunkSettings }];
    change();
    await world.clock.advance(1_000);
    expect(expires()).toEqual(['600', '0', '600']);
    expect(requests[2]?.headers.first('Contact')).toBe('<sip:desk@10.0.0.1:5060>');
    stored.rows = [];
    change();
    await world.clock.advance(1_000);
    expect(expires()).toEqual(['600', '0', '600', '0']);
    expect(registrations.stateOf('trunk-1')).toBeUndefined();
    expect(await finish()).toEqual(nothingLeft);
  });

  it('is of one server: another begins when the first is gone', async () => {
    const { requests, stored, state, world, finish } = registeringTrunk(() => granted(600));
    stored.ours = false;
    await world.clock.advance(1);
    requests.length = 0;
    await world.clock.advance(60_000);
    expect([requests.length, state()]).toEqual([0, undefined]);
    stored.ours = true;
    await world.clock.advance(6_000);
    expect([requests.length, state()]).toEqual([1, 'Registered']);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('that is granted while the server stops is ended', async () => {
    const { expires, world, finish } = registeringTrunk(() => granted(600));
    // The REGISTER has arrived, its answer is on the way.
    await world.clock.advance(1);
    expect(expires()).toEqual(['600']);
    expect(await finish()).toEqual(nothingLeft);
    expect(expires()).toEqual(['600', '0']);
  });

  it.each([
    ['for the first time', 1],
    ['again', 80_000],
  ])('that is asked for %s as the server stops, and granted a moment later, is ended', async (_when, runsMs) => {
    const { expires, world, finish } = registeringTrunk((_request, nth) => granted(100, runsMs === 1 || nth === 2 ? 400 : 0));
    await world.clock.advance(runsMs);
    const asked = expires();
    expect(await finish()).toEqual(nothingLeft);
    expect(expires()).toEqual([...asked, '0']);
  });

  it('that is asked for as the server stops, of a registrar that says nothing, is ended all the same', async () => {
    const { requests, expires, registrations, world, finish } = registeringTrunk(() => undefined);
    await world.clock.advance(1);
    const closed = registrations.close();
    await world.clock.advance(2_001);
    await closed;
    const [first, last] = [requests[0], requests.at(-1)];
    expect([expires()[0], last?.headers.first('Expires')]).toEqual(['600', '0']);
    expect([first, last].map((request) => request?.headers.first('CSeq'))).toEqual(['1 REGISTER', '2 REGISTER']);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('that is asked for as the server stops, and refused, is not ended', async () => {
    const { expires, world, finish } = registeringTrunk(() => [403, {}, 400]);
    await world.clock.advance(1);
    expect(await finish()).toEqual(nothingLeft);
    expect(new Set(expires())).toEqual(new Set(['600']));
  });
});
