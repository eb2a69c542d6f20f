import type { Endpoint, WireKind } from '../wire/wire.ts';
import type { Prompt } from './audio/prompt.ts';
import type {
  AudioCodec,
  AudioRoom,
  CallRecorded,
  Collected,
  CollectRules,
  InbandDigitsPolicy,
  PlayRules,
  Recorded,
  RecordingAction,
  RecordingLayout,
  RecordRules,
  RtpSourcePolicy,
} from './media/media-port.ts';
import type { MediaReport } from './media/media-report.ts';
import type { SrtpPolicy } from './sdp/srtp-offer.ts';
import type { TransferOutcome } from './sip/refer-progress.ts';
import type { RegisterResult } from './sip/registration-client.ts';

import type { Binding } from './sip-users.ts';
import type { DigitTransport } from './told-digits.ts';

export { diagnose as diagnoseMedia, isOneWay as isOneWayAudio } from './media/diagnose.ts';
export { endpointText } from './media/endpoint-text.ts';
export { estimateHeard as estimateHeardQuality, estimateSaid as estimateSaidQuality } from './media/estimate-mos.ts';
export { type DigestSecrets, digestSecrets } from './sip/digest.ts';
export { isExtraHeaderName as isTrunkHeaderName } from './sip/extra-headers.ts';
export { PROGRESS_MS } from './sip/invite-failover.ts';
export { isServerFailure } from './sip/server-failure.ts';
export type { Binding, BindingChange, SipUser, SipUsers } from './sip-users.ts';
export type {
  AudioCodec,
  AudioRoom,
  CallRecorded,
  Collected,
  CollectRules,
  DigitTransport,
  InbandDigitsPolicy,
  MediaReport,
  PlayRules,
  Prompt,
  Recorded,
  RecordingAction,
  RecordingLayout,
  RecordRules,
  RegisterResult,
  RtpSourcePolicy,
  SrtpPolicy,
  TransferOutcome,
};

/** Why a leg is over. */
export interface LegEnd {
  readonly why:
    | 'callee-hung-up'
    | 'caller-hung-up'
    | 'we-hung-up'
    | 'busy'
    | 'rejected'
    | 'no-answer'
    | 'unreachable'
    | 'number-not-found'
    | 'cancelled'
    | 'failed';
  /** The SIP status that ended it, when there was one. */
  readonly sip?: number;
  /** The reason phrase or the error, for people. */
  readonly reason?: string;
  /** How long the peer asks not to be called again (Retry-After). */
  readonly retryAfterMs?: number;
  /** Whether that status is one that the peer has sent, not our word for its silence. */
  readonly isPeersWord?: boolean;
}

/** A call that is up, as flows see it: they can play, listen and hang up. Waits follow the rules of MediaStream. */
export interface CallLeg {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly from: string;
  readonly to: string;
  play(prompt: Prompt, rules: PlayRules, signal: AbortSignal): Promise<'finished' | 'barged'>;
  collect(rules: CollectRules, signal: AbortSignal): Promise<Collected>;
  clearDigits(): void;
  record(rules: RecordRules, signal: AbortSignal): Promise<Recorded>;
  sendDigits(digits: string, signal: AbortSignal): Promise<void>;
  /**
   * Asks the other side to call somebody else instead of us (RFC 3515): a number or a SIP URI. Resolves with what came of it, at the latest
   * after a minute and a half. The call itself goes on until one side hangs up, also when it has worked.
   */
  transfer(to: string, signal: AbortSignal): Promise<TransferOutcome>;
  /** Hangs up when what was played to its end has been heard there. Resolves when the leg is over; idempotent. */
  hangup(): Promise<void>;
}

/** A call that is up, as sessions see it. */
export interface AnsweredCall extends CallLeg {
  /** Records both sides from now until it is stopped or the call is over, beside whatever flows do. See MediaStream. */
  recordCall(path: string, layout: RecordingLayout): Promise<CallRecorded>;
  /** Does something to the recording of both sides that goes on, if there is one. */
  controlRecording(action: RecordingAction): void;
  /**
   * Joins this call and `other`: each side hears the other, digits too, until `unbridge`, or until one of them is over. What is played to one
   * side comes before, and digits can still be collected. A call is in one bridge at a time: a new one ends those before.
   * @throws Error when one of them is over
   */
  bridge(other: AnsweredCall): void;
  /** Ends the bridge that this call is in, if any. */
  unbridge(): void;
  /**
   * Puts the call into a room: it hears the sum of all others there, and unless it is muted they hear it, until it leaves or is over. What is
   * played to it comes before, and digits can still be collected; they are not passed on. A call is in one room or one bridge at a time: a new
   * one ends that before. @throws Error when the call is over
   */
  joinRoom(room: AudioRoom, muted: boolean): void;
  /** Whether the others in the room hear it. Does nothing while it is in none. */
  muteInRoom(muted: boolean): void;
  /** Takes it out of the room that it is in, if any. */
  leaveRoom(): void;
  /**
   * Holds the call, or resumes it: the other side is told so in a re-INVITE. While we hold it hears what is played, and nothing that it
   * says is taken. Resolves when the other side agrees. When it holds the call itself, nothing is sent until both have resumed.
   * @throws Error when it refuses, in which case everything stays as it was, or when the call is over; or the signal's reason
   */
  hold(on: boolean, signal: AbortSignal): Promise<void>;
  /**
   * As `transfer`, with the other side of `other`, which is up: the new call takes the place of that one there (an attended transfer, RFC 5589
   * section 7). `other` too goes on until one side hangs up; a telephone that knows Replaces does that at once. `onAccepted`
   * is called when the other side is willing, before it tells how that went.
   */
  transferTo(other: AnsweredCall, onAccepted: () => void, signal: AbortSignal): Promise<TransferOutcome>;
  /** Whether the other side holds the call, so that it hears nothing of it (RFC 3264 section 8.4). */
  readonly isHolding: boolean;
  /** Calls `listener`, in the place of the one before, when `isHolding` has changed. Answers how to end that. */
  onHolding(listener: () => void): () => void;
  /** Has transfers decided on that the other side asks for, from now on; undefined: they are declined, as they are at first. */
  onTransfer(decide: TransferDecision | undefined): void;
}

/** What the other side of a call asks for with a REFER (RFC 3515): that we call somebody else in its place. */
export interface TransferAsked {
  /** The user part of the address: a number, or a name. Anybody can write anything into it. */
  readonly to: string;
  /**
   * Instead of a new call: another call of who asks, of which the other side is wanted (an attended transfer, RFC 5589 section 7);
   * 'unknown' when there is no such call, or somebody else has it.
   */
  readonly replaces?: AnsweredCall | 'unknown';
}

/**
 * Tells who asks for a transfer how it goes: by SIP statuses, of which the first final one is the last. Resolves when that one has arrived, or
 * never will, which takes half a minute at the most after it. Never rejects.
 */
export type TellTransfer = (status: number, reason: string) => Promise<void>;

/** Decides on a transfer that is asked for: answers what begins it, undefined to decline. */
export type TransferDecision = (asked: TransferAsked) => ((tell: TellTransfer) => void) | undefined;

/** A host that speaks SIP. */
export interface SipHost {
  /** A host name or an IP address. */
  readonly host: string;
  /** Absent: what SRV records of the host say, else the port of the transport. */
  readonly port?: number | undefined;
  /** Absent: what NAPTR and SRV records of the host say, else UDP (RFC 3263). */
  readonly transport?: WireKind | undefined;
}

/** An address of ours at a carrier. */
export interface RegistrationRequest extends SipHost {
  readonly user: string;
  /** The domain of the address; absent: the host. */
  readonly domain?: string;
  /** The user part under which the carrier sends us calls. */
  readonly contactUser: string;
  readonly credentials?: { readonly userName: string; readonly password: string };
}

/** One address at one registrar. */
export interface Registration {
  /**
   * Registers for so long, or ends the registration (0), at the first server of the host that serves (RFC 3263 section 4.3); one that has answered 503 with
   * Retry-After is left alone for as long, while there are others. Never rejects; an abort counts as silence.
   */
  register(expiresSeconds: number, signal: AbortSignal): Promise<RegisterResult>;
  /** Ends what goes on because of it: keeping the way back open, telling that it is gone, and the way that its registrar has named for calls. Tells the registrar nothing. Idempotent. */
  close(): void;
}

/** Where and how a call is to be placed. */
export interface DialRequest {
  readonly legId: string;
  /** E.164 numbers. */
  readonly to: string;
  readonly from: string;
  readonly trunk: SipHost & {
    readonly userName?: string;
    readonly password?: string;
    /** Whether the audio is encrypted; absent: off. */
    readonly srtp?: SrtpPolicy;
    /** Whether digits are looked for in the audio; absent: when telephone-event was not agreed on. */
    readonly inbandDigits?: InbandDigitsPolicy;
    /** Whose packets are the peer's; absent: latch. */
    readonly rtpSource?: RtpSourcePolicy;
    /** How digits are sent; absent: in the stream. */
    readonly digits?: DigitTransport;
    /**
     * What is offered, exactly these, at least one, in order of preference, but that of the call beside which it is placed first. Absent: PCMU,
     * PCMA, G722.
     */
    readonly codecs?: readonly AudioCodec[];
  };
  /** Where the peer may redirect the call to (RFC 3261 section 8.1.3.4); absent: nowhere. */
  readonly redirects?: {
    readonly hosts: readonly SipHost[];
    /** Whether it may be redirected to this user part of a URI. */
    readonly allows: (user: string) => boolean;
  };
  readonly ringTimeoutMs: number;
  /** How long the peer may take to answer anything at all, before the leg ends as unreachable; absent: 32 s. */
  readonly responseTimeoutMs?: number;
  /**
   * How long the peer may take, once it has said 100, until it says more, before the leg ends as unreachable. Who rings or answers as it is
   * given up keeps the call. Absent: as long as it may ring.
   */
  readonly progressTimeoutMs?: number;
  /** How the two sides are written; absent: in E.164, with the host that is called as their domain, and no more than From. */
  readonly parties?: {
    /** User parts of the URIs: digits, `*` and `+`. */
    readonly called: string;
    readonly caller: string;
    readonly domain?: string;
    /** Which header names the caller besides From: P-Asserted-Identity, P-Preferred-Identity or none. */
    readonly identity: 'none' | 'asserted' | 'preferred';
    /** The callee shall not see who calls. */
    readonly anonymous: boolean;
    /** Whom the call was for at first: named in Diversion (RFC 5806). */
    readonly divertedFrom?: string;
  };
  /** Headers of the INVITE besides the ordinary ones; see `isTrunkHeaderName`. A call with any other is not placed. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What happens on a leg, in order. `answered` and `ended` come at most once; nothing comes after `ended`. */
export interface LegEvents {
  /** The INVITE has left, or is about to be answered. `callId` is the SIP Call-ID. */
  sent(callId: string): void;
  ringing(status: number): void;
  /** What the callee sends before the answer can be heard: the call may be bridged, and nothing else. At most once. */
  earlyMedia?(call: AnsweredCall): void;
  answered(call: AnsweredCall): void;
  /** The state of the dialog that another process would need to go on with the call. Changes rarely. */
  stateChanged(state: Readonly<Record<string, unknown>>): void;
  ended(end: LegEnd, media: MediaReport): void;
}

/** Where a request came from. */
export interface CallSource extends Endpoint {
  readonly transport: WireKind;
}

/** A user who has shown to know the password. */
export interface CallingUser {
  readonly userId: string;
  readonly userName: string;
}

/**
 * A call that somebody places to us. It has to be refused, or answered by way of `reserve`; until then its caller waits, a minute at the
 * most. When its caller gives up nothing is told: an answer then ends as 'cancelled'.
 */
export interface IncomingCall {
  /** The SIP Call-ID. */
  readonly callId: string;
  /** User part of From, as a number; '' when there is none. Anybody can write anything into it. */
  readonly from: string;
  /** Who calls by P-Asserted-Identity (RFC 3325), unless it is to be kept: users and numbers, as written. Only trusted peers are to be believed. */
  readonly asserted: readonly string[];
  /** For whom the call was before it was forwarded to us, who forwarded it last first: users and numbers, as written. To be believed as `asserted`. */
  readonly forwarders: readonly string[];
  /** User part of To. */
  readonly to: string;
  /** User part of the Request-URI: whom the caller, or the proxy before us, wants to reach. */
  readonly dialled: string;
  readonly source: CallSource;
  /** Whether the caller presents credentials of a user, right or wrong. */
  readonly hasCredentials: boolean;
  /**
   * Finds out which user calls, by digest. Undefined: the caller was asked for a password or was refused, and nothing is left to do.
   * @throws AppError STORE_UNAVAILABLE
   */
  identify(): Promise<CallingUser | undefined>;
  /** Lets the caller hear that it rings. */
  ring(): void;
  /** Refuses the call with this SIP status. Does nothing when it is over. */
  reject(status: number, retryAfterSeconds?: number): void;
  /**
   * Takes a media port to answer with. @throws AppError NO_CAPACITY when there is none left.
   * @param near a call that this one may be bridged with
   */
  reserve(near?: AnsweredCall): Promise<IncomingSlot>;
}

/** How an incoming call is answered. */
export interface AnswerRequest {
  readonly legId: string;
  /** E.164 numbers, or what else the session calls the two sides. */
  readonly from: string;
  readonly to: string;
  /** Whether the audio is encrypted; absent: off. */
  readonly srtp?: SrtpPolicy;
  /** Whether digits are looked for in the audio; absent: when telephone-event was not agreed on. */
  readonly inbandDigits?: InbandDigitsPolicy;
  /** Whose packets are the peer's; absent: latch. */
  readonly rtpSource?: RtpSourcePolicy;
  /** How digits are sent; absent: in the stream. */
  readonly digits?: DigitTransport;
  /** Which codecs are taken; the order is that of the caller. Absent: all that we have. */
  readonly codecs?: readonly AudioCodec[];
}

/** A media port that is held for one incoming call. It is used once: by `answer`, or given back by `release`. */
export interface IncomingSlot {
  /** Whether `answer` could take the offer of the call; also when it has none yet. */
  takesOffer(media: Pick<AnswerRequest, 'srtp' | 'codecs'>): boolean;
  /** Answers the call. Never throws: everything that follows is an event, also that its caller has given up. */
  answer(request: AnswerRequest, events: LegEvents): PlacedCall;
  /** Gives the port back when the call is not answered. */
  release(): Promise<void>;
}

/** A call that is being placed or is up. */
export interface PlacedCall {
  /**
   * Hangs up at once: CANCEL before the answer, BYE after it. Resolves when the leg is over; idempotent.
   * @param why somebody else has answered: phones then do not show the call as missed
   */
  end(why?: 'answered-elsewhere'): Promise<void>;
}

/** Whose phones are to ring, and for how long. */
export interface RingRequest {
  readonly legId: string;
  /** The SIP user name. */
  readonly to: string;
  readonly from: string;
  /** Where the phones of the user are; at least one. */
  readonly bindings: readonly Binding[];
  readonly ringTimeoutMs: number;
  /** Whether the audio is encrypted; absent: off. */
  readonly srtp?: SrtpPolicy;
  /** How digits are sent; absent: in the stream. */
  readonly digits?: DigitTransport;
}

/** A media port that is held for one call. It is used once: by `dial` or `ring`, or given back by `release`. */
export interface CallSlot {
  /** Places the call. Never throws: everything that follows is an event, also that the trunk cannot be reached. */
  dial(request: DialRequest, events: LegEvents): PlacedCall;
  /** Rings all phones of a user at once: the first that answers has the call, the others stop ringing. As `dial`, it never throws. */
  ring(request: RingRequest, events: LegEvents): PlacedCall;
  /** Gives the port back when no call is placed. */
  release(): Promise<void>;
}

/** Places calls. The only door to telephony for the layers above. */
export interface Telephony {
  /**
   * Takes a media port for a call that is about to be placed. @throws AppError NO_CAPACITY when there is none left.
   * @param near a call for which the new one is placed: they may be bridged, so the new one is offered the codec of that one first, if it may have
   * it at all; and it passes as many systems as that one still might (RFC 7332); when that is none, it ends with 483
   */
  reserve(near?: AnsweredCall): Promise<CallSlot>;
  /**
   * Asks a host whether it is there (OPTIONS): all its servers at once. Answers the status of the first response by which one of them serves, else of any
   * other; undefined when there is none. Never rejects.
   */
  ping(target: SipHost, signal: AbortSignal): Promise<number | undefined>;
  /**
   * An address that may be registered at a carrier; nothing is sent yet. `onLost` is called when the TCP or TLS connection over which it is registered
   * is gone (RFC 5626 section 4.4): until it is registered again, calls may not come in.
   */
  registration(request: RegistrationRequest, onLost?: () => void): Registration;
  /** A new room for any calls of this telephony. It needs no closing. */
  openRoom(): AudioRoom;
  /**
   * Says BYE in a call that a process which is gone has left up. Does nothing when `leg` is none.
   * @param leg what `stateChanged` has told of it last
   */
  hangUpLost(leg: Readonly<Record<string, unknown>>): void;
  /** Legs that are not over. */
  readonly liveLegs: number;
  /** Hangs up every leg and gives everything back. Idempotent. */
  close(): Promise<void>;
}
