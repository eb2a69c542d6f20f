import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The pids of `roots` and of everything below them. */
export function processTree(roots: readonly number[]): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const parent = /^\d+$/.test(entry) ? parentOf(Number(entry)) : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const found = new Set<number>();
  const open = [...roots];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    if (found.has(pid)) continue;
    found.add(pid);
    open.push(...(children.get(pid) ?? []));
  }
  return [...found];
}

function parentOf(pid: number): number | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  const parent = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
  return parent === undefined ? undefined : Number(parent);
}

/** Memory of a process tree in MiB, each shared page counted once over all (proportional set size). */
export function memoryMiB(roots: readonly number[]): number {
  const kib = processTree(roots).map((pid) => Number(/^Pss:\s+(\d+)/m.exec(readProc(`/proc/${pid}/smaps_rollup`) ?? '')?.[1] ?? 0));
  return kib.reduce((sum, value) => sum + value, 0) / 1024;
}

/**
 * The database that works in a data folder, if it is not below `root`: an embedded one that was found running is no child of ours.
 * `postmaster.pid` names it (PostgreSQL, "Database File Layout").
 */
export function databaseRoots(dataDirectory: string, root: number): number[] {
  const known = new Set(processTree([root]));
  return readdirSync(dataDirectory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('postmaster.pid'))
    .map((path) => Number(readFileSync(join(dataDirectory, path), 'utf8').split('\n')[0]))
    .filter((pid) => Number.isInteger(pid) && pid > 0 && !known.has(pid));
}

/** The text of a file of /proc, or undefined when the process is gone. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
