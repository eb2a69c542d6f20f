import { describe, expect, it } from 'vitest';
import { silentLogger } from '../kernel/log.ts';
import type { AnsweredCall } from '../telephony/port.ts';
import { SessionRecording } from './session-recording.ts';

type Recorded = Awaited<ReturnType<AnsweredCall['recordCall']>>;

/** The recordings of a call whose files are complete, or fail, when the test says so. */
function recording() {
  const asked: string[] = [];
  const notes: string[] = [];
  const files: { complete(recorded: Recorded): void; fail(): void }[] = [];
  const saving: (() => void)[] = [];
  const left: string[] = [];
  const recordings = new SessionRecording({
    sessionId: 'session-1',
    call: {
      recordCall: (path, layout) => {
        asked.push(`${path} ${layout}`);
        return new Promise((complete, reject) => files.push({ complete, fail: () => reject(new Error('the disk is full')) }));
      },
      controlRecording: (action) => asked.push(action),
    },
    recordings: {
      newPath: () => `file-${files.length + 1}`,
      leave: (path) => left.push(path),
      save: ({ path }) => new Promise((resolve) => saving.push(() => resolve(`id of ${path}`))),
    },
    note: (message) => notes.push(message),
    log: silentLogger,
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { recordings, asked, notes, files, saving, left, turn };
}

describe('the recording of a call', () => {
  it('goes on as it is when it is begun or paused again', () => {
    const { recordings, asked, notes } = recording();
    recordings.pause();
    for (const layout of ['stereo', 'mono'] as const) recordings.start(layout);
    expect([recordings.state, asked]).toEqual(['on', ['file-1 stereo']]);
    recordings.pause();
    recordings.pause();
    expect([recordings.state, asked.slice(1)]).toEqual(['paused', ['pause']]);
    recordings.start('mono');
    recordings.start('mono');
    expect([recordings.state, asked.slice(2)]).toEqual(['on', ['resume']]);
    expect(notes).toEqual(['The recording of the call pauses', 'The recording of the call goes on']);
  });

  it('that fails makes way for another', async () => {
    const { recordings, asked, notes, files, left, turn } = recording();
    recordings.start('stereo');
    files[0]?.fail();
    await turn();
    expect([recordings.state, notes]).toEqual([
      'none',
      ['The call could not be recorded to its end: what there is of the recording is kept'],
    ]);
    expect(left).toEqual(['file-1']);
    await expect(recordings.stop()).rejects.toThrow('the disk is full');
    expect(await recordings.stop()).toBeUndefined();
    recordings.start('mono');
    expect([recordings.state, asked]).toEqual(['on', ['file-1 stereo', 'file-2 mono']]);
  });

  it('that failed is forgotten when another has begun: who stops that gets it', async () => {
    const { recordings, asked, files, saving, turn } = recording();
    recordings.start('stereo');
    files[0]?.fail();
    await turn();
    recordings.start('stereo');
    const stopped = recordings.stop();
    expect(asked.at(-1)).toBe('stop');
    files[1]?.complete({ path: 'file-2', durationMs: 1000, bytes: 32_044 });
    await turn();
    saving[0]?.();
    expect(await stopped).toEqual({ fileId: 'id of file-2', durationMs: 1000 });
    expect(recordings.state).toBe('none');
  });

  it('says what the disk was too slow for', async () => {
    const { recordings, notes, files, left, turn } = recording();
    recordings.start('stereo');
    files[0]?.complete({ path: 'file-1', durationMs: 60_000, bytes: 1, lostMs: 2400 });
    await turn();
    expect(notes).toEqual(['The disk was too slow: 2.4 s of the recording of the call are silence']);
    expect(left).toEqual([]);
  });

  it('is not touched by one before it that fails late', async () => {
    const { recordings, files, turn } = recording();
    recordings.start('stereo');
    const stopped = recordings.stop();
    recordings.start('stereo');
    files[0]?.fail();
    await expect(stopped).rejects.toThrow('the disk is full');
    await turn();
    expect(recordings.state).toBe('on');
  });

  it('is waited for until it is stored', async () => {
    const { recordings, files, saving, turn } = recording();
    recordings.start('stereo');
    let isSettled = false;
    const settled = recordings.settled().then(() => {
      isSettled = true;
    });
    files[0]?.complete({ path: 'file-1', durationMs: 1000, bytes: 32_044 });
    await turn();
    expect([saving.length, isSettled]).toEqual([1, false]);
    saving[0]?.();
    await settled;
  });
});
