import { describe, expect, it } from 'vitest';
import type { LegEnd } from '../../src/telephony/port.ts';
import { callWorld, nothingLeft } from '../support/call-world.ts';
import { plainTrunk } from '../support/carriers.ts';
import { dnsTable, srvTo } from '../support/dns-table.ts';
import { flowOf } from '../support/flow-builder.ts';
import { RawPeer } from '../support/raw-peer.ts';

const DOMAIN = 'carrier.example';
const FIRST = '10.0.2.1';
const SECOND = '10.0.2.2';
const US = { address: '10.0.0.1', port: 5060 };
const never = new AbortController().signal;
const GRANTED = [['Contact', '<sip:alice@10.0.0.1:5060>;expires=60']] as const;

type Said = number | { readonly status: number; readonly retryAfter: number } | undefined;

/** A carrier of two servers, the first of which is to be asked first. `says`: the status that each answers with; undefined: it is silent. */
function twoServers(says: Readonly<Record<string, Said>>) {
  const dns = dnsTable({
    srv: Object.fromEntries(['udp', 'tcp'].map((kind) => [`_sip._${kind}.${DOMAIN}`, [srvTo('b.example', 2), srvTo('a.example', 1)]])),
    addresses: { 'a.example': [FIRST], 'b.example': [SECOND] },
  });
  const world = callWorld({ flow: flowOf({ bye: ['HangUpNode'] }), phoneIsThere: false, dns });
  const asked: string[] = [];
  const wires = [FIRST, SECOND].map((address) => {
    const wire = world.network.wire('udp', { address, port: 5060 });
    const peer = new RawPeer(wire);
    peer.onMessage = (message) => {
      if (message.kind !== 'request') return;
      if (asked.at(-1) !== address) asked.push(address);
      const said = says[address];
      if (said === undefined) return;
      const isPlain = typeof said === 'number';
      const headers = isPlain ? GRANTED : ([['Retry-After', String(said.retryAfter)]] as const);
      peer.reply(message, isPlain ? said : said.status, US, { tag: 'r', headers });
    };
    return wire;
  });
  const until = async <Result>(work: Promise<Result>): Promise<Result> => {
    let done = false;
    void work.then(() => {
      done = true;
    });
    expect(await world.clock.runUntil(() => done, 200_000)).toBe(true);
    return work;
  };
  const finish = async (): Promise<void> => {
    for (const wire of wires) await wire.close();
    expect(await world.finish()).toEqual(nothingLeft);
  };
  return { world, asked, until, finish };
}

const host = { host: DOMAIN, port: undefined, transport: 'udp' } as const;

describe('the registration at a domain of several servers', () => {
  it.each([
    ['the first grants it: the second is not asked', { [FIRST]: 200, [SECOND]: 200 }, [FIRST], { registered: true, expiresMs: 60_000 }],
    ['the first is silent: the second is asked', { [SECOND]: 200 }, [FIRST, SECOND], { registered: true, expiresMs: 60_000 }],
    ['the first refuses: that is the answer', { [FIRST]: 403, [SECOND]: 200 }, [FIRST], { registered: false, status: 403 }],
    ['both are silent', {}, [FIRST, SECOND], { registered: false }],
    [
      'the first cannot serve: the second is asked',
      { [FIRST]: 503, [SECOND]: 200 },
      [FIRST, SECOND],
      { registered: true, expiresMs: 60_000 },
    ],
    ['the first has waited in vain', { [FIRST]: 408, [SECOND]: 200 }, [FIRST, SECOND], { registered: true, expiresMs: 60_000 }],
    ['the first cannot serve, the second refuses', { [FIRST]: 503, [SECOND]: 403 }, [FIRST, SECOND], { registered: false, status: 403 }],
    ['neither can serve', { [FIRST]: 503, [SECOND]: 503 }, [FIRST, SECOND], { registered: false, status: 503 }],
    ['the first cannot serve, the second is silent', { [FIRST]: 503 }, [FIRST, SECOND], { registered: false, status: 503 }],
    ['the first has failed at it: so would the second', { [FIRST]: 500, [SECOND]: 200 }, [FIRST], { registered: false, status: 500 }],
  ])('%s', async (_what, says, asked, result) => {
    const made = twoServers(says);
    const registration = made.world.telephony.registration({ ...host, user: 'alice', contactUser: 'alice' });
    expect(await made.until(registration.register(600, never))).toEqual(result);
    expect(made.asked).toEqual(asked);
    await made.finish();
  });

  it.each<[string, Record<string, Said>, number | undefined]>([
    ['one', { [FIRST]: { status: 503, retryAfter: 300 }, [SECOND]: 503 }, undefined],
    ['each', { [FIRST]: { status: 503, retryAfter: 300 }, [SECOND]: { status: 503, retryAfter: 200 } }, 200_000],
  ])('is not asked for before the time that %s of them has named, but at the other', async (_which, says, retryAfterMs) => {
    const made = twoServers(says);
    const registration = made.world.telephony.registration({ ...host, user: 'alice', contactUser: 'alice' });
    const refused = { registered: false, status: 503, ...(retryAfterMs !== undefined && { retryAfterMs }) };
    expect(await made.until(registration.register(600, never))).toEqual(refused);
    await made.world.clock.advance(250_000);
    expect(await made.until(registration.register(600, never))).toMatchObject({ registered: false, status: 503 });
    expect(made.asked).toEqual([FIRST, SECOND]);
    await made.world.clock.advance(50_000);
    await made.until(registration.register(600, never));
    expect(made.asked.slice(0, 3)).toEqual([FIRST, SECOND, FIRST]);
    await made.finish();
  });

  it('is ended where it was granted, though that server wanted to be left alone', async () => {
    const says: Record<string, Said> = { [FIRST]: 503, [SECOND]: 200 };
    const made = twoServers(says);
    const registration = made.world.telephony.registration({ ...host, user: 'alice', contactUser: 'alice' });
    await made.until(registration.register(600, never));
    says[SECOND] = { status: 503, retryAfter: 300 };
    await made.until(registration.register(600, never));
    says[SECOND] = 200;
    expect(await made.until(registration.register(0, never))).toMatchObject({ registered: true });
    expect(made.asked).toEqual([FIRST, SECOND, FIRST, SECOND, FIRST, SECOND]);
    await made.finish();
  });

  it('is not tried at the second when it is given up meanwhile', async () => {
    const made = twoServers({ [SECOND]: 200 });
    const registration = made.world.telephony.registration({ ...host, user: 'alice', contactUser: 'alice' });
    const giveUp = new AbortController();
    const result = registration.register(600, giveUp.signal);
    await made.world.clock.advance(1000);
    giveUp.abort(new Error('enough'));
    expect(await made.until(result)).toEqual({ registered: false });
    expect(made.asked).toEqual([FIRST]);
    await made.finish();
  });
});

describe('OPTIONS to a domain of several servers', () => {
  it.each([
    ['one is silent', { [SECOND]: 404 }, 404],
    ['the other is silent', { [FIRST]: 200 }, 200],
    ['all are silent', {}, undefined],
    ['one cannot serve, the other is there', { [FIRST]: 503, [SECOND]: 200 }, 200],
    ['the other cannot serve', { [FIRST]: 404, [SECOND]: 503 }, 404],
    ['one has lost what is behind it, the other is there', { [FIRST]: 408, [SECOND]: 404 }, 404],
    ['none can serve', { [FIRST]: 503, [SECOND]: 503 }, 503],
    ['one cannot serve, the other is silent', { [FIRST]: 503 }, 503],
  ])('asks all of them at once, and one that answers is enough: %s', async (_what, says, status) => {
    const made = twoServers(says);
    const ping = made.world.telephony.ping(host, never);
    await made.world.clock.advance(5);
    expect(new Set(made.asked)).toEqual(new Set([FIRST, SECOND]));
    expect(await made.until(ping)).toBe(status);
    await made.finish();
  });
});

it('OPTIONS to a domain of which one server refuses the connection wait for the other', async () => {
  const made = twoServers({});
  const wire = made.world.network.wire('tcp', { address: SECOND, port: 5060 });
  const peer = new RawPeer(wire);
  peer.onMessage = (message, from) => {
    if (message.kind === 'request') made.world.clock.after(500, () => peer.reply(message, 200, from, { tag: 'r' }));
  };
  expect(await made.until(made.world.telephony.ping({ ...host, transport: 'tcp' }, never))).toBe(200);
  await wire.close();
  await made.finish();
});

describe('a call with headers that nobody may write', () => {
  it.each([
    [{ Route: '<sip:elsewhere.example;lr>' }, /name of an extra header/],
    [{ 'X-Note': 'a\r\nRoute: <sip:elsewhere.example;lr>' }, /control characters/],
    [{ 'X-Note': 'y'.repeat(12_000) }, /too long/],
  ])('ends before anything is looked up or sent', async (headers, reason) => {
    const made = twoServers({});
    const ends: LegEnd[] = [];
    const slot = await made.world.telephony.reserve();
    const events = { sent() {}, ringing() {}, answered() {}, stateChanged() {}, ended: (end: LegEnd) => void ends.push(end) };
    const trunk = { ...plainTrunk(DOMAIN), ...host };
    slot.dial({ legId: 'leg', to: '+15550002', from: '+15550001', trunk, ringTimeoutMs: 20_000, headers }, events);
    await made.world.clock.advance(5);
    expect(ends).toEqual([{ why: 'failed', reason: expect.stringMatching(reason) }]);
    expect(made.asked).toEqual([]);
    await made.finish();
  });
});
