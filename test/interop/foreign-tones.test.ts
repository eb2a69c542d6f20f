import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { PlaceCall } from '../../src/contracts/calls.ts';
import type { FlowInfo } from '../../src/contracts/flows.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { startBaresip } from '../support/baresip.ts';
import { flowOf, from, into, to } from '../support/flow-builder.ts';
import { newAccount, numberToDial, type RealServer, realPhone, realServer, saveFlow, sessionWhen } from '../support/real-server.ts';
import { keyFile, sox, spokenPrompts } from '../support/sox.ts';

// Keys in the audio of real calls: ours as multimon-ng hears them, and those of sox as we do.

const KEYS = '0123456789*#ABCD';
/** multimon-ng has letters for the two that are no digits. */
const readByMultimon: Readonly<Record<string, string>> = { E: '*', F: '#' };

let folder: string;
let server: RealServer;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringflow-tones-'));
  server = await realServer();
}, 60_000);
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(async () => {
  await server?.remove();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

async function over(account: ReadyAccount, flow: FlowInfo): Promise<SessionInfo> {
  const { id = '' } = await account.api.call(PlaceCall, { flowId: await saveFlow(account, flow), numberToDial });
  return sessionWhen(account.api, id, ({ ended }) => ended === true);
}

/** What multimon-ng reads in a WAV file, key by key. */
function multimon(file: string): string {
  const printed = execFileSync('multimon-ng', ['-q', '-a', 'DTMF', '-t', 'wav', file], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return [...printed.matchAll(/^DTMF: (.)$/gm)].map(([, key = '']) => readByMultimon[key] ?? key).join('');
}

describe('keys that we send as tones', () => {
  const flow = flowOf({
    before: ['WaitNode', { Timeout: 0.5, Done: to('send') }],
    send: ['SendDigitsNode', { Digits: `${KEYS}w1155`, Done: to('after'), Failed: to('failed') }],
    after: ['WaitNode', { Timeout: 0.5, Done: to('bye') }],
    bye: ['HangUpNode', { Outcome: 'Sent' }],
    failed: ['HangUpNode', { Outcome: 'Failed' }],
  });

  it.each(['PCMU', 'PCMA', 'G722'] as const)(
    'are read by multimon-ng, each once, where the phone has no telephone-events: %s',
    async (codec) => {
      const record = join(folder, `${codec}.wav`);
      const phone = await realPhone({ codecs: [codec], digitsAs: 'only-tones', record });
      closing.push(phone.close);
      const account = await newAccount(server.child, phone.port);
      const session = await over(account, flow);
      expect(session).toMatchObject({ outcome: 'Sent', mediaReport: { codec } });
      await phone.seen('recording');
      expect(multimon(record)).toBe(`${KEYS}1155`);
    },
    60_000,
  );
});

describe('keys that baresip plays as tones of sox, in the middle of human speech', () => {
  const flow = flowOf({
    ask: [
      'GatherNode',
      {
        FinishOnKey: '',
        MaxDigits: 40,
        TimeoutInSeconds: 15,
        InterDigitTimeoutInSeconds: 8,
        Digits: into('Keys'),
        Done: to('bye'),
        NoInput: to('bye'),
      },
    ],
    bye: ['HangUpNode', { Outcome: from('Session', 'Keys') }],
  });

  it('are heard each once, and nothing else is', async () => {
    const keys = [...KEYS].map((key, index) => keyFile(join(folder, `key${index}.wav`), key));
    const [first = '', second = '', last = ''] = spokenPrompts(/(agent-alreadyon|agent-incorrect|confbridge-pin)\.gsm$/);
    const audioFile = join(folder, 'said.wav');
    sox(
      first,
      ...keys.slice(0, 8),
      second,
      ...keys.slice(8),
      last,
      '-r',
      '48000',
      '-c',
      '2',
      '-e',
      'signed',
      '-b',
      '16',
      audioFile,
      'pad',
      '1',
      '12',
    );
    const phone = await startBaresip({ user: numberToDial, audioFile });
    closing.push(phone.close);
    const account = await newAccount(server.child, phone.port, { inbandDigits: 'Always' });
    const session = await over(account, flow);
    expect(session).toMatchObject({ outcome: KEYS, mediaReport: { digits: KEYS.length } });
  }, 90_000);
});
