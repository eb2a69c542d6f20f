import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { ApiClient, type ApiLogin } from '../../src/cli/api-client.ts';
import { PlaceCall } from '../../src/contracts/calls.ts';
import { type FileInfo, ListFiles } from '../../src/contracts/files.ts';
import { eventually } from '../support/database.ts';
import { endMediaThreads, withDyingThreads } from '../support/dying-threads.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { loudest } from '../support/heard-tones.ts';
import { newAccount, numberToDial, realPhone, realServer, saveFlow, sessionWhen } from '../support/real-server.ts';
import { channelsOf } from '../support/recorded-channels.ts';
import { recordingOf } from '../support/stored-recordings.ts';

/** Records what is said until the thread dies. */
const records = flowOf({ record: ['RecordNode', { PlayBeep: true, SilenceTimeoutInSeconds: 600, MaxLengthInSeconds: 600 }] });
const short = flowOf({ wait: ['WaitNode', { Timeout: 1, Done: to('bye') }], bye: ['HangUpNode'] });
/** Of audio, in 16 bit. */
const SECOND = 16_000;
const BEEP_MS = 200;
const BEEP_HZ = 1000;
const WITHIN_MS = 30_000;
const ended = (session: { ended?: boolean }): boolean => session.ended === true;

/** Both recordings of a session, the one of the Record node first. */
async function recordingsOf(login: ApiLogin, sessionId: string): Promise<FileInfo[]> {
  const { items } = await new ApiClient(login).call(ListFiles, { sessionId });
  return items.toSorted((one, other) => (one.contentLength ?? 0) - (other.contentLength ?? 0));
}

it('what was recorded of a call whose media thread dies is a file of its session, once, and the session says what has happened', async () => {
  const server = await realServer(withDyingThreads);
  const phone = await realPhone();
  try {
    const account = await newAccount(server.child, phone.port);
    const { id = '' } = await account.api.call(PlaceCall, { flowId: await saveFlow(account, records), numberToDial, record: true });
    const { dateAnswered = '' } = await sessionWhen(account.api, id, (session) => session.dateAnswered !== undefined);
    const folder = join(server.directory, 'data', 'recordings');
    const sizes = async (): Promise<number[]> => {
      const names = await readdir(folder);
      return (await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))).toSorted((one, other) => one - other);
    };
    await eventually(async () => {
      const [smaller = 0, larger = 0, ...more] = await sizes();
      return more.length === 0 && smaller > 2 * SECOND && larger > 4 * SECOND;
    }, WITHIN_MS);
    endMediaThreads(server.child);
    const diedMs = Date.now();

    const session = await sessionWhen(account.api, id, ended);
    expect(session).toMatchObject({ outcome: 'Failed' });
    await phone.seen('bye');
    expect(session.log?.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        'The call could not be recorded to its end: what there is of the recording is kept',
        'The call failed: The media thread of the call has died',
      ]),
    );
    await eventually(async () => (await recordingsOf(account.login, id)).length === 2 && (await sizes()).length === 0, WITHIN_MS);
    const files = await recordingsOf(account.login, id);
    for (const [index, channels] of [1, 2].entries()) {
      const file = files[index] ?? {};
      const { bytes, header, said } = await recordingOf(account.login, file);
      expect([header.channels, bytes.length, said]).toEqual([channels, 44 + header.frames * header.bytesPerFrame, bytes.length - 44]);
      const durationMs = header.frames / 8;
      expect(file).toMatchObject({ contentLength: bytes.length, recordingDuration: Math.round(durationMs / 1000), sessionId: id });
      // All of the call but its last two seconds is there; the Record node begins after its beep.
      const lastedMs = diedMs - Date.parse(dateAnswered) - (channels === 2 ? 0 : BEEP_MS);
      expect(durationMs).toBeGreaterThan(lastedMs - 2000);
      expect(durationMs).toBeLessThan(lastedMs + 200);
      // The beep that we play is on the side of what we send, and nowhere else.
      const beeps = channelsOf(bytes).map((side) => {
        const samples = Float32Array.from(side.subarray(0, 8000), (sample) => sample / 32_768);
        return loudest(BEEP_HZ, { samples, rate: 8000 }) > 0.02;
      });
      expect(beeps).toEqual(channels === 2 ? [true, false] : [false]);
    }

    // The thread that is started in its place takes and records calls.
    const flowId = await saveFlow(account, short);
    const place = (): Promise<string> =>
      account.api.call(PlaceCall, { flowId, numberToDial, record: true }).then((placed) => placed.id ?? '');
    const nextId = await vi.waitFor(place, { timeout: WITHIN_MS, interval: 500 });
    expect(await sessionWhen(account.api, nextId, ended)).toMatchObject({ outcome: 'Completed' });
    expect(await recordingsOf(account.login, nextId)).toMatchObject([{ recordingDuration: 1 }]);

    await server.child.program.stop();
    const { url } = await server.again();
    expect(await recordingsOf({ ...account.login, url }, id)).toEqual(files);
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await phone.close();
    await server.remove();
  }
}, 120_000);
