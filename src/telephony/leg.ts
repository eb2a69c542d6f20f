import type { Clock, Timer } from '../kernel/clock.ts';
import type { LegMedia } from './leg-media.ts';
import type { AgreedMedia, AudioCodec, MediaStream } from './media/media-port.ts';
import type {
  AnsweredCall,
  AudioRoom,
  CallRecorded,
  Collected,
  CollectRules,
  LegEnd,
  LegEvents,
  PlacedCall,
  PlayRules,
  Prompt,
  Recorded,
  RecordingAction,
  RecordingLayout,
  RecordRules,
  TellTransfer,
  TransferDecision,
  TransferOutcome,
} from './port.ts';
import { withoutKeys } from './sdp/srtp-offer.ts';
import type { Dialog } from './sip/dialog.ts';
import type { ReferAsked } from './sip/dialog-refers.ts';
import type { DialogState } from './sip/dialog-state.ts';
import type { IncomingInvite } from './sip/incoming-invite.ts';
import type { ReferTarget } from './sip/refer-to.ts';
import type { Replaces } from './sip/replaces.ts';
import { RequestFailure } from './sip/request-failure.ts';
import { SipParseError } from './sip/sip-parse-error.ts';
import { userOfUri } from './sip/user-of-uri.ts';
import { ToldDigits } from './told-digits.ts';
import { peerOf, referTargetOf } from './transfer-target.ts';

const noCall: TransferOutcome = { result: 'refused', reason: 'There is no call to transfer' };
const noAudio: LegEnd = { why: 'failed', sip: 488, reason: 'The answer has no audio that we support' };
const noThread: LegEnd = { why: 'failed', reason: 'The media thread of the call has died' };

/** From the last packet of a prompt until the peer has played it: its frame, and what a jitter buffer holds back. */
const PLAY_OUT_MS = 100;

export interface LegParts {
  readonly legId: string;
  readonly from: string;
  readonly to: string;
  readonly events: LegEvents;
  readonly media: LegMedia;
  readonly clock: Clock;
  /** The leg whose dialog this is, as its peer names it. */
  readonly findLeg: (replaces: Replaces) => Leg | undefined;
  /** Called once, when the leg is over and its port is free again. */
  readonly onClosed: () => void;
  /** Called with the promise of a BYE that was sent: it resolves when the BYE is answered or given up. */
  readonly onFarewell: (farewell: Promise<void>) => void;
}

/** One leg, whoever called: joins its dialog to the media stream, and tells the session what happens. */
export abstract class Leg implements AnsweredCall, PlacedCall {
  readonly id: string;
  abstract readonly direction: 'inbound' | 'outbound';
  readonly from: string;
  readonly to: string;
  protected readonly parts: LegParts;
  /** Why we are ending the leg, once we have begun to. */
  protected ending: LegEnd | undefined;
  protected ended = false;
  /** Whether it is given up because somebody else has answered. */
  protected answeredElsewhere = false;
  readonly #over: Promise<void>;
  /** Absent: digits go in the stream. */
  readonly #told: ToldDigits | undefined;
  #resolveOver: () => void = () => {};
  #dialog: Dialog | undefined;
  #decideTransfer: TransferDecision | undefined;
  /** When the peer will have heard what was played to its end. */
  #heardAtMs = 0;
  #hangupTimer: Timer | undefined;

  constructor(parts: LegParts) {
    this.parts = parts;
    this.id = parts.legId;
    this.from = parts.from;
    this.to = parts.to;
    const { media, clock } = parts;
    if (media.tellsDigits) {
      this.#told = new ToldDigits({
        clock,
        tell: async (digit, durationMs) => this.#dialog?.tellDigit(digit, durationMs) ?? 'lost',
        otherwise: (digits, signal) => media.stream.sendDigits(digits, signal),
        refused: () => media.sendDigitsInStream(),
      });
      media.stream.onDigitForPeer = (digit) => this.#told?.pass(digit);
    }
    this.#over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
    parts.media.stream.onLost(() => this.stop(noThread));
  }

  get media(): MediaStream {
    return this.parts.media.stream;
  }

  /** What it was agreed last that its audio is in; undefined: nothing yet. */
  get codec(): AudioCodec | undefined {
    return this.parts.media.agreed?.codec;
  }

  /** Why a leg is over that the peer has hung up. */
  protected abstract readonly peerHungUp: LegEnd['why'];

  /** Why a leg is over that we end before its answer. */
  protected abstract readonly givenUp: LegEnd;

  /** Gives up a call that is not answered yet, because `ending` is set. */
  protected abstract giveUp(): void;

  async play(prompt: Prompt, rules: PlayRules, signal: AbortSignal): Promise<'finished' | 'barged'> {
    const end = await this.parts.media.stream.play(prompt, rules, signal);
    if (end === 'finished') this.#heardAtMs = this.parts.clock.now() + PLAY_OUT_MS;
    return end;
  }

  collect(rules: CollectRules, signal: AbortSignal): Promise<Collected> {
    return this.parts.media.stream.collect(rules, signal);
  }

  clearDigits(): void {
    this.parts.media.stream.clearDigits();
  }

  record(rules: RecordRules, signal: AbortSignal): Promise<Recorded> {
    return this.parts.media.stream.record(rules, signal);
  }

  recordCall(path: string, layout: RecordingLayout): Promise<CallRecorded> {
    return this.parts.media.stream.recordCall(path, layout);
  }

  controlRecording(action: RecordingAction): void {
    this.parts.media.stream.controlRecording(action);
  }

  sendDigits(digits: string, signal: AbortSignal): Promise<void> {
    return this.#told?.send(digits, signal) ?? this.parts.media.stream.sendDigits(digits, signal);
  }

  bridge(other: AnsweredCall): void {
    this.parts.media.stream.bridge(streamOf(other));
  }

  unbridge(): void {
    this.parts.media.stream.unbridge();
  }

  joinRoom(room: AudioRoom, muted: boolean): void {
    this.parts.media.stream.joinRoom(room, muted);
  }

  muteInRoom(muted: boolean): void {
    this.parts.media.stream.muteInRoom(muted);
  }

  leaveRoom(): void {
    this.parts.media.stream.leaveRoom();
  }

  async hold(on: boolean, signal: AbortSignal): Promise<void> {
    const dialog = this.#dialog;
    if (!dialog) throw new Error('The call is not up');
    const { media } = this.parts;
    const answer = await dialog.reinvite(() => media.offer(on), signal);
    if (!media.answered(answer)) this.noAudio();
    else this.#tellState(dialog);
  }

  transfer(to: string, signal: AbortSignal): Promise<TransferOutcome> {
    return this.#refer((state) => referTargetOf(to, state), signal);
  }

  async transferTo(other: AnsweredCall, onAccepted: () => void, signal: AbortSignal): Promise<TransferOutcome> {
    const there = other instanceof Leg && !other.ended && !other.ending ? other.#dialog?.state : undefined;
    return there ? this.#refer((state) => peerOf(there, other.to, state), signal, onAccepted) : noCall;
  }

  /** @param targetOf whom to ask for, by the state of the dialog in which it is asked; may throw SipParseError */
  async #refer(targetOf: (state: DialogState) => ReferTarget, signal: AbortSignal, onAccepted?: () => void): Promise<TransferOutcome> {
    const dialog = this.#dialog;
    if (!dialog || this.ended || this.ending) return noCall;
    try {
      const outcome = await dialog.refer(targetOf(dialog.state), signal, onAccepted);
      // When the call is over, that is told before what came of the transfer.
      if (this.ended) await this.#over;
      return outcome;
    } catch (error) {
      if (error instanceof RequestFailure || error instanceof SipParseError) return { result: 'refused', reason: error.message };
      throw error;
    }
  }

  get isHolding(): boolean {
    return this.parts.media.peerHolds;
  }

  onHolding(listener: () => void): () => void {
    const { media } = this.parts;
    media.onPeerHolds = listener;
    return () => {
      if (media.onPeerHolds === listener) media.onPeerHolds = undefined;
    };
  }

  onTransfer(decide: TransferDecision | undefined): void {
    this.#decideTransfer = decide;
  }

  /** Whether its peer names its dialog so. */
  isNamed({ callId, toTag, fromTag }: Replaces): boolean {
    const state = this.#dialog?.state;
    return state !== undefined && state.callId === callId && state.localTag === toTag && state.remoteTag === fromTag;
  }

  /** Whether its signalling is this dialog. */
  isOf(dialog: unknown): boolean {
    return dialog !== undefined && this.#dialog === dialog;
  }

  /**
   * Goes on with the call in the dialog that `invite` makes, because its peer has handed it over (RFC 3891), and hangs up the old one.
   * Only from where the call is: anybody else could have overheard its tags.
   */
  async moveTo(invite: IncomingInvite): Promise<void> {
    const old = this.#dialog;
    if (!old) {
      invite.reject(481);
      return;
    }
    if (invite.source.address !== old.state.nextHop.address) {
      invite.reject(403);
      return;
    }
    const { media } = this.parts;
    const description = invite.sdp === undefined ? media.offerToAnother() : media.offered(invite.sdp, true);
    if (description === undefined) {
      invite.reject(488);
      return;
    }
    const dialog = await invite.answer(description);
    if (!this.adopt(dialog)) return;
    this.follow(dialog);
    this.#watch(dialog);
    dialog.onChanged = () => this.#tellState(dialog);
    this.#tellState(dialog);
    this.parts.onFarewell(old.bye('Replaced'));
  }

  hangup(): Promise<void> {
    const { clock } = this.parts;
    const playingOutMs = this.ended ? 0 : this.#heardAtMs - clock.now();
    if (playingOutMs <= 0) return this.end();
    this.#hangupTimer ??= clock.after(playingOutMs, () => void this.end());
    return this.#over;
  }

  end(why?: 'answered-elsewhere'): Promise<void> {
    this.answeredElsewhere ||= why === 'answered-elsewhere';
    this.stop(this.#dialog ? { why: 'we-hung-up' } : this.givenUp);
    return this.#over;
  }

  /** The call has this dialog: whatever ends it from now on ends the leg. Answers whether it does: a dialog that came too late is hung up. */
  protected adopt(dialog: Dialog): boolean {
    if (this.ended) {
      this.parts.onFarewell(dialog.bye());
      return false;
    }
    this.#dialog = dialog;
    dialog.onRefer = (asked) => this.#referred(asked, dialog);
    dialog.onEnded((end) => {
      if (this.#dialog === dialog) this.#dialogEnded(end);
    });
    return true;
  }

  /** The session is agreed on: the layers above may talk. */
  protected up(dialog: Dialog): void {
    if (this.ended || this.ending) return;
    this.follow(dialog);
    dialog.onChanged = () => this.#tellState(dialog);
    this.parts.media.stream.answered();
    this.#watch(dialog);
    this.parts.events.answered(this);
    this.#tellState(dialog);
  }

  /** Lets the media follow what the two sides agree on. */
  protected follow(dialog: Dialog): void {
    const { media } = this.parts;
    // Who asks for an offer may hand it on to somebody else (RFC 3725).
    dialog.onReinvite = (offer) => (offer === undefined ? media.offerToAnother() : media.offered(offer));
    dialog.onAnswer = (answer) => {
      if (!media.answered(answer)) this.noAudio();
    };
    dialog.onDigit = (digit) => media.stream.pressed(digit);
  }

  /** Hangs up because there is nothing to talk with. */
  protected noAudio(): void {
    this.stop(noAudio);
  }

  /** Ends the leg for this reason, if it is not over. */
  protected stop(end: LegEnd): void {
    if (this.ended || this.ending) return;
    this.ending = end;
    if (this.#dialog) this.#bye(this.#dialog, end);
    else this.giveUp();
  }

  /** The leg is over: gives its port back, and tells of it once that is done. */
  protected finish(end: LegEnd): void {
    if (this.ended) return;
    this.ended = true;
    this.#hangupTimer?.cancel();
    this.#told?.close();
    void this.parts.media.stream.close().then((media) => {
      this.parts.onClosed();
      this.parts.events.ended(end, media);
      this.#resolveOver();
    });
  }

  #watch(dialog: Dialog): void {
    dialog.watchPeer(() => this.parts.media.stream.silentMs());
  }

  /** The call is over for us once BYE is out, whether or not it is answered; the dialog repeats it as long as it must. */
  #bye(dialog: Dialog, end: LegEnd): void {
    this.parts.onFarewell(dialog.bye());
    this.finish(end);
  }

  #dialogEnded(end: { by: 'peer' | 'us' | 'error'; status?: number; reason?: string }): void {
    if (end.by === 'us') return;
    this.finish(
      this.ending ?? {
        why: end.by === 'peer' ? this.peerHungUp : 'failed',
        ...(end.status !== undefined && { sip: end.status }),
        ...(end.reason !== undefined && { reason: end.reason }),
      },
    );
  }

  /** Only a call of the same peer can be asked for: anybody else could have overheard its tags. */
  #referred({ uri, replaces }: ReferAsked, { state }: Dialog): ((report: { tell: TellTransfer }) => void) | undefined {
    const other = replaces && this.parts.findLeg(replaces);
    const isOfPeer = other !== undefined && other.#dialog?.state.nextHop.address === state.nextHop.address;
    const begin = this.#decideTransfer?.({ to: userOfUri(uri), ...(replaces && { replaces: isOfPeer ? other : 'unknown' }) });
    return begin && ((report) => begin((status, reason) => report.tell(status, reason)));
  }

  #tellState(dialog: Dialog): void {
    if (!this.ended) this.parts.events.stateChanged(storable(dialog.state, this.parts.media.agreed));
  }
}

/** The stream of a call that this telephony carries. */
export function streamOf(call: AnsweredCall): MediaStream {
  return legOf(call).media;
}

/** The codec of a call that this telephony carries, as it was agreed on last; undefined: there is no such call, or nothing is agreed on yet. */
export function codecOf(call: AnsweredCall | undefined): AudioCodec | undefined {
  return call && legOf(call).codec;
}

function legOf(call: AnsweredCall): Leg {
  if (!(call instanceof Leg)) throw new Error('The call is not of this telephony');
  return call;
}

/** What may be written down: without the keys of SRTP, since who takes a call over gives new ones. */
function storable({ localSdp, remoteSdp, ...dialog }: DialogState, agreed: AgreedMedia | undefined): Readonly<Record<string, unknown>> {
  const { srtp, ...media } = agreed ?? {};
  return {
    dialog: {
      ...dialog,
      ...(localSdp !== undefined && { localSdp: withoutKeys(localSdp) }),
      ...(remoteSdp !== undefined && { remoteSdp: withoutKeys(remoteSdp) }),
    },
    media: agreed && { ...media, ...(srtp && { srtpSuite: srtp.suite }) },
  };
}
