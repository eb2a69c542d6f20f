import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { PlaceCall } from '../../src/contracts/calls.ts';
import { ListFiles, NewFile } from '../../src/contracts/files.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { type Baresip, startBaresip } from './baresip.ts';
import { flowOf, to } from './flow-builder.ts';
import { type Heard, hearing, loudest, momentsOf } from './heard-tones.ts';
import { inTurn } from './over-bad-networks.ts';
import { newAccount, numberToDial, type RealServer, saveFlow, sessionWhen } from './real-server.ts';
import { channelsOf } from './recorded-channels.ts';
import { peakAt } from './sound.ts';
import { bytesOf } from './stored-recordings.ts';

/** What baresip says, and what is in the file that the flow plays. */
const BARESIP_HZ = 700;
const PLAYED_HZ = 1000;
/** Of a recording, from the answer to the end of the call. */
const MOST_OF_IT = 0.8;

/** baresip that says a tone, for `expectSidesRecorded`. */
export const saysTone = (): Promise<Baresip> => inTurn(() => startBaresip({ user: numberToDial, toneHz: BARESIP_HZ }));

/**
 * Calls baresip, which the server reaches at `port`, plays to it and records the whole call. Its recording must have on the left what was
 * played, on the right what baresip said, and last as long as the call. When baresip has heard what is played comes `meanwhile`. Answers the
 * session.
 */
export async function expectSidesRecorded(
  { child }: RealServer,
  phone: Baresip,
  { port, meanwhile }: { readonly port: number; readonly meanwhile?: () => Promise<void> },
): Promise<SessionInfo> {
  const account = await newAccount(child, port);
  const bytes = new Uint8Array(await readFile(new URL('../fixtures/tone-1khz.mp3', import.meta.url)));
  // The server prepares few files at a time.
  const { id: AudioFile = '' } = await inTurn(() =>
    account.api.call(NewFile, { accountId: account.accountId }, { name: 'tone.mp3', bytes }),
  );
  const flow = flowOf({ play: ['PlayNode', { AudioFile, Loop: 3, Done: to('bye') }], bye: ['HangUpNode'] });
  const { id = '' } = await account.api.call(PlaceCall, { flowId: await saveFlow(account, flow), numberToDial, record: true });
  await hearing(PLAYED_HZ, phone);
  await meanwhile?.();
  const session = await sessionWhen(account.api, id, ({ ended }) => ended === true);
  expect(session.outcome).toBe('Completed');

  const { items } = await account.api.call(ListFiles, { sessionId: id });
  const [file, ...more] = items;
  expect(more).toEqual([]);
  const wav = await bytesOf(account.login, file ?? {});
  expect(wav).toHaveLength(file?.contentLength ?? 0);
  const sides = channelsOf(wav).map((channel) => ({ samples: Float32Array.from(channel, (sample) => sample / 32_768), rate: 8000 }));
  const [sent, heard, ...others] = sides;
  if (!sent || !heard) throw new Error('A side is missing');
  expect(others).toEqual([]);
  expect(loudest(PLAYED_HZ, sent)).toBeGreaterThan(0.2);
  expect(loudest(BARESIP_HZ, heard)).toBeGreaterThan(0.4);
  // Where such a tone begins or ends within 100 ms, a little is at every frequency.
  expect(loudest(BARESIP_HZ, sent)).toBeLessThan(0.1);
  expect(loudest(PLAYED_HZ, heard)).toBeLessThan(0.1);
  expect(partWith(PLAYED_HZ, sent)).toBeGreaterThan(MOST_OF_IT);
  expect(partWith(BARESIP_HZ, heard)).toBeGreaterThan(MOST_OF_IT);
  const lasted = Date.parse(session.dateCompleted ?? '') - Date.parse(session.dateAnswered ?? '');
  expect(Math.abs(sent.samples.length / 8 - lasted)).toBeLessThan(500);
  return session;
}

/** In how much of it this tone is. */
function partWith(hz: number, heard: Heard): number {
  const moments = momentsOf(heard);
  return moments.filter(({ samples, rate }) => peakAt(hz, rate, samples) > 0.1).length / moments.length;
}
