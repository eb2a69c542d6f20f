import { rm } from 'node:fs/promises';
import type { Files } from '../directory/files.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/log.ts';
import type { SessionReader } from '../store/session-reader.ts';
import { mendRecording } from '../telephony/audio/mend-recording.ts';
import type { FolderRecording, RecordingFolder } from './recording-folder.ts';

export interface LeftRecordingsOptions {
  readonly folder: Pick<RecordingFolder, 'list'>;
  /** Id of this process: recordings of its sessions are still being made. */
  readonly owner: string;
  readonly sessions: Pick<SessionReader, 'find'>;
  readonly files: Pick<Files, 'saveRecording'>;
  /** Ends sessions whose server is gone. Before that they seem to live. */
  readonly endLost: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Longer than the lease of a server that is gone. */
const AGAIN_MS = 10_000;

/**
 * Recordings that a process did not finish because it was killed, or could not store because the database was away: they are mended and stored
 * like any other, each once, when their session is over. Until then they are left alone: another server may be writing them.
 */
export class LeftRecordings {
  readonly #options: LeftRecordingsOptions;
  #timer: Timer | undefined;
  #working: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: LeftRecordingsOptions) {
    this.#options = options;
  }

  /** Stores what can be stored now, and looks at the rest from time to time. Never rejects: a server is worth more than old recordings. */
  async start(): Promise<void> {
    try {
      this.#working = this.#work(await this.#options.folder.list());
      await this.#working;
    } catch (error) {
      this.#options.log.error({ err: error }, 'The folder of the recordings could not be read');
    }
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#working;
  }

  async #work(recordings: readonly FolderRecording[]): Promise<void> {
    const { log } = this.#options;
    const rest: FolderRecording[] = [];
    let stored = 0;
    for (const recording of recordings) {
      if (this.#closed) return;
      try {
        const became = await this.#store(recording);
        if (became === 'later') rest.push(recording);
        if (became === 'stored') stored++;
      } catch (error) {
        if (error instanceof AppError && error.code === 'STORE_UNAVAILABLE') rest.push(recording);
        else log.error({ err: error, sessionId: recording.sessionId }, 'A recording that was left could not be stored');
      }
    }
    if (stored > 0) log.warn({ recordings: stored }, 'Recordings that a server has left were stored');
    if (rest.length > 0 && !this.#closed) this.#again(rest);
  }

  #again(rest: readonly FolderRecording[]): void {
    const { clock, endLost, log } = this.#options;
    this.#timer = clock.after(AGAIN_MS, () => {
      this.#working = endLost()
        .catch((error: unknown) => log.error({ err: error }, 'Sessions of servers that are gone could not be ended'))
        .then(() => this.#work(rest));
    });
  }

  async #store({ path, sessionId, fileId }: FolderRecording): Promise<'stored' | 'later' | 'nothing'> {
    const { sessions, owner, files } = this.#options;
    const session = await sessions.find(sessionId);
    if (!session) throw new AppError('NOT_FOUND', { kind: 'session' });
    if (!session.info.ended) return session.owner === owner ? 'nothing' : 'later';
    const mended = await mendRecording(path).catch((error: unknown) => (isGone(error) ? 'stored-meanwhile' : Promise.reject(error)));
    if (mended === 'stored-meanwhile') return 'nothing';
    if (!mended) {
      await rm(path, { force: true });
      return 'nothing';
    }
    await files.saveRecording({ id: fileId, accountId: session.info.accountId ?? '', sessionId, path, ...mended });
    return 'stored';
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
