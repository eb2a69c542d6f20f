import type { AudioSource } from './audio-source.ts';
import { readWavHeader, readWavMono } from './wav.ts';

const FRAMES_PER_READ = 65_536;

/** Opens a WAV file. @throws NotAudioError when its header cannot be used. */
export function openWav(bytes: Uint8Array): AudioSource {
  const file = readWavHeader(bytes);
  const block = new Float32Array(FRAMES_PER_READ);
  let at = 0;
  return {
    sampleRate: file.sampleRate,
    read() {
      const count = readWavMono(bytes, file, at, block);
      at += count;
      return count === 0 ? undefined : block.subarray(0, count);
    },
    close() {},
  };
}
