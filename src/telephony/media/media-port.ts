import type { Endpoint } from '../../wire/wire.ts';
import type { Prompt } from '../audio/prompt.ts';
import type { SrtpKeys } from '../rtp/srtp-suite.ts';
import type { MediaReport } from './media-report.ts';

export { masterBytes, type SrtpKeys, type SrtpMaster, type SrtpSuite } from '../rtp/srtp-suite.ts';

/** The ways to carry audio in RTP that we have, by their names in SDP. */
export const audioCodecs = ['PCMU', 'PCMA', 'G722', 'opus'] as const;
export type AudioCodec = (typeof audioCodecs)[number];

/** The clock of the RTP timestamps of each codec, in Hz (RFC 3551 section 4.5.2, RFC 7587 section 4.1), whatever it samples at. */
export const clockRates: Readonly<Record<AudioCodec, 8000 | 48_000>> = { PCMU: 8000, PCMA: 8000, G722: 8000, opus: 48_000 };

/** A payload type that may come, and what it carries. */
export interface AcceptedType {
  readonly payloadType: number;
  readonly codec: AudioCodec | 'telephone-event';
}

/** Whether digits are looked for in the audio: `fallback` is when the peer has not agreed to telephone-event. */
export type InbandDigitsPolicy = 'off' | 'fallback' | 'always';

/** Whose packets are the peer's: those of the endpoint in its SDP, or, as `latch` says, of who proves to be the peer behind a NAT (RFC 4961). */
export type RtpSourcePolicy = 'latch' | 'offered';

/** What offer and answer agreed on. */
export interface AgreedMedia {
  readonly remote: Endpoint;
  /** Where the peer wants RTCP: the same as `remote` when both share a port (RFC 5761); absent: on the port above that of `remote`. */
  readonly rtcp?: Endpoint;
  readonly codec: AudioCodec;
  readonly payloadType: number;
  /** What the peer may send besides `payloadType` (RFC 3264 section 7). */
  readonly accepts?: readonly AcceptedType[];
  /** Payload type of telephone-event (RFC 4733), or absent when it was not agreed. */
  readonly telephoneEvent?: number;
  /** The clock of telephone-event in Hz, when it is not that of the codec. */
  readonly telephoneEventRate?: number;
  /** Whether digits that a bridge has for the peer go to `onDigitForPeer`, to be told beside the stream. */
  readonly digitsBeside?: boolean;
  /** Whether digits are looked for in the audio, as tones. */
  readonly inbandDigits?: boolean;
  /** Absent: latch. */
  readonly rtpSource?: RtpSourcePolicy;
  /** From our side: whether we may send, and whether we expect to receive (RFC 3264). */
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  /** Whether this is another party than the one agreed on before, which may go on to send for a while: what it sends is not the new one's. */
  readonly isAnother?: boolean;
  /** Whether it is we who hold the call. */
  readonly weHold?: boolean;
  /** The keys of SRTP; absent: RTP in clear. Secret: never log or store them. */
  readonly srtp?: SrtpKeys;
}

export interface PlayRules {
  /** A digit stops the prompt; the digit stays in the buffer for `collect`. */
  readonly interruptible: boolean;
}

export interface CollectRules {
  /** Most digits to take. */
  readonly max: number;
  /** Digits that end the input without being part of it. */
  readonly terminators: string;
  /** How long to wait for the first digit. */
  readonly firstMs: number;
  /** How long to wait for each further digit. */
  readonly betweenMs: number;
}

export interface Collected {
  readonly digits: string;
  readonly why: 'complete' | 'terminator' | 'timeout';
}

export interface RecordRules {
  /** Where the WAV file is written (16 bit, 8000 Hz, mono). It is readable at every moment, as far as its header was written. */
  readonly path: string;
  readonly maxMs: number;
  readonly terminators: string;
  /** Silence of this length ends the recording; 0 means that none does. */
  readonly silenceMs: number;
  readonly trimSilence: boolean;
}

export interface Recorded {
  readonly path: string;
  readonly durationMs: number;
  readonly bytes: number;
  readonly why: 'max' | 'terminator' | 'silence' | 'aborted';
  /** Whether anything but silence was heard. */
  readonly heard: boolean;
}

/** A room in which streams of one MediaPort hear each other, whatever threads they live in. It needs no closing: it is gone with who holds it. */
export interface AudioRoom {
  readonly id: number;
  /** What its threads share. */
  readonly memory: SharedArrayBuffer;
}

/** How both sides of a call share a file: one channel each, what is played on the left; or both in one channel. */
export type RecordingLayout = 'stereo' | 'mono';

/** What can be done to the recording of a whole call. What is said in a pause is left out of its file: no gap, no silence in its place. */
export type RecordingAction = 'pause' | 'resume' | 'stop';

/** The recording of a whole call. */
export interface CallRecorded extends Pick<Recorded, 'path' | 'durationMs' | 'bytes'> {
  /** What the disk was too slow for, in ms: it is silence in the file. Absent: nothing. */
  readonly lostMs?: number;
}

/**
 * One audio stream: a local port, and what is played to and heard from it. Every wait rejects with the signal's reason when
 * `signal` is aborted, and with an AbortError when the stream closes.
 */
export interface MediaStream {
  readonly local: Endpoint;
  /**
   * Begins to send: whatever is played, silence otherwise. The first packet leaves at once, and carries a prompt
   * whose `play` was called in the same turn. Called again when the agreement changes.
   */
  start(agreed: AgreedMedia): void;
  /** The call is answered: what came before was early media, and the report tells it apart. */
  answered(): void;
  /**
   * Plays after what is playing already. 'finished' comes with the last frame, in time for the next prompt to follow without a gap. Digits
   * that wait to be collected stop an interruptible prompt before it begins.
   */
  play(prompt: Prompt, rules: PlayRules, signal: AbortSignal): Promise<'finished' | 'barged'>;
  /** Takes digits, first those that were pressed before. One at a time. */
  collect(rules: CollectRules, signal: AbortSignal): Promise<Collected>;
  /** For how long nothing has come from the peer, neither audio nor a report, in ms; from the answer or the end of a hold at the soonest. */
  silentMs(): Promise<number>;
  /** Takes the press of a key that the peer tells beside the stream (SIP INFO). It counts once when it comes in the stream as well. */
  pressed(digit: string): void;
  /** Takes the digits that a bridge has for the peer, when the agreement says that they are told beside the stream. */
  onDigitForPeer: ((digit: string) => void) | undefined;
  /** Drops digits that were pressed but not yet collected. */
  clearDigits(): void;
  /**
   * Records what is heard. Once it has begun, neither an abort nor the end of the stream rejects: it resolves with 'aborted', so that what
   * was heard until then is kept. @throws the error of the disk.
   */
  record(rules: RecordRules, signal: AbortSignal): Promise<Recorded>;
  /**
   * Records both sides until it is stopped, the stream closes, or for a day, into a WAV file (16 bit, 8000 Hz): resolves when that is complete.
   * It goes on beside everything else, `record` too. Called in the turn of `start` it misses nothing. One at a time, several in turn.
   * @throws the error of the disk; Error when one goes on already
   */
  recordCall(path: string, layout: RecordingLayout): Promise<CallRecorded>;
  /** Does something to the recording of both sides that goes on, if there is one. */
  controlRecording(action: RecordingAction): void;
  /** Sends digits (0-9 * # A-D; `w` waits 500 ms) as telephone-events, or as tones when those were not agreed on. */
  sendDigits(digits: string, signal: AbortSignal): Promise<void>;
  /**
   * Joins this stream and `other`: each is sent what the other hears, digits too, until `unbridge`, or until one of them closes. What is
   * played to one of them comes before. Digits are still taken by `collect`. A stream is in one bridge at a time: a new one ends those before.
   * Between streams of different threads each packet costs a message more. @throws Error when one of them is closed, or the two are the same
   */
  bridge(other: MediaStream): void;
  /** Ends the bridge that this stream is in, if any. */
  unbridge(): void;
  /**
   * Puts the stream into a room: it is sent the sum of all others there, and they hear it, unless it is muted. What is played to it comes before.
   * It is in one room or one bridge at a time: a new one ends that before. Digits are not passed on.
   * @throws an AbortError when the stream is closed
   */
  joinRoom(room: AudioRoom, muted: boolean): void;
  /** Whether the others hear it. Does nothing outside of a room. */
  muteInRoom(muted: boolean): void;
  /** Takes it out of the room that it is in, if any. */
  leaveRoom(): void;
  /** Calls `handler` when the thread of the stream has died, and with it the stream, whose waits have rejected by then. */
  onLost(handler: () => void): void;
  /** Gives the port back. Idempotent: each call answers the same report. */
  close(): Promise<MediaReport>;
}

/** Where streams come from. */
export interface MediaPort {
  /**
   * Opens a local port. @throws AppError NO_CAPACITY when none is free.
   * @param near a stream that the new one may be bridged with, which costs less in the same thread: it is opened there if there is room
   */
  open(near?: MediaStream): Promise<MediaStream>;
  /** A new room for streams of this port. */
  openRoom(): AudioRoom;
  /** Streams that are open now. */
  readonly openStreams: number;
  close(): Promise<void>;
}
