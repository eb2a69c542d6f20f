import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ListFiles } from '../../src/contracts/files.ts';
import { readWavHeader, readWavMono } from '../../src/telephony/audio/wav.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { flowOf, from, into, to } from '../support/flow-builder.ts';
import { newAccount, numberToDial, type RealServer, realServer, saveFlow, sessionWhen } from '../support/real-server.ts';
import { peakAt, rms } from '../support/sound.ts';

let server: RealServer;
const phones: Baresip[] = [];

beforeAll(async () => {
  server = await realServer();
}, 60_000);

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

afterAll(() => server.remove(), 60_000);

function samplesOf(wav: Uint8Array): Float32Array {
  const header = readWavHeader(wav);
  const samples = new Float32Array(header.frames);
  readWavMono(wav, header, 0, samples);
  return samples;
}

/** Asks for keys, presses some, plays a beep and records what baresip speaks: a tone. */
const flow = flowOf({
  ask: ['GatherNode', { Prompt: 'Enter your number.', MaxDigits: 5, Digits: into('Entered'), Done: to('route') }],
  route: ['StringMatchNode', { String: from('Session', 'Entered'), Choices: ['41', '4*2'], '4*2': to('right') }],
  right: ['SendDigitsNode', { Digits: '79*D', Done: to('record') }],
  record: ['RecordNode', { PlayBeep: true, MaxLengthInSeconds: 2, Done: to('bye') }],
  bye: ['HangUpNode', { Outcome: 'The right branch' }],
});

describe('baresip', () => {
  it.each([['g722', 'G722', 16_000]] as const)(
    'with nothing but %s is heard, hears and presses keys both ways',
    async (name, codec, rate) => {
      const phone = await startBaresip({ user: numberToDial, codecs: [name], toneHz: 700 });
      phones.push(phone);
      const account = await newAccount(server.child, phone.port, { transport: 'Udp' });
      const { id = '' } = await account.api.placeCall({ flowId: await saveFlow(account, flow), numberToDial });
      await phone.seen('CALL_ESTABLISHED');
      await delay(1000);
      for (const key of '4*2#') {
        await phone.command('sndcode', key);
        await delay(200);
      }
      const session = await sessionWhen(account.api, id, ({ ended }) => ended === true);
      expect(session).toMatchObject({ outcome: 'The right branch', mediaReport: { codec, packetsLost: 0, audioReceived: true } });

      const { items } = await account.api.call(ListFiles, { sessionId: id });
      const authorization = `Basic ${Buffer.from(`${account.login.user}:${account.login.password}`).toString('base64')}`;
      const response = await fetch(new URL(items[0]?.uri ?? '', account.login.url), { headers: { authorization } });
      const recorded = samplesOf(new Uint8Array(await response.arrayBuffer())).subarray(1600, 15_200);
      expect(peakAt(700, 8000, recorded)).toBeGreaterThan(0.4);
      expect(peakAt(700, 8000, recorded) / Math.SQRT2 / rms(recorded)).toBeGreaterThan(0.95);

      const heard = await phone.heard();
      expect(readWavHeader(heard).sampleRate).toBe(rate);
      const samples = samplesOf(heard);
      const windows = Array.from({ length: Math.floor(samples.length / 1600) }, (_, index) =>
        samples.subarray(index * 1600, (index + 1) * 1600),
      );
      const beep = Math.max(...windows.map((window) => peakAt(1000, rate, window)));
      expect(beep).toBeGreaterThan(0.2);
      const log = await phone.log();
      expect([...log.matchAll(/received event: '(.)' \(end=1\)/g)].map(([, key]) => key).join('')).toBe('79*D');
    },
  );
});
