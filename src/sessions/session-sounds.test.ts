import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import { seededRandom } from '../kernel/random.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import type { FolderRecording } from './recording-folder.ts';
import { sessionRecordings } from './session-sounds.ts';

const sources = { clock: new VirtualClock(), random: seededRandom(3) };
const sessionId = newId(sources.clock, sources.random);
const fileId = newId(sources.clock, sources.random);
const path = `/recordings/${sessionId}-${fileId}.wav`;

/** The recordings of a session whose files are stored, or cannot be; which were stored, and which are left for later. */
function recordingsOf(error?: AppError) {
  const stored: string[] = [];
  const later: FolderRecording[] = [];
  const files = {
    saveRecording: async ({ id }: { readonly id: string }) => {
      if (error) throw error;
      stored.push(id);
    },
  };
  const recordings = sessionRecordings(files, { newPath: () => path }, { accountId: 'account-1', sessionId }, (left) => later.push(left));
  return { recordings, stored, later };
}

describe('recordings of a session', () => {
  it('become the file that their name says', async () => {
    const { recordings, stored, later } = recordingsOf();
    expect(await recordings.save({ path: recordings.newPath(), durationMs: 1000, bytes: 16_044 })).toBe(fileId);
    expect([stored, later]).toEqual([[fileId], []]);
  });

  it('are left for later when they cannot be stored, which is said', async () => {
    const { recordings, later } = recordingsOf(new AppError('STORE_UNAVAILABLE', { seconds: 5 }));
    const saved = recordings.save({ path: recordings.newPath(), durationMs: 1000, bytes: 16_044 });
    await expect(saved).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(later).toEqual([{ path, sessionId, fileId }]);
  });

  it('are left for later when they could not be completed', () => {
    const { recordings, stored, later } = recordingsOf();
    recordings.leave(path);
    recordings.leave('/etc/passwd');
    expect([stored, later]).toEqual([[], [{ path, sessionId, fileId }]]);
  });

  it('are none of the folder when their path is another', async () => {
    const { recordings, stored, later } = recordingsOf();
    for (const other of ['/etc/passwd', '/recordings/call.wav', path.replace('.wav', '.mp3'), path.replace(`-${fileId}`, `_${fileId}`)])
      await expect(recordings.save({ path: other, durationMs: 1000, bytes: 16_044 })).rejects.toThrow('Not a path of the recordings');
    expect([stored, later]).toEqual([[], []]);
  });
});
