import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/database.ts';
import { freshId } from '../../test/support/sessions.ts';
import type { NewRecording } from '../directory/files.ts';
import { AppError } from '../kernel/errors.ts';
import { silentLogger } from '../kernel/log.ts';
import { seededRandom } from '../kernel/random.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import type { StoredSession } from '../store/session-reader.ts';
import { wavHeader } from '../telephony/audio/wav.ts';
import { LeftRecordings } from './left-recordings.ts';
import { RecordingFolder, recordingAt } from './recording-folder.ts';

let path = '';
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'ringflow-test-'));
});
afterEach(() => rm(path, { recursive: true }));

const US = 'us';

/** A folder with recordings of a second each, and the sessions that they are of. */
async function scene() {
  const clock = new VirtualClock();
  const folder = await RecordingFolder.open(path, { clock, random: seededRandom(3) });
  const sessions = new Map<string, StoredSession>();
  const saved: NewRecording[] = [];
  const errors: unknown[] = [];
  const state = { away: false };
  const left = new LeftRecordings({
    folder,
    sessions: {
      find: async (id) => {
        if (state.away) throw new AppError('STORE_UNAVAILABLE', { seconds: 1 });
        return sessions.get(id);
      },
    },
    files: {
      saveRecording: async (recording) => {
        saved.push(recording);
        await rm(recording.path);
      },
    },
    clock,
    log: { ...silentLogger, error: (fields) => errors.push(fields) },
  });
  return {
    clock,
    left,
    saved,
    errors,
    state,
    sessions,
    async recording(owner: string, ended: boolean, seconds = 1) {
      const id = freshId();
      sessions.set(id, storedSession(id, owner, ended));
      const file = folder.newPath(id);
      await writeFile(file, Buffer.concat([wavHeader(8000, 0, 2), Buffer.alloc(seconds * 32_000, 7)]));
      return { id, file };
    },
  };
}

const storedSession = (id: string, owner: string, ended: boolean): StoredSession => ({
  info: { id, ended, accountId: 'account-1' },
  owner,
  epoch: 1,
});

describe('recordings that were left', () => {
  it('are stored with what is in them when their session is over', async () => {
    const { clock, left, saved, recording } = await scene();
    const [one, other] = [await recording('gone', true), await recording(US, true, 3)];
    await left.start();
    expect(saved.toSorted((a, b) => a.bytes - b.bytes)).toEqual([
      { id: recordingAt(one.file)?.fileId, accountId: 'account-1', sessionId: one.id, path: one.file, durationMs: 1000, bytes: 32_044 },
      {
        id: recordingAt(other.file)?.fileId,
        accountId: 'account-1',
        sessionId: other.id,
        path: other.file,
        durationMs: 3000,
        bytes: 96_044,
      },
    ]);
    expect(clock.pendingTimers).toBe(0);
    await left.close();
  });

  it('stay as long as somebody carries the session, and are stored when it is over', async () => {
    const { clock, left, saved, sessions, recording } = await scene();
    const [lives, killed] = [await recording('elsewhere', false), await recording('killed', false)];
    await left.start();
    expect(saved).toEqual([]);
    sessions.set(killed.id, storedSession(killed.id, US, true));
    await clock.advance(10_000);
    await eventually(() => saved.length > 0);
    expect(saved.map(({ sessionId }) => sessionId)).toEqual([killed.id]);
    await eventually(() => clock.pendingTimers === 1);
    await left.close();
    expect(clock.pendingTimers).toBe(0);
    expect((await readdir(path)).map((name) => join(path, name))).toEqual([lives.file]);
  });

  it('are taken care of too when they could not be stored in time', async () => {
    const { clock, left, saved, sessions, recording } = await scene();
    await left.start();
    const { id, file } = await recording(US, false);
    const unsaved = recordingAt(file);
    if (unsaved) left.add(unsaved);
    sessions.set(id, storedSession(id, US, true));
    await clock.advance(10_000);
    await eventually(() => saved.length > 0);
    expect(saved[0]).toMatchObject({ sessionId: id, durationMs: 1000 });
    await left.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('wait for the database', async () => {
    const { clock, left, saved, state, errors, recording } = await scene();
    await recording('gone', true);
    state.away = true;
    await left.start();
    state.away = false;
    await clock.advance(10_000);
    await eventually(() => saved.length > 0);
    expect([saved.length, errors]).toEqual([1, []]);
    await left.close();
  });

  it('are removed when there is nothing in them, and else never', async () => {
    const { left, saved, errors, sessions, recording } = await scene();
    await recording('gone', true, 0);
    const unknown = await recording('gone', true);
    sessions.delete(unknown.id);
    const damaged = await recording('gone', true);
    await writeFile(damaged.file, 'x'.repeat(100));
    await writeFile(join(path, 'notes.txt'), 'mine');
    await left.start();
    expect(saved).toEqual([]);
    expect(errors).toHaveLength(2);
    expect((await readdir(path)).map((name) => join(path, name)).sort()).toEqual(
      [unknown.file, damaged.file, join(path, 'notes.txt')].sort(),
    );
    await left.close();
  });

  it('are no error when they were stored meanwhile', async () => {
    const { left, saved, errors, sessions, recording } = await scene();
    const { id, file } = await recording('gone', true);
    const ended = sessions.get(id);
    sessions.get = (asked) => {
      rmSync(file, { force: true });
      return asked === id ? ended : undefined;
    };
    await left.start();
    expect([saved, errors]).toEqual([[], []]);
    await left.close();
  });

  it('wait for the next server when this one closes', async () => {
    const { clock, left, saved, sessions, recording } = await scene();
    const recordings = [await recording('gone', true), await recording('gone', true), await recording(US, false)];
    const unsaved = recordings.flatMap(({ file }) => recordingAt(file) ?? []);
    const find = sessions.get.bind(sessions);
    const closings: Promise<void>[] = [];
    sessions.get = (id) => {
      closings.push(left.close());
      return find(id);
    };
    await left.start();
    await Promise.all(closings);
    for (const each of unsaved) left.add(each);
    expect(saved.length).toBeLessThanOrEqual(1);
    expect(closings).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('keep nobody from starting when their folder is gone', async () => {
    const { left, errors } = await scene();
    await rm(path, { recursive: true });
    await left.start();
    expect(errors).toHaveLength(1);
    await left.close();
    await mkdir(path);
  });
});
