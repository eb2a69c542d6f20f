import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Recordings } from '../../src/flow/flow-host.ts';
import { readWavHeader } from '../../src/telephony/audio/wav.ts';
import { callWorld, manager, nothingLeft, numberToDial, stranger } from '../support/call-world.ts';
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
      leave: () => {},
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
    expect(session?.lines).toContain('The call could not be recorded to its end: what there is of the recording is kept');
    expect(await world.finish()).toEqual(nothingLeft);
  });
});

describe('a recording by request', () => {
  const speaks = flowOf({ wait: ['WaitNode', { Timeout: 8, Done: to('bye') }], bye: ['HangUpNode'] });

  it('begins, pauses, goes on and ends while the call is on, as files of its session', async () => {
    const { recordings, saved } = keptIn('request');
    const world = callWorld({ flow: speaks, recordings });
    const session = await world.call();
    const sessionId = session.row.id;
    const record = (action?: 'Start' | 'Stop' | 'Pause' | 'Resume', layout?: 'Mono') =>
      world.service.live.record(manager, { sessionId, ...(action && { action }), ...(layout && { layout }) });
    await expect(record()).rejects.toMatchObject({ code: 'CONFLICT' });
    await world.clock.advance(2000);
    await expect(record('Stop')).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(world.service.live.record(stranger, { sessionId })).rejects.toBeInstanceOf(Error);
    await record();
    await record();
    await world.clock.advance(1000);
    await record('Pause');
    await world.clock.advance(500);
    await record('Resume');
    await world.clock.advance(500);
    await record('Stop');
    expect(saved.map(({ durationMs, bytes }) => [durationMs, bytes])).toEqual([[1500, 44 + 1500 * 32]]);
    await record('Start', 'Mono');
    await world.clock.advance(1000);
    await eventually(async () => {
      await world.clock.advance(100);
      return session.endedAtMs !== undefined;
    });
    expect(saved).toHaveLength(2);
    expect(readWavHeader(await readFile(saved[1]?.path ?? ''))).toMatchObject({ channels: 1 });
    expect(session.lines.filter((line) => line === 'The call is recorded by request')).toHaveLength(2);
    await expect(record()).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('that cannot be written is told in the answer to Stop', async () => {
    const { recordings } = keptIn(join('no-such-folder', 'y'));
    const world = callWorld({ flow: speaks, recordings });
    const session = await world.call();
    const sessionId = session.row.id;
    await world.clock.advance(2000);
    await world.service.live.record(manager, { sessionId });
    const stopped = world.service.live.record(manager, { sessionId, action: 'Stop' });
    await expect(stopped).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(session.lines).toContain('The call could not be recorded to its end: what there is of the recording is kept');
    expect(await world.over(session)).toBe(true);
    expect(session.outcome).toBe('Completed');
    expect(await world.finish()).toEqual(nothingLeft);
  });
});

describe('a disk that is full', () => {
  it('costs a call its recordings, and nothing else', async () => {
    const flow = flowOf({
      record: [
        'RecordNode',
        { PlayBeep: false, SilenceTimeoutInSeconds: 3, Done: to('kept'), NoRecording: to('kept'), Failed: to('wait') },
      ],
      kept: ['HangUpNode', { Outcome: 'Kept' }],
      wait: ['WaitNode', { Timeout: 1, Done: to('bye') }],
      bye: ['HangUpNode', { Outcome: 'Went on' }],
    });
    const saved: Saved[] = [];
    // Every write to it fails as on a full disk.
    const left: string[] = [];
    const recordings = {
      newPath: () => '/dev/full',
      leave: (path: string) => left.push(path),
      save: async (one: Saved) => `file-${saved.push(one)}`,
      discard: async () => {},
    };
    const world = callWorld({ flow, recordings });
    const { id } = await world.service.place(manager, { flowId: 'flow-1', numberToDial, record: true });
    const session = world.sessions.get(id ?? '');
    await eventually(async () => {
      await world.clock.advance(100);
      return session?.endedAtMs !== undefined;
    });
    expect(session?.outcome).toBe('Went on');
    // What there is of both, to be stored when the disk has room.
    expect([saved, left]).toEqual([[], ['/dev/full', '/dev/full']]);
    const lines = session?.lines ?? [];
    // At once, and not at the end of the call.
    expect(lines.indexOf('The call could not be recorded to its end: what there is of the recording is kept')).toBeLessThan(
      lines.findIndex((line) => line.startsWith('Record failed')),
    );
    expect(lines).toContain('The call could not be recorded to its end: what there is of the recording is kept');
    expect(session?.lines).toContainEqual(expect.stringMatching(/^Record failed: ENOSPC/));
    expect(await world.finish()).toEqual(nothingLeft);
  });
});
