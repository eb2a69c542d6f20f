import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readWavHeader } from '../../src/telephony/audio/wav.ts';
import { manager, numberToDial } from '../support/call-world.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { FRIEND, heldCall } from '../support/held-call.ts';
import { keptRecordings } from '../support/kept-recordings.ts';
import type { Person, PersonCall } from '../support/party-phones.ts';
import { MUSIC, OTHER_MUSIC } from '../support/spoken-tones.ts';

const AT = '10.0.0.2';
const folder = mkdtempSync(join(tmpdir(), 'ringflow-phone-hold-'));
afterAll(() => rmSync(folder, { recursive: true }));

const dialling = (more: object = {}) =>
  flowOf({
    dial: ['DialNode', { Number: FRIEND, Done: to('say'), NoAnswer: to('end'), ...more }],
    say: ['SayNode', { WhatToSay: 'x'.repeat(100), Done: to('end') }],
    end: ['HangUpNode', { Outcome: 'Done' }],
  });
const neverAborted = new AbortController().signal;
const talking = { caller: [2], friend: [1] };

/** Two who talk: the caller says 1, and who was dialled 2. Their phones send what they say, whatever they have told of it. */
async function twoWhoTalk(people: Readonly<Record<string, Person>> = {}, flow = dialling(), more: Parameters<typeof heldCall>[2] = {}) {
  const scene = await heldCall(flow, { [FRIEND]: { answerAfterMs: 100, says: 2, hangUpAfterMs: 30_000 }, ...people }, more);
  const { world, phones } = scene;
  await world.clock.advance(1000);
  expect(await scene.hear()).toEqual(talking);
  let version = 10;
  const versions = (): number => ++version;
  const call = (number: string): PersonCall => {
    const found = phones.callTo(number);
    if (!found) throw new Error('Nobody was called there');
    return found;
  };
  return {
    ...scene,
    call,
    /** The phone of somebody changes the call; answers the direction that it is answered. */
    async changes(number: string, direction: string, address = AT): Promise<string | undefined> {
      const { dialog, rtp } = call(number);
      const head = ['v=0', `o=- 1 ${versions()} IN IP4 ${AT}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'];
      const audio = [`m=audio ${rtp.endpoint.port} RTP/AVP 0 101`, 'a=rtpmap:101 telephone-event/8000', `a=${direction}`, ''];
      let answer = '';
      void dialog
        ?.reinvite(() => [...head, ...audio].join('\r\n'), neverAborted)
        .then((sdp) => {
          answer = sdp;
        });
      await world.clock.advance(50);
      return /^a=(sendrecv|sendonly|recvonly|inactive)\r$/m.exec(answer)?.[1];
    },
  };
}

describe('a phone that holds a call which is joined with another', () => {
  it.each([
    ['sendonly', 'sendonly', AT, 'recvonly'],
    ['inactive', 'inactive', AT, 'inactive'],
    ['the address 0.0.0.0', 'sendrecv', '0.0.0.0', 'recvonly'],
  ])('with %s lets the other hear music, until it resumes', async (_how, direction, address, answered) => {
    const { session, hear, changes, over } = await twoWhoTalk();
    expect(await changes(FRIEND, direction, address)).toBe(answered);
    expect(await hear()).toEqual({ caller: [MUSIC], friend: [] });
    expect(await hear()).toEqual({ caller: [MUSIC], friend: [] });
    // It says so once more, as to keep the session alive.
    expect(await changes(FRIEND, direction, address)).toBe(answered);
    expect(await hear()).toEqual({ caller: [MUSIC], friend: [] });
    expect(session.callState).toBe('Connected');
    expect(await changes(FRIEND, 'sendrecv')).toBe('sendrecv');
    expect(await hear()).toEqual(talking);
    expect(session.lines.filter((line) => /hold|resumed/.test(line))).toEqual([
      'A phone has put the call on hold: the other side hears music',
      'The phone has resumed the call',
    ]);
    await over();
    expect(session.outcome).toBe('Done');
  });

  it('may be that of the call of the session', async () => {
    const { hear, changes, over } = await twoWhoTalk();
    await changes(numberToDial, 'sendonly');
    expect(await hear()).toEqual({ caller: [], friend: [MUSIC] });
    await changes(numberToDial, 'sendrecv');
    expect(await hear()).toEqual(talking);
    await over();
  });

  it('plays to nobody while both hold, and to who resumes first', async () => {
    const { hear, changes, over } = await twoWhoTalk();
    await changes(numberToDial, 'sendonly');
    await changes(FRIEND, 'inactive');
    expect(await hear()).toEqual({ caller: [], friend: [] });
    await changes(FRIEND, 'sendrecv');
    expect(await hear()).toEqual({ caller: [], friend: [MUSIC] });
    await changes(numberToDial, 'sendrecv');
    expect(await hear()).toEqual(talking);
    await over();
  });

  it('makes way for a hold by request, and comes back after it', async () => {
    const { live, world, sessionId, hear, changes, over } = await twoWhoTalk();
    await changes(FRIEND, 'sendonly');
    await live.hold(manager, { sessionId, audioFile: OTHER_MUSIC });
    expect(await hear()).toEqual({ caller: [9], friend: [] });
    void live.patch(manager, { sessionId, callState: 'Connected' });
    await world.clock.advance(50);
    expect(await hear()).toEqual({ caller: [MUSIC], friend: [] });
    await changes(FRIEND, 'sendrecv');
    expect(await hear()).toEqual(talking);
    await over();
  });

  it('passes keys on as before once it has resumed', async () => {
    const presses = { atMs: 6000, keys: '42' };
    const { world, call, changes, over } = await twoWhoTalk({ [numberToDial]: { answerAfterMs: 100, says: 1, presses } });
    await changes(FRIEND, 'inactive');
    await world.clock.advance(1000);
    await changes(FRIEND, 'sendrecv');
    await world.clock.advance(6000);
    const events = call(FRIEND).rtp.received.filter(({ payloadType }) => payloadType === 101);
    expect([...new Set(events.map(({ payload }) => payload[0]))]).toEqual([4, 2]);
    await over();
  });

  it('ends the music when it hangs up, and the flow goes on', async () => {
    const { world, session, phones, changes, over } = await twoWhoTalk({ [FRIEND]: { answerAfterMs: 100, says: 2, hangUpAfterMs: 4000 } });
    await changes(FRIEND, 'sendonly');
    expect(await world.clock.runUntil(() => session.lines.some((line) => line.endsWith('(SayNode)')), 10_000)).toBe(true);
    await world.clock.advance(100);
    const sinceMs = world.clock.now();
    await over();
    expect(phones.heard(numberToDial, sinceMs)).not.toContain(MUSIC);
    expect(session.outcome).toBe('Done');
  });

  it('is recorded for as long as it lasts', async () => {
    const path = join(folder, 'talk.wav');
    const { recordings, saved } = keptRecordings(path);
    const { world, changes, over } = await twoWhoTalk({}, dialling({ Record: true }), { recordings });
    await changes(FRIEND, 'sendonly');
    await world.clock.advance(5000);
    await changes(FRIEND, 'sendrecv');
    await over();
    expect(saved).toHaveLength(1);
    const { frames, sampleRate } = readWavHeader(await readFile(path));
    expect(Math.round(frames / sampleRate)).toBe(30);
  });
});
