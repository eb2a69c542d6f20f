import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callWorld, manager, nothingLeft, numberToDial } from '../support/call-world.ts';
import { eventually } from '../support/database.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { keptRecordings } from '../support/kept-recordings.ts';
import { type Person, partyPhones } from '../support/party-phones.ts';
import { channelsOf, sampleOf } from '../support/recorded-channels.ts';
import { OTHER_MUSIC } from '../support/spoken-tones.ts';

const FRIEND = '+18144043111';
/** Mu-law codes: of the callee, of the friend, and of what `OTHER_MUSIC` is. */
const CALLEE_SAYS = 0xc0;
const FRIEND_SAYS = 0xd0;
const PLAYED = 9;
const SILENCE = 0xff;
const PER_MS = 8;
/** Two seconds are played when the last frame of them begins. */
const PLAYED_MS = 1980;
const QUIET_MS = 1000;
/** What a packet needs on its way, and the part of a frame in which something begins. */
const EDGE_MS = 60;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringflow-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Everything that is in a channel from one moment of the recording to another, each value once. */
const valuesOf = (channel: Int16Array | undefined, fromMs: number, untilMs: number): number[] => [
  ...new Set(channel?.subarray((fromMs + EDGE_MS) * PER_MS, (untilMs - EDGE_MS) * PER_MS)),
];

/** One call that the flow ends, of which one recording is kept: its channels, and how long it is. The file is written in real time. */
async function recorded(name: string, flow: ReturnType<typeof flowOf>, record: boolean, people: Readonly<Record<string, Person>> = {}) {
  const path = join(folder, `${name}.wav`);
  const { recordings, saved } = keptRecordings(path);
  const world = callWorld({ flow, phoneIsThere: false, recordings });
  const phones = partyPhones(world, { [numberToDial]: { answerAfterMs: 100, says: CALLEE_SAYS }, ...people });
  const { id = '' } = await world.service.place(manager, { flowId: 'flow-1', numberToDial, record });
  const session = world.sessions.get(id);
  await eventually(async () => {
    await world.clock.advance(100);
    return session?.endedAtMs !== undefined;
  });
  const left = await world.finish();
  await phones.close();
  expect({ ...left, ports: (left.ports ?? 0) - phones.calls.length - 1 }).toEqual(nothingLeft);
  expect(saved).toHaveLength(1);
  const wav = await readFile(path);
  const channels = channelsOf(wav);
  const durationMs = saved[0]?.durationMs ?? 0;
  expect([wav.length, saved[0]?.bytes]).toEqual([44 + durationMs * PER_MS * 2 * channels.length, wav.length]);
  return { channels, durationMs };
}

const plays = { play: ['PlayNode', { AudioFile: OTHER_MUSIC, Loop: 2, Done: to('quiet') }] } as const;
const quiet = { quiet: ['WaitNode', { Timeout: 1, Done: to('bye') }], bye: ['HangUpNode'] } as const;

describe('the recording of a whole call', () => {
  it('has on the left what we send and on the right what we hear, from the answer to the end', async () => {
    const { channels, durationMs } = await recorded('stereo', flowOf({ ...plays, ...quiet }), true);
    const [sent, heard, ...more] = channels;
    expect(durationMs).toBe(PLAYED_MS + QUIET_MS);
    expect(more).toEqual([]);
    expect(valuesOf(sent, 0, PLAYED_MS)).toEqual([sampleOf(PLAYED)]);
    expect(valuesOf(sent, PLAYED_MS, durationMs)).toEqual([sampleOf(SILENCE)]);
    expect(valuesOf(heard, 0, durationMs)).toEqual([sampleOf(CALLEE_SAYS)]);
  });

  it('has the sum of both in its one channel when it is mono', async () => {
    const flow = flowOf({ start: ['StartRecordingNode', { Layout: 'Mono', Done: to('play') }], ...plays, ...quiet });
    const { channels, durationMs } = await recorded('mono', flow, false);
    const [both, ...more] = channels;
    expect(durationMs).toBe(PLAYED_MS + QUIET_MS);
    expect(more).toEqual([]);
    expect(valuesOf(both, 0, PLAYED_MS)).toEqual([sampleOf(PLAYED) + sampleOf(CALLEE_SAYS)]);
    expect(valuesOf(both, PLAYED_MS, durationMs)).toEqual([sampleOf(SILENCE) + sampleOf(CALLEE_SAYS)]);
  });

  it.each([
    ['Stereo', [[FRIEND_SAYS], [CALLEE_SAYS]]],
    ['Mono', [[FRIEND_SAYS, CALLEE_SAYS]]],
  ] as const)('has what another party says, who is joined with the callee, as what we send: %s', async (layout, codes) => {
    const flow = flowOf({
      start: ['StartRecordingNode', { Layout: layout, Done: to('dial') }],
      dial: ['DialNode', { Number: FRIEND, Done: to('quiet'), NoAnswer: to('bye'), Failed: to('bye') }],
      ...quiet,
    });
    const people = { [FRIEND]: { answerAfterMs: 500, says: FRIEND_SAYS, hangUpAfterMs: 2500 } };
    const { channels, durationMs } = await recorded(`dialled-${layout}`, flow, false, people);
    expect(durationMs).toBeGreaterThan(3900);
    expect(durationMs).toBeLessThan(4100);
    const sums = codes.map((summands) => summands.reduce((sum, code) => sum + sampleOf(code), 0));
    expect(channels.map((channel) => valuesOf(channel, 600, 2900))).toEqual(sums.map((sum) => [sum]));
    // The friend has hung up: what is left is the callee, in the last of the channels.
    expect(valuesOf(channels.at(-1), 3100, durationMs)).toEqual([sampleOf(CALLEE_SAYS)]);
  });
});
