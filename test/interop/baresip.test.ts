import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { measureSound } from '../../src/cli/heard.ts';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { ListFiles } from '../../src/contracts/files.ts';
import type { FlowInfo } from '../../src/contracts/flows.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { Speech } from '../../src/speech/speech.ts';
import { encodeG711 } from '../../src/telephony/audio/g711.ts';
import { readWavHeader, readWavMono } from '../../src/telephony/audio/wav.ts';
import { type Baresip, type BaresipOptions, startBaresip } from '../support/baresip.ts';
import { flowOf, from, into, to } from '../support/flow-builder.ts';
import { hearingSound } from '../support/heard-tones.ts';
import { newAccount, numberToDial, type RealServer, realServer, saveFlow, sessionWhen } from '../support/real-server.ts';
import { peakAt, rms } from '../support/sound.ts';

const FRAME_SAMPLES = 160;
const FRAME_MS = 20;
const HOLD_MS = 2000;
const bye = { bye: ['HangUpNode'] } as const;

/** Says `text`, with a pause before, in which the speech is made, and one after, in which a phone plays what it has buffered. */
const saying = (text: string): FlowInfo =>
  flowOf({
    before: ['WaitNode', { Timeout: 0.5, Done: to('say') }],
    say: ['SayNode', { WhatToSay: text, Done: to('after') }],
    after: ['WaitNode', { Timeout: 0.5, Done: to('bye') }],
    ...bye,
  });

let server: RealServer;
let speech: Speech;
const phones: Baresip[] = [];

beforeAll(async () => {
  server = await realServer();
  speech = await Speech.open({ cacheDir: join(server.directory, 'speech-of-the-test'), log: silentLogger });
}, 60_000);

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

afterAll(async () => {
  await speech.close();
  await server.remove();
}, 60_000);

interface Call {
  readonly phone: Baresip;
  readonly account: ReadyAccount;
  readonly id: string;
  /** The session when it is over. */
  over(): Promise<SessionInfo>;
}

/** Starts baresip and has the server call it with this flow. */
async function call(
  flow: FlowInfo,
  options: Partial<BaresipOptions> = {},
  transport: 'Udp' | 'Tcp' = 'Udp',
  srtp: 'Off' | 'Optional' | 'Required' = 'Off',
): Promise<Call> {
  const phone = await startBaresip({ user: numberToDial, ...options });
  phones.push(phone);
  const account = await newAccount(server.child, phone.port, { transport, srtp });
  const { id = '' } = await account.api.placeCall({ flowId: await saveFlow(account, flow), numberToDial });
  return { phone, account, id, over: () => sessionWhen(account.api, id, ({ ended }) => ended === true) };
}

/** The samples of a WAV file of ours or of baresip: 16 bit, 8000 Hz, mono. */
function samplesOf(wav: Uint8Array): Float32Array {
  const header = readWavHeader(wav);
  expect(header).toMatchObject({ encoding: 'pcm16', sampleRate: 8000, channels: 1 });
  const samples = new Float32Array(header.frames);
  readWavMono(wav, header, 0, samples);
  return samples;
}

async function promptOf(text: string): Promise<Buffer> {
  return Buffer.from(new Uint8Array((await speech.prompt(text, {}, new AbortController().signal)).pcmu));
}

/** Where in `wav` each frame of `prompt` that is not silent was heard, bit for bit and in order; -1 for those that were not. */
function placesOf(prompt: Buffer, wav: Uint8Array): number[] {
  const samples = samplesOf(wav);
  const heard = Buffer.alloc(samples.length);
  encodeG711(
    'PCMU',
    Int16Array.from(samples, (sample) => Math.round(sample * 32_768)),
    heard,
  );
  const places: number[] = [];
  let from = 0;
  for (let at = 0; at + FRAME_SAMPLES <= prompt.length; at += FRAME_SAMPLES) {
    const frame = prompt.subarray(at, at + FRAME_SAMPLES);
    if (new Set(frame).size < 10) continue;
    const place = heard.indexOf(frame, from);
    places.push(place);
    if (place >= 0) from = place + FRAME_SAMPLES;
  }
  return places;
}

/** From the answer to the end. */
const talkedMs = ({ dateAnswered = '', dateCompleted = '' }: SessionInfo): number => Date.parse(dateCompleted) - Date.parse(dateAnswered);

function authorization({ login }: ReadyAccount): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}` };
}

describe.each(['Udp', 'Tcp'] as const)('baresip over %s', (transport) => {
  it('hears the prompt bit for bit', async () => {
    const text = 'Hello. This call proves that a prompt is heard.';
    const { phone, over } = await call(saying(text), {}, transport);
    const session = await over();
    expect(session).toMatchObject({ outcome: 'Completed', callState: 'Disconnected', sipCause: 200 });
    const wav = await phone.heard();
    const prompt = await promptOf(text);
    const places = placesOf(prompt, wav);
    const there = places.filter((place) => place >= 0);
    expect(there.length).toBeGreaterThan(100);
    // A busy machine may make a packet or two come too late for the jitter buffer of baresip.
    expect(there.length / places.length).toBeGreaterThan(0.95);
    const { durationMs, soundMs, loudnessDb } = measureSound(wav);
    expect(durationMs).toBeGreaterThan(prompt.length / 8 + 800);
    expect(durationMs).toBeLessThan(talkedMs(session) + 100);
    expect(soundMs).toBeLessThan(prompt.length / 8);
    expect(loudnessDb).toBeGreaterThan(-22);
    expect(loudnessDb).toBeLessThan(-14);
    expect(await phone.log()).toMatch(new RegExp(`\n${transport.toUpperCase()} [\\d.:]+ -> [\\d.:]+\nINVITE `));
  });

  it('presses keys and the flow takes their branch, which presses keys for baresip', async () => {
    const flow = flowOf({
      ask: ['GatherNode', { Prompt: 'Enter your number.', MaxDigits: 5, Digits: into('Entered'), Done: to('route') }],
      route: ['StringMatchNode', { String: from('Session', 'Entered'), Choices: ['41', '4*2'], '4*2': to('right') }],
      right: ['SendDigitsNode', { Digits: '79*D', Done: to('after') }],
      after: ['WaitNode', { Timeout: 0.2, Done: to('bye') }],
      bye: ['HangUpNode', { Outcome: 'The right branch' }],
    });
    const { phone, over } = await call(flow, {}, transport);
    await phone.seen('CALL_ESTABLISHED');
    for (const key of '4*2#') {
      await phone.command('sndcode', key);
      await delay(200);
    }
    expect(await over()).toMatchObject({ outcome: 'The right branch' });
    const heard = [...(await phone.log()).matchAll(/received event: '(.)' \(end=1\)/g)].map(([, key]) => key);
    expect(heard.join('')).toBe('79*D');
  });

  it('hangs up in the middle of a prompt', async () => {
    const { phone, over } = await call(saying('Nobody hears the end of this. '.repeat(10)), {}, transport);
    await phone.seen('CALL_ESTABLISHED');
    await hearingSound(300, phone);
    await phone.command('hangup');
    const session = await over();
    expect(session).toMatchObject({ outcome: 'CalleeHungUp', callState: 'Disconnected' });
    expect(session.log?.map(({ message }) => message).slice(-2)).toEqual(['Say (SayNode)', 'The callee hung up']);
    // The whole prompt is longer, and a busy machine takes a while to make it.
    expect(talkedMs(session)).toBeLessThan(15_000);
    expect(measureSound(await phone.heard()).soundMs).toBeGreaterThan(100);
  });

  it('refuses the call', async () => {
    const { phone, over } = await call(saying('Nobody hears this.'), { answers: 'manual' }, transport);
    await phone.seen('CALL_INCOMING');
    await phone.command('hangup');
    const session = await over();
    expect(session).toMatchObject({ outcome: 'Busy', sipCause: 486 });
    expect(session.dateAnswered).toBeUndefined();
  });

  it('stops ringing when the session is ended', async () => {
    const { phone, account, id, over } = await call(saying('Nobody hears this.'), { answers: 'manual' }, transport);
    await phone.seen('CALL_INCOMING');
    const { url } = account.login;
    expect((await fetch(`${url}/sessions/${id}`, { method: 'DELETE', headers: authorization(account) })).status).toBe(204);
    await phone.seen('CALL_CLOSED');
    expect(await over()).toMatchObject({ outcome: 'Cancelled' });
  });
});

describe('baresip', () => {
  it('is recorded', async () => {
    const flow = flowOf({
      wait: ['WaitNode', { Timeout: 0.5, Done: to('record') }],
      record: ['RecordNode', { PlayBeep: false, MaxLengthInSeconds: 2, Done: to('bye') }],
      ...bye,
    });
    const { account, over } = await call(flow, { toneHz: 700 });
    const session = await over();
    expect(session.outcome).toBe('Completed');
    const { items } = await account.api.call(ListFiles, { sessionId: session.id ?? '' });
    expect(items).toMatchObject([{ type: 'CallRecording', contentType: 'audio/wav', recordingDuration: 2, sessionId: session.id }]);
    const response = await fetch(new URL(items[0]?.uri ?? '', account.login.url), { headers: authorization(account) });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'audio/wav']);

    const wav = Buffer.from(await response.arrayBuffer());
    expect(wav.length).toBe(items[0]?.contentLength);
    expect(wav.readUInt32LE(4)).toBe(wav.length - 8);
    expect(wav.readUInt32LE(40)).toBe(wav.length - 44);
    expect(wav.length).toBe(44 + 2 * 8000 * 2);
    const middle = samplesOf(wav).subarray(800, 15_200);
    expect(peakAt(700, 8000, middle)).toBeGreaterThan(0.4);
    expect(peakAt(700, 8000, middle) / Math.SQRT2 / rms(middle)).toBeGreaterThan(0.95);
    expect(peakAt(440, 8000, middle)).toBeLessThan(0.01);
  });

  it('holds the call: nothing is sent to it until it resumes', async () => {
    const { phone, over } = await call(flowOf({ wait: ['WaitNode', { Timeout: 4, Done: to('bye') }], ...bye }));
    await phone.seen('CALL_ESTABLISHED');
    await delay(1000);
    await phone.command('hold');
    await delay(HOLD_MS);
    await phone.command('resume');
    const session = await over();
    expect(session.outcome).toBe('Completed');
    await phone.seen('CALL_CLOSED');
    const log = await phone.log();
    const directions = [...log.matchAll(/^a=(sendrecv|sendonly|recvonly|inactive)\r?$/gm)].map(([, direction]) => direction);
    expect(directions).toEqual(['sendrecv', 'sendrecv', 'sendonly', 'recvonly', 'sendrecv', 'sendrecv']);
    const received = Number(/^packets: +\d+ +(\d+)\s*$/m.exec(log)?.[1]);
    const expected = (talkedMs(session) - HOLD_MS) / FRAME_MS;
    expect(received).toBeGreaterThan(expected - 10);
    expect(received).toBeLessThan(expected + 10);
  });
});

describe('baresip with SRTP', () => {
  const flow = flowOf({
    ask: ['GatherNode', { Prompt: 'Enter your number.', MaxDigits: 5, Digits: into('Entered'), Done: to('route') }],
    route: ['StringMatchNode', { String: from('Session', 'Entered'), Choices: ['41', '4*2'], '4*2': to('right') }],
    right: ['SendDigitsNode', { Digits: '79*D', Done: to('record') }],
    record: ['RecordNode', { PlayBeep: false, MaxLengthInSeconds: 1, Done: to('bye') }],
    bye: ['HangUpNode', { Outcome: 'The right branch' }],
  });

  it.each([
    ['Required', 'srtp-mand', 'RTP/SAVP'],
    ['Required', 'srtp', 'RTP/SAVP'],
    ['Optional', 'srtp', 'RTP/AVP'],
  ] as const)('%s here and %s there: hears, presses keys, is heard and recorded', async (srtp, mediaEncryption, protocol) => {
    const { phone, account, over } = await call(flow, { mediaEncryption, toneHz: 700 }, 'Udp', srtp);
    await phone.seen('CALL_ESTABLISHED');
    await delay(1000);
    for (const key of '4*2#') {
      await phone.command('sndcode', key);
      await delay(200);
    }
    const session = await over();
    expect(session).toMatchObject({ outcome: 'The right branch' });
    const { items } = await account.api.call(ListFiles, { sessionId: session.id ?? '' });
    const response = await fetch(new URL(items[0]?.uri ?? '', account.login.url), { headers: authorization(account) });
    expect(peakAt(700, 8000, samplesOf(new Uint8Array(await response.arrayBuffer())).subarray(800, 7_200))).toBeGreaterThan(0.4);
    // The keys cut the question short; a busy machine makes it late.
    expect(measureSound(await phone.heard()).soundMs).toBeGreaterThan(100);
    const log = await phone.log();
    expect([...log.matchAll(/received event: '(.)' \(end=1\)/g)].map(([, key]) => key).join('')).toBe('79*D');
    expect(log).toMatch(new RegExp(`\nm=audio \\d+ ${protocol} 0 8 [ 0-9]*101\r?\n`));
    // Once in our offer, three times, and once in the answer.
    expect(log.match(/^a=crypto:/gm)?.length).toBe(4);
  });

  it('is offered RTP/SAVP when it has refused RTP/AVP with keys', async () => {
    const { phone, over } = await call(saying('This is for your ears only.'), { mediaEncryption: 'srtp-mand' }, 'Udp', 'Optional');
    expect(await over()).toMatchObject({ outcome: 'Completed' });
    expect(measureSound(await phone.heard()).soundMs).toBeGreaterThan(200);
    const log = await phone.log();
    expect([...log.matchAll(/^m=audio \d+ (RTP\/\S+) 0 8/gm)].map(([, protocol]) => protocol)).toEqual(
      expect.arrayContaining(['RTP/AVP', 'RTP/SAVP']),
    );
  });

  it('is called in clear when it has none and SRTP is optional', async () => {
    const { phone, over } = await call(saying('Hello.'), {}, 'Udp', 'Optional');
    expect(await over()).toMatchObject({ outcome: 'Completed' });
    expect(measureSound(await phone.heard()).soundMs).toBeGreaterThan(200);
  });

  it('is not talked to in clear when SRTP is required', async () => {
    const { over } = await call(saying('Hello.'), {}, 'Udp', 'Required');
    expect(await over()).toMatchObject({ outcome: 'Failed', sipCause: 488 });
  });
});
