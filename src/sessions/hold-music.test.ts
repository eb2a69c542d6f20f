import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AppError } from '../kernel/errors.ts';
import { holdMusic } from '../telephony/audio/hold-music.ts';
import { makePrompt } from '../telephony/audio/make-prompt.ts';
import { loadHoldMusic } from './hold-music.ts';

const decoded = makePrompt(new Int16Array(800).fill(5));
const names: string[] = [];
const speech = {
  stored: async (name: string, load: (signal: AbortSignal) => Promise<Uint8Array>) => {
    names.push(name);
    const bytes = await load(new AbortController().signal);
    if (bytes[0] !== 82) throw new AppError('FILE_NOT_AUDIO', { reason: 'it is not sound' });
    return bytes.length > 1 ? decoded : makePrompt(new Int16Array(0));
  },
};

it('is a piece of our own unless a file is set, which has to be one that can be played', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ringflow-test-'));
  const path = join(folder, 'music.wav');
  try {
    expect(await loadHoldMusic(undefined, speech)).toBe(holdMusic());
    await writeFile(path, 'RIFF');
    expect(await loadHoldMusic(path, speech)).toBe(decoded);
    await writeFile(path, 'RIFF and more');
    expect(await loadHoldMusic(path, speech)).toBe(decoded);
    expect(new Set(names).size).toBe(2);
    for (const unfit of ['text', 'R']) {
      await writeFile(path, unfit);
      await expect(loadHoldMusic(path, speech)).rejects.toMatchObject({
        code: 'BAD_SETTING',
        message: expect.stringContaining('RINGFLOW_HOLD_MUSIC'),
      });
    }
    await expect(loadHoldMusic(join(folder, 'none.mp3'), speech)).rejects.toMatchObject({ code: 'BAD_SETTING' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
