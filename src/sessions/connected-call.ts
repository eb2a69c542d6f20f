import type { PromptMaker } from '../flow/call-prompts.ts';
import type { StoredHold } from '../store/session-rows.ts';
import type { AnsweredCall } from '../telephony/port.ts';
import { HoldableCall } from './holdable-call.ts';
import { noSuchCall } from './no-such-call.ts';
import type { SessionConference, SessionConferenceParts } from './session-conference.ts';
import { SessionRecording, type SessionRecordingParts } from './session-recording.ts';

export interface ConnectedCallParts extends SessionRecordingParts, Pick<SessionConferenceParts, 'callSid' | 'onPartyReport'> {
  readonly call: AnsweredCall;
  readonly newConference: NewConference;
  /** What who is on hold hears. */
  readonly sounds: Pick<PromptMaker, 'file' | 'holdMusic'>;
  /** The hold has changed. */
  readonly onHold: () => void;
  /** What is said of the conference has changed. */
  readonly onConference: () => void;
}

/** Makes the way of a call into conferences. */
export type NewConference = (
  call: AnsweredCall,
  parts: Pick<SessionConferenceParts, 'callSid' | 'note' | 'onChanged' | 'onPartyReport'>,
) => SessionConference;

export interface HoldRequest extends StoredHold {
  readonly callSid?: string;
  /** The id of a file of the account. */
  readonly audioFile?: string;
}

const neverAborted = new AbortController().signal;

/** The call of a session from its answer on: what can be done to it besides its flow. */
export class ConnectedCall {
  /** The call, which may be joined with somebody and be put on hold. */
  readonly line: HoldableCall;
  /** Of the whole call. */
  readonly recording: SessionRecording;
  /** What it does in conferences. */
  readonly conference: SessionConference;
  readonly #parts: Pick<ConnectedCallParts, 'sounds' | 'callSid'>;

  constructor(parts: ConnectedCallParts) {
    this.#parts = parts;
    const { call, note, callSid, onPartyReport, newConference, onHold, onConference } = parts;
    this.recording = new SessionRecording(parts);
    this.line = new HoldableCall({ call, note, holdMusic: () => parts.sounds.holdMusic(), onChanged: onHold });
    this.conference = newConference(call, { callSid, note, onChanged: onConference, onPartyReport });
  }

  /** What is written down of the hold that there is; undefined: the call is not on hold. */
  get held(): StoredHold | undefined {
    return this.line.state;
  }

  /** See LiveSession.hold. */
  async hold({ callSid, audioFile, ...state }: HoldRequest): Promise<void> {
    const { sounds, callSid: own } = this.#parts;
    const music = audioFile ? await sounds.file(audioFile, neverAborted) : await sounds.holdMusic();
    const isOwn = callSid !== undefined && callSid === own();
    if (callSid !== undefined && !isOwn && callSid !== this.line.partyCallId) {
      throw noSuchCall();
    }
    await this.line.hold({ ...state, holder: isOwn ? 'session' : 'party', music });
  }
}
