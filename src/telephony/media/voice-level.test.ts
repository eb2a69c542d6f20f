import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { VoiceLevel } from './voice-level.ts';

const random = seededRandom(4);

/** 20 ms of noise of this mean magnitude. */
function noise(level: number): Int16Array {
  return Int16Array.from({ length: 160 }, () => random.below(level * 4 + 1) - level * 2);
}

function share(level: VoiceLevel, frames: number, magnitude: number): number {
  let voiced = 0;
  for (let frame = 0; frame < frames; frame++) if (level.hear(noise(magnitude))) voiced++;
  return voiced / frames;
}

describe('VoiceLevel', () => {
  it('hears nothing in digital silence and in the hiss of a quiet line', () => {
    expect(share(new VoiceLevel(), 500, 0)).toBe(0);
    expect(share(new VoiceLevel(), 500, 60)).toBe(0);
  });

  it('hears voice at once, soft and loud', () => {
    for (const magnitude of [400, 3_000, 12_000]) expect(share(new VoiceLevel(), 25, magnitude)).toBe(1);
  });

  it('learns the noise of a line, and hears voice above it', () => {
    const level = new VoiceLevel();
    share(level, 500, 350);
    expect(share(level, 100, 350)).toBe(0);
    expect(share(level, 25, 2_500)).toBe(1);
  });

  it('does not take long loud sound for noise', () => {
    const level = new VoiceLevel();
    expect(share(level, 3_000, 4_000)).toBe(1);
  });

  it('takes an empty frame for silence', () => {
    expect(new VoiceLevel().hear(new Int16Array(0))).toBe(false);
  });
});
