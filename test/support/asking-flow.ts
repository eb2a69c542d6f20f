import { expect } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { ListFiles, NewFile } from '../../src/contracts/files.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { flowOf, from, into, to } from './flow-builder.ts';
import { fromNowOn, type HearingPhone, hearing, hearingSound, loudest, samplesOf } from './heard-tones.ts';
import { inTurn } from './over-bad-networks.ts';
import { latestSession, saveFlow } from './real-server.ts';
import type { ServedScene } from './served-over-bad-networks.ts';
import { buildWav, pcm16, sine } from './sound.ts';
import { bytesOf } from './stored-recordings.ts';

/** Keys of who calls, and of the flow. */
export const KEYS = '123';
export const FLOW_KEYS = '79*D';
/** What a phone says to be heard. */
export const PHONE_HZ = 700;
/** What the flow says. */
export const FLOW_HZ = 1000;
/** A phone buffers less of what came before. */
const MOVED_MS = 1000;
/** Packets of some that are late when the call is over. */
const UNDER_WAY = 10;
const tone = new Uint8Array(buildWav({ data: pcm16(sine(FLOW_HZ, 8000, 30)) }));

/** Saves a flow that plays a tone until keys are pressed, records, and presses keys itself; then this one hangs up. Answers its id. */
export async function askingFlow(account: ReadyAccount, hangsUp: 'caller' | 'server'): Promise<string> {
  const { accountId, api } = account;
  // The server prepares few files at a time.
  const { id: PromptAudio = '' } = await inTurn(() => api.call(NewFile, { accountId }, { name: 'tone.wav', bytes: tone }));
  const keys = { PromptAudio, MaxDigits: KEYS.length, InterDigitTimeoutInSeconds: 10, Digits: into('Entered') };
  const flow = flowOf({
    ask: ['GatherNode', { ...keys, Done: to('record') }],
    record: ['RecordNode', { PlayBeep: false, MaxLengthInSeconds: 3, Done: to('keys') }],
    keys: ['SendDigitsNode', { Digits: FLOW_KEYS, Done: to('wait') }],
    // Its last key may be late.
    wait: ['WaitNode', { Timeout: hangsUp === 'caller' ? 60 : 1, Done: to('bye') }],
    bye: ['HangUpNode', { Outcome: from('Session', 'Entered') }],
  });
  return saveFlow(account, flow);
}

/** The phone hears the flow, also when its own audio goes on from other ports. */
export async function hearsFlow({ network, line }: ServedScene, phone: HearingPhone): Promise<void> {
  await hearing(FLOW_HZ, phone);
  if (network !== 'rebinds') return;
  const later = await fromNowOn(phone);
  await line.rebindMedia();
  await hearingSound(MOVED_MS, later);
}

/** Answers the session of the call, once that is over: it says how the call went, and its recording has the tone of the phone. */
export async function askedSession(
  { network, line }: ServedScene,
  account: ReadyAccount,
  expected: Partial<SessionInfo>,
): Promise<SessionInfo> {
  const session = await latestSession(account, ({ ended }) => ended === true);
  expect(session).toMatchObject({ direction: 'inbound', ...expected });
  const { mediaReport = {} } = session;
  expect(mediaReport).toMatchObject({ audioReceived: true, oneWayAudio: false, digits: KEYS.length });
  if (network === 'rebinds') expect(mediaReport.sourceMoves).toBe(1);
  else expect(mediaReport.packetsLost).toBeLessThanOrEqual(line.media.lost + UNDER_WAY);
  const { items } = await account.api.call(ListFiles, { sessionId: session.id ?? '', type: 'CallRecording' });
  expect(loudest(PHONE_HZ, samplesOf(await bytesOf(account.login, items[0] ?? {})))).toBeGreaterThan(0.2);
  return session;
}
