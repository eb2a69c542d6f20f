import { readWavHeader, readWavMono } from '../../src/telephony/audio/wav.ts';
import { peakAt } from './sound.ts';

/** The samples of a WAV file, of full scale 1. */
export function samplesOf(wav: Uint8Array): { samples: Float32Array; rate: number } {
  const header = readWavHeader(wav);
  const samples = new Float32Array(header.frames);
  readWavMono(wav, header, 0, samples);
  return { samples, rate: header.sampleRate };
}

/** The loudest tone of this frequency in any 100 ms: over longer, a frame that a jitter buffer leaves out changes its phase. */
export function loudest(hz: number, { samples, rate }: { samples: Float32Array; rate: number }): number {
  const size = rate / 10;
  const windows = Array.from({ length: Math.floor(samples.length / size) }, (_, index) =>
    samples.subarray(index * size, (index + 1) * size),
  );
  return Math.max(...windows.map((window) => peakAt(hz, rate, window)));
}
