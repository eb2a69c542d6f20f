import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault } from './fault.ts';

/** What tests read, besides the modules that npm installs. */
const copied = ['src', 'test', 'tools', 'docs', 'examples', 'package.json', 'tsconfig.json', 'vitest.config.ts', 'drizzle.config.ts'];

/** A copy of the sources in the system's temporary folder, into which a fault may be put. */
export interface SourceCopy extends Disposable {
  readonly folder: string;
  /**
   * Puts the fault in; what comes back takes it out again.
   * @throws when what the fault replaces is not there exactly once.
   */
  plant(fault: Fault): Disposable;
}

/** What the fault makes of its file. @throws when what it replaces is not there exactly once. */
export function withFault(source: string, { file, find, replace }: Fault): string {
  const places = source.split(find);
  if (places.length !== 2) throw new Error(`${file} has ${places.length - 1} places, not one, of: ${find}`);
  return places.join(replace);
}

/** Copies the sources of the repository in the folder `root`, as they are now, committed or not. */
export function copySources(root: string): SourceCopy {
  const folder = mkdtempSync(join(tmpdir(), 'ringflow-faults-'));
  for (const path of copied) cpSync(join(root, path), join(folder, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return {
    folder,
    plant(fault) {
      const path = join(folder, fault.file);
      const source = readFileSync(path, 'utf8');
      writeFileSync(path, withFault(source, fault));
      return { [Symbol.dispose]: () => writeFileSync(path, source) };
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
