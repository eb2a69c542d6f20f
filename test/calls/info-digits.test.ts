import { describe, expect, it } from 'vitest';
import { callWorld, nothingLeft, numberToDial, type WorldOptions } from '../support/call-world.ts';
import { dialled } from '../support/dialled-call.ts';
import { flowOf, into, to } from '../support/flow-builder.ts';
import { TELEPHONE_EVENT } from '../support/media-rig.ts';
import { type Person, partyPhones } from '../support/party-phones.ts';
import { rawCaller } from '../support/raw-caller.ts';

const FRIEND = '+18144043111';
const info = (body: string, type = 'application/dtmf-relay'): readonly string[] => [`Content-Type: ${type}`, '', body];

/** Speaks for ten seconds, unless a key is pressed, and asks for four of them. */
const asking = flowOf({
  ask: ['GatherNode', { Prompt: 'x'.repeat(500), MaxDigits: 4, TimeoutInSeconds: 5, Digits: into('Entered'), Done: to('bye') }],
  bye: ['HangUpNode', { Outcome: 'Got {{ Session.Entered }}' }],
});
const sending = flowOf({ send: ['SendDigitsNode', { Digits: '1w2#', Done: to('bye') }], bye: ['HangUpNode', { Outcome: 'Sent' }] });

/** A call of the carrier that is up. */
async function called(options: WorldOptions, infoStatus = 200) {
  const world = callWorld({ phoneIsThere: false, ...options });
  const caller = rawCaller(world);
  caller.peer.onMessage = (message, from) => {
    if (message.kind === 'request' && message.method !== 'ACK')
      caller.peer.reply(message, message.method === 'INFO' ? infoStatus : 200, from);
  };
  await caller.invite();
  await caller.ack();
  const session = [...world.sessions.values()][0];
  if (!session) throw new Error('There is no session');
  const finish = async (): Promise<void> => {
    expect(await world.over(session)).toBe(true);
    await world.clock.advance(60_000);
    await caller.close();
    expect(await world.finish()).toEqual(nothingLeft);
  };
  return { world, caller, session, finish };
}

/** What comes of a call to somebody who presses and tells these keys. */
async function asked(person: Person) {
  const world = callWorld({ flow: asking, phoneIsThere: false });
  const phones = partyPhones(world, { [numberToDial]: { answerAfterMs: 100, ...person } });
  const session = await world.call();
  expect(await world.over(session)).toBe(true);
  const left = await world.finish();
  await phones.close();
  return { session, left: { ...left, ports: (left.ports ?? 0) - 2 } };
}

describe('digits that come in SIP INFO', () => {
  it('are collected as any others, end a prompt, and stand in no log', async () => {
    const { world, caller, session, finish } = await called({ flow: asking });
    await world.clock.advance(1000);
    for (const [at, key] of [...'4719'].entries()) await caller.request('INFO', at + 2, info(`Signal=${key}\nDuration=160`));
    const spokeMs = world.clock.now() - (session.answeredAtMs ?? 0);
    await finish();
    expect(caller.statuses().slice(3, 7)).toEqual([200, 200, 200, 200]);
    expect(session.outcome).toBe('Got 4719');
    expect(session.lines.join('\n')).not.toMatch(/4|7|1|9/);
    expect((session.endedAtMs ?? 0) - (session.answeredAtMs ?? 0)).toBeLessThan(spokeMs + 500);
  });

  it('in the short form count too, and what cannot be read counts as nothing', async () => {
    const { caller, session, finish } = await called({ flow: asking });
    const bodies = [
      info('1', 'application/dtmf'),
      info('nothing'),
      info('5', 'text/plain'),
      ...['2', '3', '4'].map((key) => info(key, 'application/dtmf')),
    ];
    for (const [at, lines] of bodies.entries()) await caller.request('INFO', at + 2, lines);
    await finish();
    expect(caller.statuses().slice(3, 9)).toEqual([200, 400, 415, 200, 200, 200]);
    expect(session.outcome).toBe('Got 1234');
  });

  it('count once when they come as telephone-events too', async () => {
    const { session, left } = await asked({ presses: { atMs: 500, keys: '4427' }, tells: { atMs: 560, keys: '4427' } });
    expect(session.outcome).toBe('Got 4427');
    expect(left).toEqual(nothingLeft);
  });

  it('cross a bridge, as telephone-events', async () => {
    const { phones, left } = await dialled(
      { [FRIEND]: { answerAfterMs: 500, tells: { atMs: 500, keys: '59' }, hangUpAfterMs: 3000 } },
      { Number: FRIEND },
    );
    const events = phones.callTo(numberToDial)?.rtp.received.filter(({ payloadType, marker }) => payloadType === TELEPHONE_EVENT && marker);
    expect(events?.map(({ payload }) => payload[0])).toEqual([5, 9]);
    expect(left).toEqual(nothingLeft);
  });
});

describe('digits that a trunk wants in SIP INFO', () => {
  const eventsIn = (packets: readonly Uint8Array[]): number[] => [
    ...new Set(packets.filter((bytes) => bytes[1] !== undefined && (bytes[1] & 0x7f) === TELEPHONE_EVENT).map((bytes) => bytes[12] ?? -1)),
  ];

  it('are sent so, one after the other, at the pace of keys', async () => {
    const packets: Uint8Array[] = [];
    const { world, caller, session, finish } = await called({
      flow: sending,
      trunk: { digits: 'info' },
      filter: (bytes) => {
        packets.push(bytes.slice());
        return 'pass';
      },
    });
    await world.clock.advance(100);
    expect(caller.requests('INFO')).toHaveLength(1);
    await finish();
    expect(caller.requests('INFO').map(({ body }) => Buffer.from(body).toString())).toEqual(
      ['1', '2', '#'].map((key) => `Signal=${key}\r\nDuration=100\r\n`),
    );
    expect(caller.requests('INFO').every(({ headers }) => headers.first('Content-Type') === 'application/dtmf-relay')).toBe(true);
    expect(session.outcome).toBe('Sent');
    // Two pauses of 80 ms between keys would be too few: three keys of 180 ms, and a wait of 500.
    expect((session.endedAtMs ?? 0) - (session.answeredAtMs ?? 0)).toBeGreaterThanOrEqual(1040);
    expect(eventsIn(packets)).toEqual([]);
  });

  it('go in the stream when the carrier refuses them', async () => {
    const packets: Uint8Array[] = [];
    const filter = (bytes: Uint8Array) => {
      packets.push(bytes.slice());
      return 'pass' as const;
    };
    const { caller, session, finish } = await called({ flow: sending, trunk: { digits: 'info' }, filter }, 415);
    await finish();
    expect(caller.requests('INFO')).toHaveLength(1);
    expect(session.outcome).toBe('Sent');
    expect(eventsIn(packets)).toEqual([1, 2, 11]);
  });

  it('cross a bridge', async () => {
    const { phones, left } = await dialled(
      { [FRIEND]: { answerAfterMs: 500, says: 2, presses: { atMs: 500, keys: '8*' }, hangUpAfterMs: 3000 } },
      { Number: FRIEND },
      { trunk: { digits: 'info' } },
    );
    expect(phones.callTo(numberToDial)?.told).toBe('8*');
    expect(phones.callTo(numberToDial)?.rtp.received.some(({ payloadType }) => payloadType === TELEPHONE_EVENT)).toBe(false);
    expect(left).toEqual(nothingLeft);
  });
});
