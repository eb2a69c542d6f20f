import type { AudioSource, Refuse } from './audio-source.ts';
import { readWavHeader, readWavMono, WavError } from './wav.ts';

const FRAMES_PER_READ = 65_536;

/** Opens a WAV file. @throws what `refuse` makes of the reason when its header cannot be used. */
export function openWav(bytes: Uint8Array, refuse: Refuse): AudioSource {
  const file = header(bytes, refuse);
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

function header(bytes: Uint8Array, refuse: Refuse) {
  try {
    return readWavHeader(bytes);
  } catch (error) {
    if (error instanceof WavError) throw refuse(error.message);
    throw error;
  }
}
