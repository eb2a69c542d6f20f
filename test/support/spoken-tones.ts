import type { PromptMaker } from '../../src/flow/call-prompts.ts';
import { type Clock, sleep } from '../../src/kernel/clock.ts';
import { AppError } from '../../src/kernel/errors.ts';
import { makePrompt } from '../../src/telephony/audio/make-prompt.ts';
import { beep, ringing, tone } from '../../src/telephony/audio/tone.ts';
import type { Prompt } from '../../src/telephony/port.ts';

/** The mu-law code of the music that is played to who is on hold, and the id of a file that is all of code 9. */
export const MUSIC = 7;
export const OTHER_MUSIC = 'other-music';

interface Speech {
  readonly speechMs?: number;
  readonly speechFails?: boolean;
}

/** Each text is a tone of 20 ms per character, so that a test can say how long it takes. It is made once. */
export function spokenAsTones(clock: Clock, { speechMs = 0, speechFails = false }: Speech): PromptMaker {
  const tones = new Map<number, Prompt>();
  return {
    speech: async (text, _voice, signal) => {
      if (speechFails) throw new AppError('SPEECH_FAILED', {});
      if (speechMs > 0) await sleep(clock, speechMs, signal);
      const spoken = tones.get(text.length) ?? makePrompt(tone(400, text.length * 20, -15));
      tones.set(text.length, spoken);
      return spoken;
    },
    file: async (fileId) => (fileId === OTHER_MUSIC ? steadyPrompt(9, 1000) : makePrompt(tone(600, 1000, -15))),
    beep,
    ringing,
    holdMusic: () => steadyPrompt(MUSIC, 1000),
  };
}

/** The same mu-law code all the time, so that a test knows it again. */
function steadyPrompt(code: number, durationMs: number): Prompt {
  const bytes = new SharedArrayBuffer(durationMs * 8);
  new Uint8Array(bytes).fill(code);
  return { id: `code-${code}`, durationMs, pcmu: bytes, pcma: bytes };
}
