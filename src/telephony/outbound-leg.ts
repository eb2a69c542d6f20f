import type { Clock, Timer } from '../kernel/clock.ts';
import { causeOfStatus } from './failure-cause.ts';
import type { LegMedia } from './leg-media.ts';
import type { AgreedMedia } from './media/media-port.ts';
import type {
  AnsweredCall,
  CallRecorded,
  Collected,
  CollectRules,
  DialRequest,
  LegEnd,
  LegEvents,
  PlacedCall,
  PlayRules,
  Prompt,
  Recorded,
  RecordRules,
} from './port.ts';
import { withoutKeys } from './sdp/srtp-offer.ts';
import type { Dialog } from './sip/dialog.ts';
import type { DialogState } from './sip/dialog-state.ts';
import type { InviteEvents, InviteFailure, OutgoingInvite } from './sip/outgoing-invite.ts';

const noWord: LegEnd = { why: 'unreachable', sip: 408, reason: 'No response' };
const noAnswer: LegEnd = { why: 'no-answer', sip: 487, reason: 'Nobody answered in time' };
const cancelled: LegEnd = { why: 'cancelled', sip: 487 };
const noAudio: LegEnd = { why: 'failed', sip: 488, reason: 'The answer has no audio that we support' };

/** From the last packet of a prompt until the peer has played it: its frame, and what a jitter buffer holds back. */
const PLAY_OUT_MS = 100;

interface Parts {
  readonly request: DialRequest;
  readonly events: LegEvents;
  readonly media: LegMedia;
  readonly clock: Clock;
  /** Called once, when the leg is over and its port is free again. */
  readonly onClosed: () => void;
  /** Called with the promise of a BYE that was sent: it resolves when the BYE is answered or given up. */
  readonly onFarewell: (farewell: Promise<void>) => void;
}

/** One outgoing leg: joins the INVITE and its dialog to the media stream, and tells the session what happens. */
export class OutboundLeg implements AnsweredCall, PlacedCall, InviteEvents {
  readonly id: string;
  readonly direction = 'outbound';
  readonly from: string;
  readonly to: string;
  readonly #parts: Parts;
  readonly #over: Promise<void>;
  #resolveOver: () => void = () => {};
  #invite: OutgoingInvite | undefined;
  #dialog: Dialog | undefined;
  #ringTimer: Timer | undefined;
  /** Whether the peer has answered anything at all to the INVITE. */
  #heardFrom = false;
  /** When the peer will have heard what was played to its end. */
  #heardAtMs = 0;
  #hangupTimer: Timer | undefined;
  /** Why we are ending the leg, once we have begun to. */
  #ending: LegEnd | undefined;
  #ended = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.id = parts.request.legId;
    this.from = parts.request.from;
    this.to = parts.request.to;
    this.#over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
  }

  /** Hands over the INVITE that was sent for this leg. A hang-up that came before it takes effect now. */
  attach(invite: OutgoingInvite): void {
    this.#invite = invite;
    if (this.#ended) return;
    if (this.#ending) invite.cancel();
    else this.#ringTimer = this.#parts.clock.after(this.#parts.request.ringTimeoutMs, () => this.#ringTimeout());
  }

  /** The call could not even be sent. */
  fail(end: LegEnd): void {
    this.#finish(this.#ending ?? end);
  }

  /** Whether somebody hung up before the INVITE left. */
  get hangingUp(): boolean {
    return this.#ending !== undefined;
  }

  sent(callId: string): void {
    this.#parts.events.sent(callId);
  }

  provisional(status: number, _reason: string, sdp: string | undefined, dialog?: Dialog): void {
    if (this.#ended || this.#ending) return;
    this.#heardFrom = true;
    if (dialog) this.#follow(dialog);
    if (sdp !== undefined) this.#parts.media.answered(sdp);
    if (status > 100) this.#parts.events.ringing(status);
  }

  answered(dialog: Dialog, sdp: string | undefined): void {
    this.#ringTimer?.cancel();
    this.#dialog = dialog;
    dialog.onEnded((end) => this.#dialogEnded(end));
    const { media, events } = this.#parts;
    // A 2xx without SDP means that the SDP of a reliable provisional response holds (RFC 6337 section 3.1).
    const agreed = sdp === undefined ? media.agreed !== undefined : media.answered(sdp);
    if (!agreed) {
      this.#stop(noAudio);
      return;
    }
    this.#follow(dialog);
    dialog.onChanged = () => this.#tellState(dialog);
    events.answered(this);
    this.#tellState(dialog);
  }

  /** Lets the media follow what the two sides agree on. */
  #follow(dialog: Dialog): void {
    const { media } = this.#parts;
    dialog.onReinvite = (offer) => (offer === undefined ? media.offer() : media.offered(offer));
    dialog.onAnswer = (answer) => {
      if (!media.answered(answer)) this.#stop(noAudio);
    };
  }

  failed(failure: InviteFailure): void {
    this.#finish(this.#ending ?? endOfFailure(failure));
  }

  async play(prompt: Prompt, rules: PlayRules, signal: AbortSignal): Promise<'finished' | 'barged'> {
    const end = await this.#parts.media.stream.play(prompt, rules, signal);
    if (end === 'finished') this.#heardAtMs = this.#parts.clock.now() + PLAY_OUT_MS;
    return end;
  }

  collect(rules: CollectRules, signal: AbortSignal): Promise<Collected> {
    return this.#parts.media.stream.collect(rules, signal);
  }

  clearDigits(): void {
    this.#parts.media.stream.clearDigits();
  }

  record(rules: RecordRules, signal: AbortSignal): Promise<Recorded> {
    return this.#parts.media.stream.record(rules, signal);
  }

  recordCall(path: string): Promise<CallRecorded> {
    return this.#parts.media.stream.recordCall(path);
  }

  sendDigits(digits: string, signal: AbortSignal): Promise<void> {
    return this.#parts.media.stream.sendDigits(digits, signal);
  }

  hangup(): Promise<void> {
    const { clock } = this.#parts;
    const playingOutMs = this.#ended ? 0 : this.#heardAtMs - clock.now();
    if (playingOutMs <= 0) return this.end();
    this.#hangupTimer ??= clock.after(playingOutMs, () => void this.end());
    return this.#over;
  }

  end(): Promise<void> {
    this.#stop(this.#dialog ? { why: 'we-hung-up' } : cancelled);
    return this.#over;
  }

  #ringTimeout(): void {
    this.#stop(this.#heardFrom ? noAnswer : noWord);
  }

  #stop(end: LegEnd): void {
    if (this.#ended || this.#ending) return;
    this.#ending = end;
    this.#ringTimer?.cancel();
    if (this.#dialog) this.#bye(this.#dialog, end);
    else this.#invite?.cancel();
  }

  /** The call is over for us once BYE is out, whether or not it is answered; the dialog repeats it as long as it must. */
  #bye(dialog: Dialog, end: LegEnd): void {
    this.#parts.onFarewell(dialog.bye());
    this.#finish(end);
  }

  #dialogEnded(end: { by: 'peer' | 'us' | 'error'; status?: number; reason?: string }): void {
    if (end.by === 'us') return;
    this.#finish(
      this.#ending ?? {
        why: end.by === 'peer' ? 'callee-hung-up' : 'failed',
        ...(end.status !== undefined && { sip: end.status }),
        ...(end.reason !== undefined && { reason: end.reason }),
      },
    );
  }

  #tellState(dialog: Dialog): void {
    if (!this.#ended) this.#parts.events.stateChanged(storable(dialog.state, this.#parts.media.agreed));
  }

  #finish(end: LegEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#ringTimer?.cancel();
    this.#hangupTimer?.cancel();
    void this.#parts.media.stream.close().then((media) => {
      this.#parts.onClosed();
      this.#parts.events.ended(end, media);
      this.#resolveOver();
    });
  }
}

function endOfFailure(failure: InviteFailure): LegEnd {
  switch (failure.why) {
    case 'response': {
      const sip = failure.status ?? 500;
      return { why: causeOfStatus(sip), sip, reason: failure.reason };
    }
    case 'timeout':
      return { why: 'unreachable', sip: 408, reason: failure.reason };
    case 'transport':
      return { why: 'unreachable', sip: 503, reason: failure.reason };
    case 'cancelled':
      return { why: 'cancelled', sip: 487, reason: failure.reason };
  }
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
