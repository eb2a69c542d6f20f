import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AppError } from '../kernel/errors.ts';
import type { Speech } from '../speech/speech.ts';
import { holdMusic } from '../telephony/audio/hold-music.ts';
import type { Prompt } from '../telephony/audio/prompt.ts';

const neverAborted = new AbortController().signal;

/** What callers on hold hear unless another piece is asked for: this file, or a piece of our own. @throws AppError BAD_SETTING */
export async function loadHoldMusic(path: string | undefined, speech: Pick<Speech, 'stored'>): Promise<Prompt> {
  if (path === undefined) return holdMusic();
  try {
    const bytes = await readFile(path);
    const name = `hold music ${createHash('sha256').update(bytes).digest('hex')}`;
    const prompt = await speech.stored(name, async () => bytes, neverAborted);
    if (prompt.durationMs <= 0) throw new Error('it is empty');
    return prompt;
  } catch (error) {
    const reason = `cannot be played: ${error instanceof Error ? error.message : String(error)}`;
    throw new AppError('BAD_SETTING', { name: 'RINGFLOW_HOLD_MUSIC', reason }, { cause: error });
  }
}
