import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../test/support/database.ts';
import { systemClock } from '../../kernel/clock.ts';
import { lockDataDir } from './data-lock.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let file: string;
beforeEach(async () => {
  directory = await temporaryDirectory();
  file = path.join(directory.path, 'ringflow.lock');
});
afterEach(() => directory.remove());

it('is held by one at a time, and free again after release', async () => {
  const lock = await lockDataDir(directory.path, systemClock);
  await expect(lockDataDir(directory.path, systemClock)).rejects.toMatchObject({ code: 'BAD_SETTING' });
  await lock.release();
  await lock.release();
  expect(await readdir(directory.path)).toEqual([]);
  await (await lockDataDir(directory.path, systemClock)).release();
});

it('goes to one of many who ask at once, also over a stale file', async () => {
  const leftBehind = [undefined, '{"pid":999999999,"started":"","host":"x"}', 'nonsense', ''];
  for (const stale of Array.from({ length: 10 }, () => leftBehind).flat()) {
    if (stale !== undefined) await writeFile(file, stale);
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDir(directory.path, systemClock)));
    const won = results.filter((result) => result.status === 'fulfilled');
    expect(won).toHaveLength(1);
    expect(await readdir(directory.path)).toEqual(['ringflow.lock']);
    await won[0]?.value.release();
  }
});

it('is not held up for long by one who died while replacing a stale file', async () => {
  await writeFile(file, 'nonsense');
  await writeFile(`${file}.replacing`, '');
  await utimes(`${file}.replacing`, 1, 1);
  await (await lockDataDir(directory.path, systemClock)).release();
  expect(await readdir(directory.path)).toEqual([]);
});

it('does not release a lock that is not its own any more', async () => {
  const lock = await lockDataDir(directory.path, systemClock);
  await writeFile(file, 'of somebody else');
  await lock.release();
  expect(await readFile(file, 'utf8')).toBe('of somebody else');
});
