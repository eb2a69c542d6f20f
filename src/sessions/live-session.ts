import type { CallbackLine, CallbackSender } from '../callbacks/callback-sender.ts';
import type { CallEventName } from '../contracts/calls.ts';
import type { Recordings } from '../flow/flow-host.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { NewSessionRow, SessionPatch } from '../store/session-rows.ts';
import type { AnsweredCall, CallLeg, LegEnd, MediaReport, PlacedCall } from '../telephony/port.ts';
import type { AttemptEvents } from './call-attempts.ts';
import type { CallOptions } from './call-options.ts';
import type { Conferences } from './conferences.ts';
import { describeMedia } from './describe-media.ts';
import type { FlowOutcome, FlowRun, FlowRunObserver, RedirectOrder } from './flow-run.ts';
import { describeEnd, type Outcome, outcomeOfEnd } from './outcome.ts';
import { SessionConference } from './session-conference.ts';
import { SessionHistory, type SessionJournal } from './session-history.ts';
import { SessionRecording } from './session-recording.ts';
import type { Channel } from './trunk-limits.ts';

export type { SessionJournal };

/** The flow of a session, as far as the session moves it. */
export type SessionFlow = Pick<FlowRun, 'prepare' | 'start' | 'redirect' | 'callEnded' | 'finishLater' | 'position'>;

interface Parts {
  readonly row: NewSessionRow;
  readonly options: CallOptions;
  /** Makes the run of the flow, which tells the observer what happens in it. */
  readonly newRun: (observer: FlowRunObserver) => SessionFlow;
  readonly channel: Channel;
  readonly journal: SessionJournal;
  /** Where the events of the call go, if somebody wants to be told. */
  readonly callbacks: Pick<CallbackSender, 'open'>;
  /** Where the recording of the whole call goes, if it is recorded. */
  readonly recordings: Pick<Recordings, 'newPath' | 'save'>;
  readonly conferences: Pick<Conferences, 'find'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called once, when nothing of the session is left to do. */
  readonly onOver: () => void;
}

/** A call that this process carries: what happens on the leg is written down, and moves the flow. */
export class LiveSession implements AttemptEvents, FlowRunObserver {
  readonly #parts: Parts;
  readonly #history: SessionHistory;
  readonly #run: SessionFlow;
  readonly #callback: CallbackLine | undefined;
  readonly #over: Promise<void>;
  #resolveOver: () => void = () => {};
  #call: PlacedCall | undefined;
  /** The call once it is up. */
  #leg: AnsweredCall | undefined;
  #trunkId: string | undefined;
  /** Why we end the call from outside of its flow. */
  #endedBy: Outcome | undefined;
  #flowOutcome: string | undefined;
  #flowDone: Promise<void> = Promise.resolve();
  /** Of the whole call, once it is answered. */
  #recording: SessionRecording | undefined;
  /** What it does in conferences, once it is answered. */
  #conference: SessionConference | undefined;
  /** Ends a call that lasts too long. */
  #limit: Timer | undefined;
  #legState: Readonly<Record<string, unknown>> = {};
  #sent = false;
  #ringing = false;
  #answered = false;
  #callOver = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { row, options, journal, callbacks, clock } = parts;
    this.#trunkId = row.trunkId;
    this.#history = new SessionHistory(row, journal, clock);
    this.#callback = options.statusCallback && callbacks.open(row.id, options.statusCallback.url);
    this.#run = parts.newRun(this);
    this.#over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
  }

  get id(): string {
    return this.#parts.row.id;
  }

  /** Hands over the call that is being placed for this session, and makes ready what the flow will need first. */
  attach(call: PlacedCall): void {
    this.#call = call;
    this.#run.prepare();
    if (this.#endedBy) void call.end();
  }

  /** The session could not be stored, so it never was: nothing is written, and nobody waits for it. */
  abandon(): void {
    this.#resolveOver();
  }

  get accountId(): string {
    return this.#parts.row.accountId;
  }

  /** Hangs up if the call is not over. Resolves when nothing of the session is left to do. Idempotent; the first outcome counts. */
  end(outcome: Outcome, message: string): Promise<void> {
    if (this.#endedBy === undefined && !this.#callOver) {
      this.#endedBy = outcome;
      this.#line(message);
      void this.#call?.end();
    }
    return this.#over;
  }

  /** Whether the call has been answered and is not over. */
  get isUp(): boolean {
    return this.#leg !== undefined && !this.#callOver && this.#endedBy === undefined;
  }

  /** Takes a call that is up out of its flow, and joins it with the first of these that answers. Then it is hung up. */
  redirect(name: string, order: RedirectOrder): void {
    const leg = this.#leg;
    if (!leg || !this.isUp) return;
    this.#line(`Redirected to ${name}`);
    const before = this.#flowDone;
    const redirected = this.#run.redirect(order).then((end) => this.#flowEnded(end, leg));
    this.#flowDone = Promise.all([before, redirected]).then(() => undefined);
  }

  sent(callId: string): void {
    this.#change({ callSid: callId });
    if (this.#sent) return;
    this.#sent = true;
    this.#line(this.#parts.row.direction === 'inbound' ? 'Called' : 'Calling');
    this.#tell('Initiated');
  }

  triesAgain(message: string, trunkId: string): void {
    if (trunkId !== this.#trunkId) this.#change({ trunkId });
    this.#trunkId = trunkId;
    this.#line(message);
  }

  ringing(status: number): void {
    if (this.#ringing) return;
    this.#ringing = true;
    this.#line(status === 183 ? 'Ringing, with early media' : 'Ringing');
    this.#tell('Ringing');
  }

  answered(leg: AnsweredCall): void {
    const { clock, options } = this.#parts;
    this.#answered = true;
    this.#change({ callState: 'Connected', answeredAtMs: clock.now() });
    this.#line('Answered');
    if (options.maxDurationMs !== undefined) this.#limit = clock.after(options.maxDurationMs, () => this.#lastedTooLong());
    const { recordings, log } = this.#parts;
    const recording = new SessionRecording({ call: leg, recordings, note: (message) => this.note(message), log });
    this.#recording = recording;
    if (options.record) recording.start('stereo');
    this.#leg = leg;
    this.#conference = this.#newConference(leg);
    this.#flowDone = this.#run.start(leg, recording, this.#conference).then((end) => this.#flowEnded(end, leg));
    this.#tell('Answered');
  }

  stateChanged(state: Readonly<Record<string, unknown>>): void {
    this.#legState = state;
    this.#writeState();
  }

  /** What is needed to go on with the flow elsewhere has changed. */
  positionChanged(): void {
    this.#writeState();
  }

  /** A line for the log of the session. */
  note(message: string): void {
    this.#line(message);
  }

  ended(end: LegEnd, media: MediaReport): void {
    this.#callOver = true;
    this.#limit?.cancel();
    this.#parts.channel.release();
    this.#run.callEnded();
    void this.#finish(end, media);
  }

  async #flowEnded({ outcome, interrupted }: FlowOutcome, leg: CallLeg): Promise<void> {
    if (interrupted) return;
    this.#limit?.cancel();
    this.#flowOutcome = outcome;
    await leg.hangup();
  }

  #lastedTooLong(): void {
    void this.end('MaxDuration', 'The call has lasted as long as it may');
  }

  /** The leg is over; a recording may still have to be stored. */
  async #finish(end: LegEnd, media: MediaReport): Promise<void> {
    const { clock, log, onOver } = this.#parts;
    const endedAtMs = clock.now();
    await Promise.all([this.#flowDone, this.#recording?.settled()]);
    this.#line(describeEnd(end));
    const mediaReport = describeMedia(media, this.#answered);
    const sipCause = end.sip ?? (this.#answered ? 200 : undefined);
    this.#change({
      callState: 'Disconnected',
      endedAtMs,
      outcome: this.#endedBy ?? this.#flowOutcome ?? outcomeOfEnd(end),
      ...(sipCause !== undefined && { sipCause }),
      ...(mediaReport ? { mediaReport } : { state: {} }),
    });
    await this.#run
      .finishLater()
      .catch((error: unknown) => log.error({ err: error, sessionId: this.id }, 'What should follow the call failed'));
    this.#tell('Completed');
    onOver();
    this.#resolveOver();
  }

  #newConference(leg: AnsweredCall): SessionConference {
    const { row, conferences, clock } = this.#parts;
    return new SessionConference(leg, {
      accountId: row.accountId,
      conferences,
      clock,
      note: (message) => this.note(message),
      onChanged: () => this.#writeState(),
    });
  }

  #writeState(): void {
    const sid = this.#conference?.sid;
    const conference = sid === undefined ? null : { sid };
    this.#change({ state: { leg: this.#legState, flow: this.#run.position, ...(conference && { conference }) }, conference });
  }

  /** Sends an event to who wants to be told of it. */
  #tell(event: CallEventName): void {
    if (this.#parts.options.statusCallback?.events.includes(event)) this.#callback?.tell(event, this.#history.info);
  }

  #change(patch: SessionPatch): void {
    this.#history.change(patch);
  }

  #line(message: string): void {
    this.#history.line(message);
  }
}
