import type { Recordings } from '../flow/flow-host.ts';
import type { Logger } from '../kernel/log.ts';
import type { AnsweredCall } from '../telephony/port.ts';
import { brokenRecording, lostAudio } from './session-recording.ts';

export interface TalkRecordingParts {
  readonly sessionId: string;
  readonly recordings: Recordings;
  /** A line for the log of the session. */
  readonly note: (message: string) => void;
  readonly log: Logger;
}

/**
 * Keeps what both say who are joined, until `call`, the one that was placed, is over. Answers the id of the recording, or undefined when there is
 * none. Never rejects: a call is worth more than its recording.
 */
export async function recordTalk(
  call: Pick<AnsweredCall, 'recordCall'>,
  { sessionId, recordings, note, log }: TalkRecordingParts,
): Promise<string | undefined> {
  const path = recordings.newPath();
  try {
    const recorded = await call.recordCall(path, 'stereo').catch((error: unknown) => {
      recordings.leave(path);
      throw error;
    });
    if (recorded.lostMs !== undefined) note(lostAudio(recorded.lostMs));
    return await recordings.save(recorded);
  } catch (error) {
    note(brokenRecording);
    log.error({ err: error, sessionId }, 'A joined call could not be recorded');
    return undefined;
  }
}
