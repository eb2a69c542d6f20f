import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ApiClient } from '../../src/cli/api-client.ts';
import type { ServerChild } from '../../src/cli/server-child.ts';
import { PlaceCall } from '../../src/contracts/calls.ts';
import { ListFiles } from '../../src/contracts/files.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { readWavMono } from '../../src/telephony/audio/wav.ts';
import { apiRequest } from '../support/api-request.ts';
import { eventually } from '../support/database.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { newAccount, numberToDial, realPhone, realServer, saveFlow, sessionWhen } from '../support/real-server.ts';
import { peakAt } from '../support/sound.ts';
import { recordingOf } from '../support/stored-recordings.ts';

/** Records what is said until the server dies. */
const flow = flowOf({ record: ['RecordNode', { PlayBeep: true, SilenceTimeoutInSeconds: 600, MaxLengthInSeconds: 600 }] });
const waits = flowOf({ wait: ['WaitNode', { Timeout: 600, Done: to('bye') }], bye: ['HangUpNode'] });
const joins = flowOf({ dial: ['DialNode', { Number: '+18144043111', Record: true, Done: to('bye') }], bye: ['HangUpNode'] });
/** Of audio, in 16 bit. */
const SECOND = 16_000;
const BEEP_MS = 200;

/** Names and sizes of the recordings that are being written. */
async function sizesIn(folder: string): Promise<ReadonlyMap<string, number>> {
  const names = await readdir(folder);
  return new Map(await Promise.all(names.map(async (name) => [name, (await stat(join(folder, name))).size] as const)));
}

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
    const sizes = async (): Promise<number[]> => [...(await sizesIn(folder)).values()];
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

it('so are one that is paused, one in mono, and one of two who are joined', async () => {
  const server = await realServer();
  const phone = await realPhone();
  try {
    const account = await newAccount(server.child, phone.port);
    const { api } = account;
    const [waiting, joining] = [await saveFlow(account, waits), await saveFlow(account, joins)];
    const place = async (flowId: string, isUp: (session: SessionInfo) => boolean): Promise<string> => {
      const { id = '' } = await api.call(PlaceCall, { flowId, numberToDial });
      await sessionWhen(api, id, isUp);
      return id;
    };
    const record = async (id: string, how: object = {}): Promise<void> =>
      expect((await apiRequest(account.login, 'POST', `/sessions/${id}/record`, how)).status).toBe(204);
    const isAnswered = ({ dateAnswered }: SessionInfo): boolean => dateAnswered !== undefined;
    const paused = await place(waiting, isAnswered);
    await record(paused);
    const pausedFromMs = Date.now();
    const mono = await place(waiting, isAnswered);
    await record(mono, { layout: 'Mono' });
    const monoFromMs = Date.now();
    const joined = await place(joining, ({ log = [] }) => log.some(({ message }) => message?.startsWith('Joined with')));
    const joinedFromMs = Date.now();
    const folder = join(server.directory, 'data', 'recordings');
    const sizeOf = async (id: string): Promise<number> => [...(await sizesIn(folder))].find(([name]) => name.startsWith(id))?.[1] ?? 0;
    await eventually(async () => (await sizeOf(paused)) > 4 * SECOND, 30_000);
    await record(paused, { action: 'Pause' });
    const pausedMs = Date.now() - pausedFromMs;
    await eventually(async () => (await sizeOf(mono)) > 5 * SECOND && (await sizeOf(joined)) > 8 * SECOND, 30_000);
    await kill(server.child);
    const killedMs = Date.now();
    const left = await Promise.all([paused, mono, joined].map(sizeOf));

    const again = await server.again();
    const login = { ...account.login, url: again.url };
    const client = new ApiClient(login);
    const cases = [
      { id: paused, channels: 2, lastedMs: pausedMs },
      { id: mono, channels: 1, lastedMs: killedMs - monoFromMs },
      { id: joined, channels: 2, lastedMs: killedMs - joinedFromMs },
    ];
    for (const [index, { id, channels, lastedMs }] of cases.entries()) {
      expect(await sessionWhen(client, id, ({ ended }) => ended === true)).toMatchObject({ outcome: 'ServerLost' });
      const { items } = await client.call(ListFiles, { sessionId: id });
      const [file = {}] = items;
      const { bytes, header, said } = await recordingOf(login, file);
      const durationMs = header.frames / 8;
      expect([items.length, header.channels, bytes.length, said]).toEqual([1, channels, left[index], bytes.length - 44]);
      expect(file).toMatchObject({ type: 'CallRecording', contentLength: left[index], recordingDuration: Math.round(durationMs / 1000) });
      // All but the last two seconds is there, and nothing of a pause.
      expect(durationMs).toBeGreaterThan(lastedMs - 2000);
      expect(durationMs).toBeLessThan(lastedMs + 500);
    }
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await phone.close();
    await server.remove();
  }
}, 180_000);
