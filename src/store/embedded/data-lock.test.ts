import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../test/support/database.ts';
import { lockDataDir } from './data-lock.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let file: string;
beforeEach(async () => {
  directory = await temporaryDirectory();
  file = path.join(directory.path, 'ringflow.lock');
});
afterEach(() => directory.remove());

it('is held by one at a time, and free again after release', async () => {
  const lock = await lockDataDir(directory.path);
  await expect(lockDataDir(directory.path)).rejects.toMatchObject({ code: 'BAD_SETTING' });
  await lock.release();
  await lock.release();
  expect(await readdir(directory.path)).toEqual([]);
  await (await lockDataDir(directory.path)).release();
});

it('goes to one of many who ask at once, also over a stale file', async () => {
  for (const stale of [undefined, '{"pid":999999999,"started":"","host":"x"}', 'nonsense', '']) {
    if (stale !== undefined) await writeFile(file, stale);
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDir(directory.path)));
    const won = results.filter((result) => result.status === 'fulfilled');
    expect(won).toHaveLength(1);
    expect(await readdir(directory.path)).toEqual(['ringflow.lock']);
    await won[0]?.value.release();
  }
});

it('does not release a lock that is not its own any more', async () => {
  const lock = await lockDataDir(directory.path);
  await writeFile(file, 'of somebody else');
  await lock.release();
  expect(await readFile(file, 'utf8')).toBe('of somebody else');
});
