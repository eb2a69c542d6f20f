import { unlink } from 'node:fs/promises';
import type { Files } from '../directory/files.ts';
import type { PromptMaker } from '../flow/call-prompts.ts';
import type { Recordings } from '../flow/flow-host.ts';
import type { Speech } from '../speech/speech.ts';
import type { Prompt } from '../telephony/audio/prompt.ts';
import { beep, ringing } from '../telephony/audio/tone.ts';
import { type FolderRecording, type RecordingFolder, recordingAt } from './recording-folder.ts';

/** What calls of one account can play. */
export function accountSounds(speech: Speech, files: Pick<Files, 'prompt'>, music: Prompt, accountId: string): PromptMaker {
  return {
    speech: (text, voice, signal) => speech.prompt(text, voice === undefined ? {} : { voice }, signal),
    file: (fileId, signal) => files.prompt(accountId, fileId, signal),
    beep,
    ringing,
    holdMusic: () => music,
  };
}

/**
 * Where the recordings of one session go: into a folder first, and among the files of the account when they are complete. One that cannot be stored
 * then is handed to `later`.
 */
export function sessionRecordings(
  files: Pick<Files, 'saveRecording'>,
  folder: Pick<RecordingFolder, 'newPath'>,
  { accountId, sessionId }: { readonly accountId: string; readonly sessionId: string },
  later: (recording: FolderRecording) => void,
): Recordings {
  return {
    newPath: () => folder.newPath(sessionId),
    save: async ({ path, durationMs, bytes }) => {
      const recording = recordingAt(path);
      if (!recording) throw new Error(`Not a path of the recordings: ${path}`);
      try {
        await files.saveRecording({ id: recording.fileId, accountId, sessionId, path, durationMs, bytes });
      } catch (error) {
        later(recording);
        throw error;
      }
      return recording.fileId;
    },
    leave: (path) => {
      const recording = recordingAt(path);
      if (recording) later(recording);
    },
    discard: ({ path }) => unlink(path),
  };
}
