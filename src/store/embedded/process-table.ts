import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';

/** Whether a process with this id runs; a zombie does not. Other users' processes count. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const fields = await statFields(pid);
  return !fields || (fields[0] !== 'Z' && fields[0] !== 'X');
}

/**
 * A text that differs between two processes that have had the same id, or undefined where the system does not tell
 * (no /proc) or the process is gone.
 */
export async function startOf(pid: number): Promise<string | undefined> {
  const ticks = (await statFields(pid))?.[19];
  if (ticks === undefined) return undefined;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${boot.trim()}:${ticks}`;
}

/** Fields of /proc/PID/stat from the state on (proc(5): the command before it may contain anything). */
async function statFields(pid: number): Promise<string[] | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Ids of the running processes whose working directory is `directory`, or undefined where the system does not tell. */
export async function processesIn(directory: string): Promise<number[] | undefined> {
  const names = await readdir('/proc').catch(() => undefined);
  if (!names?.includes('self')) return undefined;
  const found: number[] = [];
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    const cwd = await readlink(path.join('/proc', name, 'cwd')).catch(() => undefined);
    if (cwd === directory && (await isRunning(Number(name)))) found.push(Number(name));
  }
  return found;
}
