import { execFile } from 'node:child_process';
import { cp, lstat, mkdir, readFile, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../../test/support/database.ts';
import { findPackaged, prepareBinaries } from './binaries.ts';

/** The package as npm leaves it when it runs no install scripts: without the links to its libraries. */
async function withoutScripts(target: string): Promise<{ native: string; version: string; links: string[] }> {
  const packaged = await findPackaged();
  const native = path.join(target, 'package', 'native');
  await mkdir(path.dirname(native), { recursive: true });
  await cp(packaged.native, native, { recursive: true, verbatimSymlinks: true });
  const list: { target: string }[] = JSON.parse(await readFile(path.join(native, 'pg-symlinks.json'), 'utf8'));
  const links = list.map((link) => path.join(native, '..', link.target));
  for (const link of links) await unlink(link);
  return { native, version: packaged.version, links };
}

const versionOf = async (program: string) => (await promisify(execFile)(program, ['--version'])).stdout.trim();

it('repairs a package whose install script did not run', async () => {
  const directory = await temporaryDirectory();
  const { links, ...packaged } = await withoutScripts(directory.path);
  await expect(versionOf(path.join(packaged.native, 'bin', 'postgres'))).rejects.toThrow(/shared libraries/);

  const binaries = await prepareBinaries(packaged, undefined, directory.path);
  expect(await versionOf(binaries.postgres)).toMatch(/^postgres \(PostgreSQL\) 18/);
  for (const link of links) {
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    await stat(link);
  }
  await directory.remove();
});

it('copies the binaries to where another user can reach them', async () => {
  const directory = await temporaryDirectory();
  const { links: _, ...packaged } = await withoutScripts(directory.path);
  const copies = path.join(directory.path, 'copies');
  // The directory of the test is closed to everybody but us.
  const binaries = await prepareBinaries(packaged, { uid: 65_534, gid: 65_534 }, copies);
  expect(binaries.postgres.startsWith(copies)).toBe(true);
  expect(await versionOf(binaries.initdb)).toMatch(/^initdb/);
  expect(await prepareBinaries(packaged, { uid: 65_534, gid: 65_534 }, copies)).toEqual(binaries);
  await directory.remove();
});
