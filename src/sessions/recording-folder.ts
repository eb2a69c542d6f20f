import { mkdir, readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import { isId, newId } from '../kernel/ids.ts';
import type { Random } from '../kernel/random.ts';

interface Sources {
  readonly clock: Clock;
  readonly random: Random;
}

/** A recording in the folder, by its name. */
export interface FolderRecording {
  readonly path: string;
  readonly sessionId: string;
  /** The id that it has, or will have, among the files of the account. */
  readonly fileId: string;
}

const ID_LENGTH = 36;

/**
 * Where recordings are written before they are among the files of their account. The name of each says whose it is, and which file it becomes: so it
 * is found again when the process dies, and never becomes two.
 */
export class RecordingFolder {
  readonly #path: string;
  readonly #sources: Sources;

  private constructor(path: string, sources: Sources) {
    this.#path = path;
    this.#sources = sources;
  }

  /** @throws when the folder cannot be made. */
  static async open(path: string, sources: Sources): Promise<RecordingFolder> {
    await mkdir(path, { recursive: true });
    return new RecordingFolder(path, sources);
  }

  /** A path for one new recording. */
  newPath(sessionId: string): string {
    const { clock, random } = this.#sources;
    return join(this.#path, `${sessionId}-${newId(clock, random)}.wav`);
  }

  /** What is there now. Files of other names are left out. */
  async list(): Promise<readonly FolderRecording[]> {
    const names = await readdir(this.#path);
    return names.flatMap((name) => recordingAt(join(this.#path, name)) ?? []);
  }
}

/** Undefined for a path that `newPath` has not made. */
export function recordingAt(path: string): FolderRecording | undefined {
  const { name, ext } = parse(path);
  const sessionId = name.slice(0, ID_LENGTH);
  const fileId = name.slice(ID_LENGTH + 1);
  return ext === '.wav' && name[ID_LENGTH] === '-' && isId(sessionId) && isId(fileId) ? { path, sessionId, fileId } : undefined;
}
