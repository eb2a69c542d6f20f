import { randomUUID } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Files } from '../directory/files.ts';
import type { PromptMaker } from '../flow/call-prompts.ts';
import type { Recordings } from '../flow/flow-host.ts';
import type { Speech } from '../speech/speech.ts';
import { beep, ringing } from '../telephony/audio/tone.ts';

/** What calls of one account can play. */
export function accountSounds(speech: Speech, files: Pick<Files, 'prompt'>, accountId: string): PromptMaker {
  return {
    speech: (text, voice, signal) => speech.prompt(text, voice === undefined ? {} : { voice }, signal),
    file: (fileId, signal) => files.prompt(accountId, fileId, signal),
    beep,
    ringing,
  };
}

/** Where the recordings of one session go: into a folder first, and among the files of the account when they are complete. */
export function sessionRecordings(
  files: Pick<Files, 'saveRecording'>,
  folder: string,
  session: { readonly accountId: string; readonly sessionId: string },
): Recordings {
  return {
    newPath: () => join(folder, `${session.sessionId}-${randomUUID()}.wav`),
    save: ({ path, durationMs, bytes }) => files.saveRecording({ ...session, path, durationMs, bytes }),
    discard: ({ path }) => unlink(path),
  };
}
