import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ApiClient } from '../../src/cli/api-client.ts';
import type { ServerChild } from '../../src/cli/server-child.ts';
import { PlaceCall } from '../../src/contracts/calls.ts';
import { ListFiles } from '../../src/contracts/files.ts';
import { readWavMono } from '../../src/telephony/audio/wav.ts';
import { eventually } from '../support/database.ts';
import { flowOf } from '../support/flow-builder.ts';
import { newAccount, numberToDial, realPhone, realServer, saveFlow, sessionWhen } from '../support/real-server.ts';
import { peakAt } from '../support/sound.ts';
import { recordingOf } from '../support/stored-recordings.ts';

/** Records what is said until the server dies. */
const flow = flowOf({ record: ['RecordNode', { PlayBeep: true, SilenceTimeoutInSeconds: 600, MaxLengthInSeconds: 600 }] });
/** Of audio, in 16 bit. */
const SECOND = 16_000;
const BEEP_MS = 200;

const kill = async ({ program }: ServerChild): Promise<void> => {
  process.kill(program.pid, 'SIGKILL');
  await program.ended;
};

it('recordings of a server that is killed are files of their session at the next start, once', async () => {
  const server = await realServer();
  const phone = await realPhone();
  try {
    const account = await newAccount(server.child, phone.port);
    const request = { flowId: await saveFlow(account, flow), numberToDial, record: true };
    const { id = '' } = await account.api.call(PlaceCall, request);
    const { dateAnswered = '' } = await sessionWhen(account.api, id, (session) => session.dateAnswered !== undefined);
    const folder = join(server.directory, 'data', 'recordings');
    const sizes = async (): Promise<number[]> => {
      const names = await readdir(folder);
      return Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
    };
    await eventually(async () => {
      const found = await sizes();
      return found.length === 2 && Math.min(...found) > 2 * SECOND && Math.max(...found) > 4 * SECOND;
    }, 30_000);
    await kill(server.child);
    const killedMs = Date.now();
    const left = (await sizes()).toSorted((one, other) => one - other);

    for (let start = 0; start < 2; start++) {
      const again = await server.again();
      const login = { ...account.login, url: again.url };
      const api = new ApiClient(login);
      expect(await sessionWhen(api, id, ({ ended }) => ended === true)).toMatchObject({ outcome: 'ServerLost' });
      const { items } = await api.call(ListFiles, { sessionId: id });
      const files = items.toSorted((one, other) => (one.contentLength ?? 0) - (other.contentLength ?? 0));
      expect(files.map(({ contentLength }) => contentLength)).toEqual(left);
      expect(await readdir(folder)).toEqual([]);
      for (const [index, channels] of [1, 2].entries()) {
        const file = files[index] ?? {};
        const { bytes, header, said } = await recordingOf(login, file);
        expect(bytes).toHaveLength(left[index] ?? 0);
        expect([header.channels, said, 44 + header.frames * header.bytesPerFrame]).toEqual([channels, bytes.length - 44, bytes.length]);
        expect(file).toMatchObject({ type: 'CallRecording', sessionId: id, recordingDuration: Math.round(header.frames / 8000) });
        const samples = new Float32Array(Math.min(header.frames, 8000));
        readWavMono(bytes, header, 0, samples);
        // All of the call but its last two seconds is there; the Record node begins after its beep.
        const began = Date.parse(dateAnswered) + (channels === 2 ? 0 : BEEP_MS);
        expect(header.frames / 8).toBeGreaterThan(killedMs - began - 2000);
        // What we play is heard in the recording of the whole call.
        const beep = Math.max(...[0, 800, 1600, 2400].map((from) => peakAt(1000, 8000, samples.subarray(from, from + 1600))));
        expect(beep > 0.02).toBe(channels === 2);
      }
      await kill(again);
    }
  } finally {
    await phone.close();
    await server.remove();
  }
}, 180_000);
