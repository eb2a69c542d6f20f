import { access, copyFile, type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** The bytes of stored files: one directory, one file per id. */
export class FileDisk {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws when the directory cannot be made. */
  static async open(directory: string): Promise<FileDisk> {
    await mkdir(directory, { recursive: true });
    return new FileDisk(path.resolve(directory));
  }

  /** Where the bytes of a file are. `id` must be an id of ours. */
  pathOf(id: string): string {
    return path.join(this.#directory, id);
  }

  /** Writes a file in one step: it is there completely, and on disk, or not at all. */
  async write(id: string, bytes: Uint8Array): Promise<void> {
    const unfinished = `${this.pathOf(id)}.unfinished`;
    await this.#finish(id, unfinished, async () => {
      const file = await open(unfinished, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
    });
  }

  /** Takes over a file that is somewhere else, unless it was taken over before. */
  async take(id: string, from: string): Promise<void> {
    try {
      await rename(from, this.pathOf(id));
    } catch (error) {
      if (isCode(error, 'ENOENT')) {
        await access(this.pathOf(id)).catch(() => {
          throw error;
        });
        return;
      }
      if (!isCode(error, 'EXDEV')) throw error;
      const unfinished = `${this.pathOf(id)}.unfinished`;
      await this.#finish(id, unfinished, () => copyFile(from, unfinished));
      await rm(from, { force: true });
    }
  }

  /** What could not be written whole is not left behind: most of all not on a disk that is full. */
  async #finish(id: string, unfinished: string, write: () => Promise<void>): Promise<void> {
    try {
      await write();
      await rename(unfinished, this.pathOf(id));
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  /** @throws when the file is not there. */
  read(id: string): Promise<Buffer> {
    return readFile(this.pathOf(id));
  }

  /** @throws when the file is not there. */
  openFile(id: string): Promise<FileHandle> {
    return open(this.pathOf(id), 'r');
  }

  async remove(id: string): Promise<void> {
    await rm(this.pathOf(id), { force: true });
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
