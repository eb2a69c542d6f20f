import { NotAudioError } from './audio-source.ts';
import { linearOf } from './g711.ts';

/** How the samples of a WAV file are stored. */
export type WavEncoding = 'pcm8' | 'pcm16' | 'pcm24' | 'pcm32' | 'float32' | 'PCMU' | 'PCMA';

/** What the header of a WAV file says, with the sizes corrected to what is really there. */
export interface WavFile {
  readonly encoding: WavEncoding;
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  readonly bytesPerFrame: number;
  /** Frames that are present: one sample of each channel. */
  readonly frames: number;
  /** Where the first frame begins in the bytes. */
  readonly dataAt: number;
}

export const wavHeaderBytes = 44;

const MAX_CHUNKS = 1000;
const MIN_RATE = 4000;
const MAX_RATE = 192_000;
const PCM = 1;
const FLOAT = 3;
const A_LAW = 6;
const MU_LAW = 7;
const EXTENSIBLE = 0xfffe;
/** The last 14 bytes of every SubFormat that wraps a plain format tag (mmreg.h, KSDATAFORMAT_SUBTYPE). */
const EXTENSIBLE_TAIL = '000000001000800000aa00389b71';

/**
 * Reads the header of a RIFF/WAVE file. Files of writers that were interrupted, whose sizes are 0, 0xFFFFFFFF or simply wrong,
 * are read up to their real end.
 * @throws NotAudioError when it is no WAV file, or one in a format that we do not read.
 */
export function readWavHeader(bytes: Uint8Array): WavFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || tagAt(view, 0) !== 'RIFF' || tagAt(view, 8) !== 'WAVE')
    throw new NotAudioError('it does not begin with a RIFF/WAVE header');
  let format: Pick<WavFile, 'encoding' | 'sampleRate' | 'channels' | 'bytesPerFrame'> | undefined;
  let at = 12;
  for (let count = 0; at + 8 <= bytes.length; count++) {
    if (count === MAX_CHUNKS) throw new NotAudioError(`it has more than ${MAX_CHUNKS} chunks`);
    const tag = tagAt(view, at);
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    if (tag === 'fmt ') {
      if (format) throw new NotAudioError('it has two format chunks');
      format = readFormat(view, body, Math.min(size, bytes.length - body));
    } else if (tag === 'data') {
      if (!format) throw new NotAudioError('its samples come before their format');
      const present = dataBytes(view, body, size);
      return { ...format, frames: Math.floor(present / format.bytesPerFrame), dataAt: body };
    }
    at = body + size + (size & 1);
  }
  throw new NotAudioError(format ? 'it has no samples (no data chunk)' : 'it has no format chunk');
}

function dataBytes(view: DataView, body: number, size: number): number {
  const rest = view.byteLength - body;
  const neverFinished = size === 0 && view.getUint32(4, true) + 8 < view.byteLength;
  return neverFinished ? rest : Math.min(size, rest);
}

function readFormat(view: DataView, at: number, size: number): Pick<WavFile, 'encoding' | 'sampleRate' | 'channels' | 'bytesPerFrame'> {
  if (size < 16) throw new NotAudioError('its format chunk is cut off');
  const channels = view.getUint16(at + 2, true);
  const sampleRate = view.getUint32(at + 4, true);
  const bits = view.getUint16(at + 14, true);
  let tag = view.getUint16(at, true);
  if (tag === EXTENSIBLE) {
    if (size < 40 || hexAt(view, at + 26, 14) !== EXTENSIBLE_TAIL) throw new NotAudioError('its extended format is not known');
    tag = view.getUint16(at + 24, true);
  }
  if (channels !== 1 && channels !== 2) throw new NotAudioError(`it has ${channels} channels; one or two can be played`);
  if (sampleRate < MIN_RATE || sampleRate > MAX_RATE) {
    throw new NotAudioError(`its sample rate is ${sampleRate}; ${MIN_RATE} to ${MAX_RATE} can be played`);
  }
  const encoding = encodingOf(tag, bits);
  return { encoding, sampleRate, channels, bytesPerFrame: channels * sampleBytes(encoding) };
}

function encodingOf(tag: number, bits: number): WavEncoding {
  if (tag === PCM && bits === 8) return 'pcm8';
  if (tag === PCM && bits === 16) return 'pcm16';
  if (tag === PCM && bits === 24) return 'pcm24';
  if (tag === PCM && bits === 32) return 'pcm32';
  if (tag === FLOAT && bits === 32) return 'float32';
  if (tag === MU_LAW && bits === 8) return 'PCMU';
  if (tag === A_LAW && bits === 8) return 'PCMA';
  throw new NotAudioError(`its sample format (tag ${tag}, ${bits} bits) is not PCM of 8, 16, 24 or 32 bits, 32 bit float or G.711`);
}

function sampleBytes(encoding: WavEncoding): 1 | 2 | 3 | 4 {
  switch (encoding) {
    case 'pcm8':
    case 'PCMU':
    case 'PCMA':
      return 1;
    case 'pcm16':
      return 2;
    case 'pcm24':
      return 3;
    case 'pcm32':
    case 'float32':
      return 4;
  }
}

/**
 * Reads frames from `first` on into `target`, mixed to mono, full scale = 1. Values of float files beyond full scale are clipped,
 * NaN becomes 0. Answers how many frames were read: fewer than `target` holds only at the end.
 */
export function readWavMono(bytes: Uint8Array, file: WavFile, first: number, target: Float32Array): number {
  const count = Math.max(0, Math.min(target.length, file.frames - first));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = sampleBytes(file.encoding);
  const read = sampleReader(file.encoding);
  let at = file.dataAt + first * file.bytesPerFrame;
  for (let index = 0; index < count; index++) {
    const left = read(view, at);
    target[index] = file.channels === 1 ? left : (left + read(view, at + width)) / 2;
    at += file.bytesPerFrame;
  }
  return count;
}

function sampleReader(encoding: WavEncoding): (view: DataView, at: number) => number {
  switch (encoding) {
    case 'pcm8':
      return (view, at) => (view.getUint8(at) - 128) / 0x80;
    case 'pcm16':
      return (view, at) => view.getInt16(at, true) / 0x8000;
    case 'pcm24':
      return (view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 0x80_0000;
    case 'pcm32':
      return (view, at) => view.getInt32(at, true) / 0x8000_0000;
    case 'float32':
      return (view, at) => Math.max(-1, Math.min(1, view.getFloat32(at, true) || 0));
    case 'PCMU':
    case 'PCMA':
      return (view, at) => linearOf(encoding, view.getUint8(at)) / 0x8000;
  }
}

/**
 * The 44 bytes before the samples of a WAV file of 16 bit.
 * A writer that does not know its length yet gives 0 and writes the header again at the end: our reader and most others cope.
 */
export function wavHeader(sampleRate: number, dataBytes: number, channels: 1 | 2 = 1): Uint8Array {
  const frameBytes = 2 * channels;
  const header = Buffer.alloc(wavHeaderBytes);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(wavHeaderBytes - 8 + dataBytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(PCM, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * frameBytes, 28);
  header.writeUInt16LE(frameBytes, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes, 40);
  return header;
}

function tagAt(view: DataView, at: number): string {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
}

function hexAt(view: DataView, at: number, length: number): string {
  return Buffer.from(view.buffer, view.byteOffset + at, length).toString('hex');
}
