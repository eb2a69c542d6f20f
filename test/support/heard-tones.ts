import { vi } from 'vitest';
import { readWavHeader, readWavMono } from '../../src/telephony/audio/wav.ts';
import { peakAt, rms } from './sound.ts';

const MOMENT_MS = 100;
/** Of full scale. */
const AUDIBLE = 0.01;

/** The samples of a WAV file, of full scale 1. */
export function samplesOf(wav: Uint8Array): Heard {
  const header = readWavHeader(wav);
  const samples = new Float32Array(header.frames);
  readWavMono(wav, header, 0, samples);
  return { samples, rate: header.sampleRate };
}

export interface Heard {
  readonly samples: Float32Array;
  readonly rate: number;
}

/** What is heard, in pieces of 100 ms: over longer, a frame that a jitter buffer leaves out changes the phase of a tone. */
export function momentsOf({ samples, rate }: Heard): Heard[] {
  const size = (rate * MOMENT_MS) / 1000;
  return Array.from({ length: Math.floor(samples.length / size) }, (_, index) => ({
    samples: samples.subarray(index * size, (index + 1) * size),
    rate,
  }));
}

/** The loudest tone of this frequency in any 100 ms. */
export function loudest(hz: number, heard: Heard): number {
  return Math.max(...momentsOf(heard).map(({ samples, rate }) => peakAt(hz, rate, samples)));
}

const WAV_HEADER_BYTES = 44;
const HEARD_WITHIN_MS = 15_000;

/**
 * Waits until a phone, which is still on the phone, has heard a tone of this frequency at this level.
 * @throws when it has not within 15 s
 */
export async function hearing(hz: number, phone: HearingPhone, level = 0.1): Promise<void> {
  const look = async (): Promise<void> => {
    const wav = await phone.heardSoFar();
    if (wav === undefined || loudest(hz, unfinished(wav)) < level) throw new Error(`No tone of ${hz} Hz has been heard`);
  };
  await vi.waitFor(look, { timeout: HEARD_WITHIN_MS, interval: 200 });
}

/** A phone that says what it has heard so far. */
export interface HearingPhone {
  heardSoFar(): Promise<Uint8Array | undefined>;
}

/** What the phone hears from now on, and nothing of what it has heard before. */
export async function fromNowOn(phone: HearingPhone): Promise<HearingPhone> {
  const before = (await phone.heardSoFar())?.length ?? WAV_HEADER_BYTES;
  return {
    heardSoFar: async () => {
      const wav = await phone.heardSoFar();
      return wav && Buffer.concat([wav.subarray(0, WAV_HEADER_BYTES), wav.subarray(before - (before % 2))]);
    },
  };
}

/** The loudest tone of this frequency that a phone, which is still on the phone, has heard. */
export async function loudestSoFar(hz: number, phone: HearingPhone): Promise<number> {
  const wav = await phone.heardSoFar();
  return wav === undefined ? 0 : Math.max(0, loudest(hz, unfinished(wav)));
}

/** Waits until a phone, which is still on the phone, has heard sound, of whatever kind, for this long. @throws when it has not within 15 s */
export async function hearingSound(ms: number, phone: HearingPhone): Promise<void> {
  const look = async (): Promise<void> => {
    const wav = await phone.heardSoFar();
    const loud = wav === undefined ? [] : momentsOf(unfinished(wav)).filter(({ samples }) => rms(samples) > AUDIBLE);
    if (loud.length * MOMENT_MS < ms) throw new Error(`No ${ms} ms of sound have been heard`);
  };
  await vi.waitFor(look, { timeout: HEARD_WITHIN_MS, interval: 100 });
}

/** The samples of the first channel of a WAV file of 16 bits that is being written: its header does not say yet how long it is. */
function unfinished(wav: Uint8Array): { samples: Float32Array; rate: number } {
  const bytes = new DataView(wav.buffer, wav.byteOffset, wav.byteLength);
  if (bytes.byteLength < WAV_HEADER_BYTES) return { samples: new Float32Array(), rate: 8000 };
  const frameBytes = 2 * bytes.getUint16(22, true);
  const samples = new Float32Array(Math.floor((bytes.byteLength - WAV_HEADER_BYTES) / frameBytes));
  for (const index of samples.keys()) samples[index] = bytes.getInt16(WAV_HEADER_BYTES + frameBytes * index, true) / 32_768;
  return { samples, rate: bytes.getUint32(24, true) };
}
