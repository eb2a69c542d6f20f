import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { columnsHz, placeOfKey, rowsHz } from '../../src/telephony/audio/dtmf-tones.ts';

/** The prompts of Asterisk, spoken by Allison Smith (CC BY-SA 3.0), where Debian puts them. */
const PROMPTS = '/usr/share/asterisk/sounds/en_US_f_Allison';
const LONGEST_BYTES = 64 * 1024 * 1024;
const toRaw = ['-t', 'raw', '-r', '8000', '-c', '1', '-e', 'signed', '-b', '16', '-L', '-'];

/** Runs sox. */
export function sox(...words: string[]): Buffer {
  return execFileSync('sox', ['-V1', ...words], { maxBuffer: LONGEST_BYTES, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** How a key is pressed. */
export interface Pressed {
  /** How long it sounds, and how long nothing does after it; 80 ms each if absent. */
  readonly ms?: number;
  readonly pauseMs?: number;
  /** The peak, in dB of full scale; -9 if absent. */
  readonly peakDb?: number;
  /** How much stronger the tone of the column is than that of the row, in dB. */
  readonly twistDb?: number;
  /** How far off both frequencies are: 0.01 is one per cent. */
  readonly off?: number;
  /** Pink noise in it, in dB of a tone. */
  readonly noiseDb?: number;
}

const amplitude = (db: number): number => 10 ** (db / 20);

function synth(key: string, { ms = 80, pauseMs = 80, peakDb = -9, twistDb = 0, off = 0, noiseDb = -100 }: Pressed): string[] {
  const place = placeOfKey(key);
  if (!place) throw new Error('Not a key of a telephone');
  const [row, column] = [rowsHz[place.row] ?? 0, columnsHz[place.column] ?? 0].map((hz) => String(hz * (1 + off)));
  const parts = [amplitude(-Math.max(0, twistDb)), amplitude(Math.min(0, twistDb)), amplitude(noiseDb)];
  const mixed = parts.map((part, index) => `${index + 1}v${(part / 3).toFixed(7)}`).join(',');
  const sounds = ['synth', String(ms / 1000), 'sine', row ?? '', 'sine', column ?? '', 'pinknoise', 'remix', '-m', mixed];
  return [...sounds, 'gain', '-n', String(peakDb), 'pad', '0', String(pauseMs / 1000)];
}

/** Writes the tones of a key into a WAV file, and answers its path. */
export function keyFile(path: string, key: string, pressed: Pressed = {}): string {
  sox('-R', '-n', '-r', '8000', '-b', '16', '-c', '1', path, ...synth(key, pressed));
  return path;
}

/** The samples of keys, at 8000 Hz. */
export function keysOfSox(keys: string, pressed: Pressed = {}): Int16Array {
  return samplesOf(Buffer.concat([...keys].map((key) => sox('-R', '-n', '-r', '8000', '-c', '1', ...toRaw, ...synth(key, pressed)))));
}

/** The samples of such tones together, at 8000 Hz, 9 dB below full scale. */
export function tonesOfSox(hz: readonly number[], seconds: number): Int16Array {
  const tones = hz.flatMap((one) => ['sine', String(one)]);
  return samplesOf(
    sox('-R', '-n', '-r', '8000', '-c', '1', ...toRaw, 'synth', String(seconds), ...tones, 'remix', '-', 'gain', '-n', '-9'),
  );
}

/** Files of human speech whose paths are of this kind, in the order of their names. @throws when there are none */
export function spokenPrompts(kind: RegExp): string[] {
  const names = readdirSync(PROMPTS, { recursive: true, encoding: 'utf8' }).filter((name) => kind.test(name));
  if (names.length === 0) throw new Error(`No prompts in ${PROMPTS}: is asterisk-core-sounds-en-gsm installed?`);
  return names.sort().map((name) => join(PROMPTS, name));
}

/** The samples of sound files, one after the other, at 8000 Hz. */
export function soundOf(files: readonly string[]): Int16Array {
  return samplesOf(sox(...files, ...toRaw));
}

function samplesOf(bytes: Buffer): Int16Array {
  return Int16Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readInt16LE(2 * index));
}
