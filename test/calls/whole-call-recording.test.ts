import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Recordings } from '../../src/flow/flow-host.ts';
import { readWavHeader } from '../../src/telephony/audio/wav.ts';
import { callWorld, manager, nothingLeft, numberToDial } from '../support/call-world.ts';
import { eventually } from '../support/database.ts';
import { flowOf, to } from '../support/flow-builder.ts';

type Saved = Parameters<Recordings['save']>[0];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringflow-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Recordings that are kept where they were written. */
function keptIn(name: string): { recordings: Recordings; saved: Saved[] } {
  const saved: Saved[] = [];
  let paths = 0;
  return {
    saved,
    recordings: {
      newPath: () => join(folder, `${name}-${++paths}.wav`),
      save: async (recorded) => `file-${saved.push(recorded)}`,
      discard: async () => {},
    },
  };
}

/** Runs a flow on one call until it is over. Files are written in real time. */
async function call(name: string, flow: ReturnType<typeof flowOf>, record: boolean) {
  const { recordings, saved } = keptIn(name);
  const world = callWorld({ flow, recordings });
  const { id } = await world.service.place(manager, { flowId: 'flow-1', numberToDial, record });
  const session = world.sessions.get(id ?? '');
  await eventually(async () => {
    await world.clock.advance(100);
    return session?.endedAtMs !== undefined;
  });
  const headers = await Promise.all(saved.map(async ({ path }) => readWavHeader(await readFile(path))));
  return { world, session, saved, headers };
}

const twice = flowOf({
  start: ['StartRecordingNode', { Layout: 'Mono', Done: to('talk') }],
  talk: ['WaitNode', { Timeout: 1, Done: to('pause') }],
  pause: ['PauseRecordingNode', { Done: to('card') }],
  card: ['WaitNode', { Timeout: 5, Done: to('again') }],
  again: ['StartRecordingNode', { Done: to('more') }],
  more: ['WaitNode', { Timeout: 0.5, Done: to('stop') }],
  stop: ['StopRecordingNode', { Done: to('next') }],
  next: ['StartRecordingNode', { Layout: 'Stereo', Done: to('rest') }],
  rest: ['WaitNode', { Timeout: 2, Done: to('bye') }],
  bye: ['HangUpNode'],
});

describe('the recording of a whole call', () => {
  it('begins, pauses, goes on and ends as the flow says, several in turn', async () => {
    const { world, session, saved, headers } = await call('twice', twice, false);
    expect(saved.map(({ durationMs }) => durationMs)).toEqual([1500, 2000]);
    expect(saved.map(({ bytes }) => bytes)).toEqual([44 + 1500 * 16, 44 + 2000 * 32]);
    expect(headers).toMatchObject([
      { channels: 1, frames: 12_000 },
      { channels: 2, frames: 16_000 },
    ]);
    expect(session?.lines).toEqual(expect.arrayContaining(['The recording of the call pauses', 'The recording of the call goes on']));
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('that the call was placed with is the one that the flow pauses and ends', async () => {
    const flow = flowOf({
      pause: ['PauseRecordingNode', { Done: to('card') }],
      card: ['WaitNode', { Timeout: 3, Done: to('again') }],
      again: ['StartRecordingNode', { Done: to('more') }],
      more: ['WaitNode', { Timeout: 1, Done: to('stop') }],
      stop: ['StopRecordingNode', { Done: to('unheard') }],
      unheard: ['WaitNode', { Timeout: 2, Done: to('bye') }],
      bye: ['HangUpNode'],
    });
    const { world, saved, headers } = await call('option', flow, true);
    expect(saved.map(({ durationMs }) => durationMs)).toEqual([1000]);
    expect(headers).toMatchObject([{ channels: 2, frames: 8000 }]);
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('that cannot be written costs the call nothing, and another may begin', async () => {
    const flow = flowOf({
      start: ['StartRecordingNode', { Done: to('wait') }],
      wait: ['WaitNode', { Timeout: 1, Done: to('stop') }],
      stop: ['StopRecordingNode', { Done: to('bye'), NoRecording: to('bye'), Failed: to('lost') }],
      bye: ['HangUpNode', { Outcome: 'Kept' }],
      lost: ['HangUpNode', { Outcome: 'Lost' }],
    });
    const { world, session, saved } = await call(join('no-such-folder', 'x'), flow, false);
    expect(saved).toEqual([]);
    expect(session?.outcome).toBe('Lost');
    expect(session?.lines).toContain('The call could not be recorded');
    expect(await world.finish()).toEqual(nothingLeft);
  });
});
