import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { makePrompt } from '../telephony/audio/make-prompt.ts';
import type { Prompt } from '../telephony/audio/prompt.ts';
import { tone } from '../telephony/audio/tone.ts';
import { PromptDisk } from './prompt-disk.ts';
import { promptFileBytes } from './prompt-file.ts';

let directory: string;
let clock: VirtualClock;
const warnings: string[] = [];
const log = { ...silentLogger, warn: (_fields: object, message: string) => void warnings.push(message) };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'prompt-disk-'));
  clock = new VirtualClock();
  warnings.length = 0;
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = (limitBytes = 1e6) => PromptDisk.open({ directory, limitBytes, clock, log });
const keyOf = (name: string) => createHash('sha256').update(name).digest('hex');
const pathOf = (name: string) => join(directory, `${keyOf(name)}.prompt`);
const hum = (durationMs: number) => makePrompt(tone(440, durationMs, -20));

async function keep(disk: PromptDisk, name: string, prompt: Prompt): Promise<void> {
  disk.put(keyOf(name), prompt);
  await disk.flush();
  await clock.advance(1000);
}

function expectSame(found: Prompt | undefined, prompt: Prompt): void {
  expect(found).toBeDefined();
  expect(found?.id).toBe(prompt.id);
  expect(found?.durationMs).toBe(prompt.durationMs);
  expect(found && Buffer.from(found.pcmu).equals(Buffer.from(prompt.pcmu))).toBe(true);
  expect(found && Buffer.from(found.pcma).equals(Buffer.from(prompt.pcma))).toBe(true);
}

describe('prompts on disk', () => {
  it('are found again, also by the next process, whatever their length', async () => {
    const prompts = [makePrompt(new Int16Array(0)), hum(20), hum(40_000)];
    const disk = await open();
    for (const prompt of prompts) await keep(disk, prompt.id, prompt);
    for (const opened of [disk, await open()]) {
      for (const prompt of prompts) expectSame(await opened.get(keyOf(prompt.id)), prompt);
      expect(opened.bytes).toBe(prompts.reduce((sum, prompt) => sum + promptFileBytes(prompt), 0));
    }
    expect(await disk.get(keyOf('other'))).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it.each([
    ['cut off', (path: string) => truncate(path, 500)],
    ['empty', (path: string) => truncate(path, 0)],
    ['longer', async (path: string) => writeFile(path, Buffer.concat([await readFile(path), Buffer.alloc(1)]))],
    ['another kind of file', (path: string) => writeFile(path, 'x'.repeat(1000))],
    ['changed in one bit', async (path: string) => writeFile(path, (await readFile(path)).fill(1, 700, 701))],
    ['with a wrong length inside', async (path: string) => writeFile(path, (await readFile(path)).fill(0xff, 4, 8))],
  ])('that are damaged (%s) are not used, but removed', async (_name, damage) => {
    const disk = await open();
    await keep(disk, 'a', hum(100));
    await damage(pathOf('a'));
    expect(await disk.get(keyOf('a'))).toBeUndefined();
    expect(warnings).toEqual(['a cached prompt is damaged and will be made again']);
    expect(await readdir(directory)).toEqual([]);
    expect(disk.bytes).toBe(0);
    await keep(disk, 'a', hum(100));
    expectSame(await disk.get(keyOf('a')), hum(100));
  });

  it('that somebody removed are simply not there', async () => {
    const disk = await open();
    await keep(disk, 'a', hum(100));
    await rm(pathOf('a'));
    expect(await disk.get(keyOf('a'))).toBeUndefined();
    expect(disk.bytes).toBe(0);
  });

  it('go when the limit is reached, the least recently used first', async () => {
    const size = promptFileBytes(hum(100));
    const disk = await open(3 * size);
    for (const name of ['a', 'b', 'c']) await keep(disk, name, hum(100));
    await disk.get(keyOf('a'));
    await keep(disk, 'd', hum(100));
    expect((await readdir(directory)).sort()).toEqual(['a', 'c', 'd'].map((name) => `${keyOf(name)}.prompt`).sort());
    expect(disk.bytes).toBe(3 * size);
  });

  it('go in the same order after a restart with a smaller limit', async () => {
    const size = promptFileBytes(hum(100));
    const disk = await open();
    for (const name of ['a', 'b', 'c']) await keep(disk, name, hum(100));
    await disk.get(keyOf('a'));
    await utimes(pathOf('b'), clock.now() / 1000 + 60, clock.now() / 1000 + 60);
    const smaller = await open(2 * size);
    expect(await smaller.get(keyOf('c'))).toBeUndefined();
    expect(await readdir(directory)).toHaveLength(2);
  });

  it('larger than the limit are not written', async () => {
    const disk = await open(1000);
    await keep(disk, 'a', hum(1000));
    expect(await readdir(directory)).toEqual([]);
  });

  it('whose writing was interrupted are removed at the start; files of others stay', async () => {
    await writeFile(`${pathOf('a')}.tmp`, 'half');
    await writeFile(join(directory, 'notes.txt'), 'mine');
    await open();
    expect(await readdir(directory)).toEqual(['notes.txt']);
  });

  it('that cannot be written are only warned about', async () => {
    const disk = await open();
    await rm(directory, { recursive: true });
    await keep(disk, 'a', hum(100));
    expect(warnings).toEqual(['a prompt could not be cached on disk']);
    expect(disk.bytes).toBe(0);
  });

  it('need a directory that can be made', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    await expect(PromptDisk.open({ directory: join(file, 'x'), limitBytes: 1, clock, log })).rejects.toThrow(/ENOTDIR|EEXIST/);
  });
});
