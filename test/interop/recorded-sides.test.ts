import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PlaceCall } from '../../src/contracts/calls.ts';
import { ListFiles, NewFile } from '../../src/contracts/files.ts';
import { startBaresip } from '../support/baresip.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { loudest } from '../support/heard-tones.ts';
import { newAccount, numberToDial, type RealServer, realServer, saveFlow, sessionWhen } from '../support/real-server.ts';
import { channelsOf } from '../support/recorded-channels.ts';
import { bytesOf } from '../support/stored-recordings.ts';

/** What baresip says, and what is in the file that the flow plays. */
const BARESIP_HZ = 700;
const PLAYED_HZ = 1000;

let server: RealServer;
beforeAll(async () => {
  server = await realServer();
}, 60_000);
afterAll(() => server.remove(), 60_000);

it('the recording of a whole call with baresip has on the left what the flow plays, and on the right the tone of baresip', async () => {
  const phone = await startBaresip({ user: numberToDial, toneHz: BARESIP_HZ });
  try {
    const account = await newAccount(server.child, phone.port);
    const bytes = new Uint8Array(await readFile(new URL('../fixtures/tone-1khz.mp3', import.meta.url)));
    const { id: AudioFile = '' } = await account.api.call(NewFile, { accountId: account.accountId }, { name: 'tone.mp3', bytes });
    const flow = flowOf({ play: ['PlayNode', { AudioFile, Loop: 3, Done: to('bye') }], bye: ['HangUpNode'] });
    const { id = '' } = await account.api.call(PlaceCall, { flowId: await saveFlow(account, flow), numberToDial, record: true });
    const session = await sessionWhen(account.api, id, ({ ended }) => ended === true);
    expect(session.outcome).toBe('Completed');

    const { items } = await account.api.call(ListFiles, { sessionId: id });
    const [file, ...more] = items;
    expect(more).toEqual([]);
    const wav = await bytesOf(account.login, file ?? {});
    expect(wav).toHaveLength(file?.contentLength ?? 0);
    const sides = channelsOf(wav).map((channel) => ({ samples: Float32Array.from(channel, (sample) => sample / 32_768), rate: 8000 }));
    const [sent, heard, ...others] = sides.map((side) => [PLAYED_HZ, BARESIP_HZ].map((hz) => loudest(hz, side)));
    expect(others).toEqual([]);
    expect(sent?.[0]).toBeGreaterThan(0.2);
    expect(heard?.[1]).toBeGreaterThan(0.4);
    // Where such a tone begins or ends within 100 ms, a little is at every frequency.
    expect(sent?.[1]).toBeLessThan(0.1);
    expect(heard?.[0]).toBeLessThan(0.1);
    const lasted = Date.parse(session.dateCompleted ?? '') - Date.parse(session.dateAnswered ?? '');
    expect(Math.abs((sides[0]?.samples.length ?? 0) / 8 - lasted)).toBeLessThan(500);
  } finally {
    await phone.close();
  }
}, 60_000);
