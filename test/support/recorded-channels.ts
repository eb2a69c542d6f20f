import { decodeG711 } from '../../src/telephony/audio/g711.ts';
import { readWavHeader } from '../../src/telephony/audio/wav.ts';

/** The channels of a recording of ours, each with its samples of 16 bits: in stereo first what we sent, then what we heard. */
export function channelsOf(wav: Uint8Array): Int16Array[] {
  const { encoding, channels, frames, dataAt } = readWavHeader(wav);
  if (encoding !== 'pcm16') throw new Error(`A recording of ours is not in ${encoding}`);
  const bytes = new DataView(wav.buffer, wav.byteOffset, wav.byteLength);
  return Array.from({ length: channels }, (_, channel) =>
    Int16Array.from({ length: frames }, (_sample, frame) => bytes.getInt16(dataAt + 2 * (frame * channels + channel), true)),
  );
}

/** What a mu-law code sounds like. */
export function sampleOf(code: number): number {
  const samples = new Int16Array(1);
  decodeG711('PCMU', Uint8Array.of(code), samples);
  return samples[0] ?? 0;
}
