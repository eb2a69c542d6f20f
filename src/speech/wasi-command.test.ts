import { describe, expect, it } from 'vitest';
import { runCommand } from './wasi-command.ts';

/** A WebAssembly binary of the given sections (id and content). */
async function compile(...sections: readonly (readonly [number, readonly number[]])[]): Promise<WebAssembly.Module> {
  const bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  for (const [id, content] of sections) bytes.push(id, content.length, ...content);
  return WebAssembly.compile(Uint8Array.from(bytes));
}

const text = (value: string): number[] => [value.length, ...Buffer.from(value)];
const exportsOf = (start: number): number[] => [2, ...text('memory'), 2, 0, ...text('_start'), 0, start];
const memory: readonly [number, readonly number[]] = [5, [1, 0, 1]];

/** `_start` without imports, of the given instructions. */
function command(...body: number[]): Promise<WebAssembly.Module> {
  return compile([1, [1, 0x60, 0, 0]], [3, [1, 0]], memory, [7, exportsOf(0)], [10, [1, body.length + 2, 0, ...body, 0x0b]]);
}

/** `_start` calls proc_exit(3). */
function leaving(): Promise<WebAssembly.Module> {
  return compile(
    [1, [2, 0x60, 1, 0x7f, 0, 0x60, 0, 0]],
    [2, [1, ...text('wasi_snapshot_preview1'), ...text('proc_exit'), 0, 0]],
    [3, [1, 1]],
    memory,
    [7, exportsOf(1)],
    [10, [1, 6, 0, 0x41, 3, 0x10, 0, 0x0b]],
  );
}

/** `_start` writes `length` bytes of its memory to file 4, by fd_write, and exits with what that answers. */
function writing(length: number): Promise<WebAssembly.Module> {
  const i32Store = [0x36, 2, 0];
  const body = [
    ...[0x41, 0, 0x41, 16, ...i32Store],
    ...[0x41, 4, 0x41, length, ...i32Store],
    ...[0x41, 4, 0x41, 0, 0x41, 1, 0x41, 8, 0x10, 0],
    ...[0x10, 1],
  ];
  return compile(
    [1, [3, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f, 0x60, 1, 0x7f, 0, 0x60, 0, 0]],
    [2, [2, ...text('wasi_snapshot_preview1'), ...text('fd_write'), 0, 0, ...text('wasi_snapshot_preview1'), ...text('proc_exit'), 0, 1]],
    [3, [1, 2]],
    memory,
    [7, exportsOf(2)],
    [10, [1, body.length + 2, 0, ...body, 0x0b]],
  );
}

describe('a WASI command', () => {
  it('that returns has exit code 0 and an empty file', async () => {
    expect(runCommand(await command(), ['x'], 10)).toEqual({ exitCode: 0, file: new Uint8Array(0) });
  });

  it('may leave with a code', async () => {
    expect(runCommand(await leaving(), [], 10).exitCode).toBe(3);
  });

  it('that traps throws, and the next run is not harmed', async () => {
    const trap = await command(0x00);
    expect(() => runCommand(trap, [], 10)).toThrow(/unreachable/);
    expect(() => runCommand(trap, [], 10)).toThrow(/unreachable/);
    expect(runCommand(await command(), [], 10).exitCode).toBe(0);
  });

  it('writes to memory', async () => {
    const { exitCode, file } = runCommand(await writing(20), [], 100);
    expect([exitCode, file.length]).toEqual([0, 20]);
  });

  it('gets "no space" when its file grows beyond the limit', async () => {
    expect(runCommand(await writing(20), [], 19)).toEqual({ exitCode: 51, file: new Uint8Array(0) });
  });

  it('must have an entry point', async () => {
    const empty = await compile();
    expect(() => runCommand(empty, [], 10)).toThrow('no WASI command');
  });
});
