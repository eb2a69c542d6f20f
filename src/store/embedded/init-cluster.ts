import { spawn } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Binaries } from './binaries.ts';
import type { SystemUser } from './system-user.ts';

export const DATABASE_USER = 'ringflow';

/**
 * How the server's programs name the cluster's directory. Another user than ours may not be able to walk to it (a data directory
 * below /root, say): it is started inside, and names it by the kernel's link to its working directory.
 */
export function clusterPath(cluster: string, user: SystemUser | undefined): string {
  return user ? '/proc/self/cwd' : cluster;
}

/** Whether `cluster` is there and complete. */
export async function isInitialised(cluster: string): Promise<boolean> {
  return stat(path.join(cluster, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
}

/** Makes the cluster. It appears under its name only when it is complete, so a start that was interrupted is simply repeated. */
export async function initCluster(
  options: { readonly cluster: string; readonly password: string; readonly user: SystemUser | undefined },
  binaries: Binaries,
): Promise<void> {
  const { cluster, user } = options;
  const unfinished = `${cluster}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  if (user) await chown(unfinished, user.uid, user.gid);
  const passwordDir = await mkdtemp(path.join(tmpdir(), 'ringflow-init-'));
  try {
    const passwordFile = path.join(passwordDir, 'password');
    await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600 });
    if (user) {
      await chown(passwordFile, user.uid, user.gid);
      await chown(passwordDir, user.uid, user.gid);
    }
    await runInitdb(binaries.initdb, { directory: unfinished, name: clusterPath(unfinished, user), passwordFile, user });
  } finally {
    await rm(passwordDir, { recursive: true, force: true });
  }
  await chmod(unfinished, 0o700);
  await rename(unfinished, cluster);
}

function runInitdb(
  initdb: string,
  options: { readonly directory: string; readonly name: string; readonly passwordFile: string; readonly user: SystemUser | undefined },
): Promise<void> {
  const args = [
    `--pgdata=${options.name}`,
    `--pwfile=${options.passwordFile}`,
    `--username=${DATABASE_USER}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(initdb, args, {
      cwd: options.directory,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      ...options.user,
    });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      words = (words + part).slice(-4000);
    });
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`initdb ended with ${code}: ${words.trim()}`))));
  });
}
