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
  readonly sessions: Pick<SessionReader, 'find'>;
  readonly files: Pick<Files, 'saveRecording'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How often is looked at those that wait: as often as sessions of servers that are gone are ended. */
const AGAIN_MS = 10_000;

/**
 * Recordings that a process did not finish because it was killed, or could not store because the database was away: they are mended and stored
 * like any other, each once, when their session is over. Until then they are left alone: a server may be writing them.
 */
export class LeftRecordings {
  readonly #options: LeftRecordingsOptions;
  #waiting: FolderRecording[] = [];
  #timer: Timer | undefined;
  #working: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: LeftRecordingsOptions) {
    this.#options = options;
  }

  /** Stores what can be stored now, and looks at the rest from time to time. Never rejects: a server is worth more than old recordings. */
  async start(): Promise<void> {
    try {
      this.#waiting.push(...(await this.#options.folder.list()));
    } catch (error) {
      this.#options.log.error({ err: error }, 'The folder of the recordings could not be read');
    }
    this.#working = this.#work();
    await this.#working;
  }

  /** Takes care of a recording that could not be stored now. */
  add(recording: FolderRecording): void {
    this.#waiting.push(recording);
    this.#plan();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { log } = this.#options;
    let stored = 0;
    for (const recording of this.#waiting.splice(0)) {
      if (this.#closed) return;
      try {
        const became = await this.#store(recording);
        if (became === 'later') this.#waiting.push(recording);
        if (became === 'stored') stored++;
      } catch (error) {
        if (error instanceof AppError && error.code === 'STORE_UNAVAILABLE') this.#waiting.push(recording);
        else log.error({ err: error, sessionId: recording.sessionId }, 'A recording that was left could not be stored');
      }
    }
    if (stored > 0) log.warn({ recordings: stored }, 'Recordings that were left were stored');
    this.#plan();
  }

  #plan(): void {
    if (this.#waiting.length === 0 || this.#timer || this.#closed) return;
    this.#timer = this.#options.clock.after(AGAIN_MS, () => {
      this.#timer = undefined;
      this.#working = this.#work();
    });
  }

  async #store({ path, sessionId, fileId }: FolderRecording): Promise<'stored' | 'later' | 'nothing'> {
    const { sessions, files } = this.#options;
    const session = await sessions.find(sessionId);
    if (!session) throw new AppError('NOT_FOUND', { kind: 'session' });
    if (!session.info.ended) return 'later';
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
