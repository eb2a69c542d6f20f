/** A sine of the given peak (full scale = 1). */
export function sine(frequencyHz: number, sampleRate: number, seconds: number, peak = 0.5): Float32Array {
  const length = Math.round(seconds * sampleRate);
  return Float32Array.from({ length }, (_, index) => peak * Math.sin((2 * Math.PI * frequencyHz * index) / sampleRate));
}

/** The peak of the part of `samples` that is a sine of this frequency (one bin of a Fourier transform). */
export function peakAt(frequencyHz: number, sampleRate: number, samples: ArrayLike<number>): number {
  let real = 0;
  let imaginary = 0;
  for (let index = 0; index < samples.length; index++) {
    const angle = (2 * Math.PI * frequencyHz * index) / sampleRate;
    real += (samples[index] ?? 0) * Math.cos(angle);
    imaginary += (samples[index] ?? 0) * Math.sin(angle);
  }
  return (2 * Math.hypot(real, imaginary)) / samples.length;
}

/** Root of the mean square. */
export function rms(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < samples.length; index++) sum += (samples[index] ?? 0) ** 2;
  return Math.sqrt(sum / samples.length);
}

export interface WavParts {
  readonly tag?: number;
  readonly bits?: number;
  readonly channels?: number;
  readonly sampleRate?: number;
  /** The bytes of the data chunk. */
  readonly data: Uint8Array;
  /** Writes the format chunk of 40 bytes that wraps the tag. */
  readonly extensible?: boolean;
  /** Chunks before the data chunk. */
  readonly before?: readonly { readonly tag: string; readonly body: Uint8Array }[];
  /** What the sizes claim, when not the truth. */
  readonly riffSize?: number;
  readonly dataSize?: number;
}

/** Writes a WAV file, also a wrong one. */
export function buildWav(parts: WavParts): Uint8Array {
  const { tag = 1, bits = 16, channels = 1, sampleRate = 8000, data, extensible = false, before = [] } = parts;
  const format = Buffer.alloc(extensible ? 40 : 16);
  format.writeUInt16LE(extensible ? 0xfffe : tag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(sampleRate, 4);
  format.writeUInt32LE((sampleRate * channels * bits) / 8, 8);
  format.writeUInt16LE((channels * bits) / 8, 12);
  format.writeUInt16LE(bits, 14);
  if (extensible) {
    format.writeUInt16LE(22, 16);
    format.writeUInt16LE(bits, 18);
    format.writeUInt16LE(tag, 24);
    format.write('000000001000800000aa00389b71', 26, 'hex');
  }
  const chunks = [chunk('fmt ', format), ...before.map(({ tag: name, body }) => chunk(name, body)), chunk('data', data, parts.dataSize)];
  const body = Buffer.concat([Buffer.from('WAVE'), ...chunks]);
  return Buffer.concat([head('RIFF', parts.riffSize ?? body.length), body]);
}

/** 16 bit little-endian bytes of samples of full scale 1. */
export function pcm16(samples: Float32Array): Uint8Array {
  const bytes = Buffer.alloc(samples.length * 2);
  samples.forEach((sample, index) => {
    bytes.writeInt16LE(Math.round(sample * 32_767), index * 2);
  });
  return bytes;
}

function chunk(tag: string, body: Uint8Array, claimed = body.length): Buffer {
  return Buffer.concat([head(tag, claimed), body, Buffer.alloc(body.length % 2)]);
}

function head(tag: string, size: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.write(tag, 'latin1');
  bytes.writeUInt32LE(size, 4);
  return bytes;
}
