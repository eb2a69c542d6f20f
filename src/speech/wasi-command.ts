/**
 * Runs a WASI command (preview 1) that reads its arguments and writes one file. It sees nothing of the machine: one in-memory file
 * stands for whatever path it opens, and the clock stands still, so that equal arguments give equal bytes.
 * Own code because `node:wasi` ends the whole process when the command fails.
 */
export interface CommandResult {
  readonly exitCode: number;
  readonly file: Uint8Array;
}

const SUCCESS = 0;
const BAD_FILE = 8;
const NO_SPACE = 51;
const ROOT_DIRECTORY = 3;
const FILE = 4;
const DIRECTORY_TYPE = 3;
const FILE_TYPE = 4;
const CHARACTER_DEVICE_TYPE = 2;
const ALL_RIGHTS = 0xffff_ffff_ffff_ffffn;

class Exit extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** @throws what the command's trap throws (WebAssembly.RuntimeError), for example when it runs out of memory. */
export function runCommand(module: WebAssembly.Module, args: readonly string[], maxFileBytes: number): CommandResult {
  const file = memoryFile(maxFileBytes);
  let memory = new WebAssembly.Memory({ initial: 0 });
  const view = () => new DataView(memory.buffer);
  const bytes = () => new Uint8Array(memory.buffer);
  const encoded = args.map((arg) => Buffer.from(`${arg}\0`));

  const imports = {
    args_sizes_get(countAt: number, sizeAt: number): number {
      view().setUint32(countAt, encoded.length, true);
      view().setUint32(
        sizeAt,
        encoded.reduce((sum, arg) => sum + arg.length, 0),
        true,
      );
      return SUCCESS;
    },
    args_get(pointersAt: number, textAt: number): number {
      let at = textAt;
      encoded.forEach((arg, index) => {
        view().setUint32(pointersAt + 4 * index, at, true);
        bytes().set(arg, at);
        at += arg.length;
      });
      return SUCCESS;
    },
    clock_time_get(_clock: number, _precision: bigint, timeAt: number): number {
      view().setBigUint64(timeAt, 0n, true);
      return SUCCESS;
    },
    fd_prestat_get(fd: number, at: number): number {
      if (fd !== ROOT_DIRECTORY) return BAD_FILE;
      view().setUint32(at, 0, true);
      view().setUint32(at + 4, 1, true);
      return SUCCESS;
    },
    fd_prestat_dir_name(_fd: number, at: number, _length: number): number {
      bytes()[at] = 0x2f;
      return SUCCESS;
    },
    path_open(
      _fd: number,
      _lookup: number,
      _path: number,
      _length: number,
      _flags: number,
      _rights: bigint,
      _inherited: bigint,
      _fdFlags: number,
      fdAt: number,
    ): number {
      view().setUint32(fdAt, FILE, true);
      return SUCCESS;
    },
    fd_fdstat_get(fd: number, at: number): number {
      const type = fd === ROOT_DIRECTORY ? DIRECTORY_TYPE : fd === FILE ? FILE_TYPE : CHARACTER_DEVICE_TYPE;
      view().setUint32(at, type, true);
      view().setUint32(at + 4, 0, true);
      view().setBigUint64(at + 8, ALL_RIGHTS, true);
      view().setBigUint64(at + 16, ALL_RIGHTS, true);
      return SUCCESS;
    },
    fd_fdstat_set_flags: () => SUCCESS,
    fd_close: () => SUCCESS,
    fd_read(_fd: number, _buffersAt: number, _count: number, readAt: number): number {
      view().setUint32(readAt, 0, true);
      return SUCCESS;
    },
    fd_seek(fd: number, offset: bigint, whence: number, positionAt: number): number {
      if (fd !== FILE) return BAD_FILE;
      view().setBigUint64(positionAt, BigInt(file.seek(Number(offset), whence)), true);
      return SUCCESS;
    },
    fd_write(fd: number, buffersAt: number, count: number, writtenAt: number): number {
      let written = 0;
      for (let index = 0; index < count; index++) {
        const at = view().getUint32(buffersAt + 8 * index, true);
        const length = view().getUint32(buffersAt + 8 * index + 4, true);
        if (fd === FILE && !file.write(bytes().subarray(at, at + length))) return NO_SPACE;
        written += length;
      }
      view().setUint32(writtenAt, written, true);
      return SUCCESS;
    },
    proc_exit(exitCode: number): never {
      throw new Exit(exitCode);
    },
  };

  const { exports } = new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports });
  if (!(exports.memory instanceof WebAssembly.Memory) || typeof exports._start !== 'function') {
    throw new Error('The WebAssembly module is no WASI command');
  }
  memory = exports.memory;
  let exitCode = 0;
  try {
    exports._start();
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    exitCode = error.exitCode;
  }
  return { exitCode, file: file.content() };
}

interface MemoryFile {
  write(part: Uint8Array): boolean;
  seek(offset: number, whence: number): number;
  content(): Uint8Array;
}

function memoryFile(maxBytes: number): MemoryFile {
  let room = new Uint8Array(256 * 1024);
  let size = 0;
  let position = 0;
  return {
    write(part) {
      const end = position + part.length;
      if (end > maxBytes) return false;
      if (end > room.length) {
        const larger = new Uint8Array(Math.max(end, room.length * 2));
        larger.set(room.subarray(0, size));
        room = larger;
      }
      room.set(part, position);
      position = end;
      size = Math.max(size, end);
      return true;
    },
    seek(offset, whence) {
      const base = whence === 0 ? 0 : whence === 1 ? position : size;
      position = Math.max(0, base + offset);
      return position;
    },
    content: () => room.subarray(0, size),
  };
}
