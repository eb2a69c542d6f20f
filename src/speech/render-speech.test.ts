import { describe, expect, it } from 'vitest';
import { buildWav, pcm16, peakAt, rms, sine } from '../../test/support/sound.ts';
import type { Flite } from './flite.ts';
import { renderSpeech, SpeechTooLongError } from './render-speech.ts';

const noTurn = async (): Promise<void> => {};

/** An engine that hums one second for every piece, and remembers the pieces. */
function hummingEngine(seconds = 1): { engine: Flite; pieces: string[] } {
  const pieces: string[] = [];
  const wav = buildWav({ sampleRate: 16_000, data: pcm16(sine(800, 16_000, seconds, 0.1)) });
  const engine: Flite = (text) => {
    pieces.push(text);
    return wav;
  };
  return { engine, pieces };
}

describe('rendering', () => {
  it('joins the pieces, at 8000 Hz and at the level of the telephone', async () => {
    const { engine, pieces } = hummingEngine();
    const pcm = await renderSpeech(engine, 'This is a sentence. '.repeat(25).trim(), 'rms', noTurn);
    expect(pieces.length).toBe(3);
    expect(pcm.length).toBe(3 * 8000);
    expect(20 * Math.log10(rms(pcm) / 32_768)).toBeCloseTo(-18, 0);
    expect(peakAt(800, 8000, pcm) / (rms(pcm) * Math.SQRT2)).toBeGreaterThan(0.95);
  });

  it('asks for a turn before each piece, and stops when that is refused', async () => {
    const { engine, pieces } = hummingEngine();
    const stop = new Error('stop');
    let turns = 0;
    const rendering = renderSpeech(engine, 'word '.repeat(200).trim(), 'rms', async () => {
      if (++turns === 3) throw stop;
    });
    await expect(rendering).rejects.toBe(stop);
    expect(pieces).toHaveLength(2);
  });

  it('gives up when the speech gets longer than ten minutes', async () => {
    const { engine, pieces } = hummingEngine(200);
    await expect(renderSpeech(engine, 'word '.repeat(800).trim(), 'rms', noTurn)).rejects.toBeInstanceOf(SpeechTooLongError);
    expect(pieces.length).toBeLessThanOrEqual(4);
  });

  it('hands the failure of the engine on', async () => {
    const failure = new Error('unreachable');
    const engine: Flite = () => {
      throw failure;
    };
    await expect(renderSpeech(engine, 'Hello.', 'rms', noTurn)).rejects.toBe(failure);
  });
});
