import type { CallbackLine, CallbackSender } from '../callbacks/callback-sender.ts';
import type { CallEventName } from '../contracts/calls.ts';
import type { SessionInfo, SessionPartyReport } from '../contracts/sessions.ts';
import type { PromptMaker } from '../flow/call-prompts.ts';
import type { Recordings } from '../flow/flow-host.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import { memberError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/log.ts';
import type { NewSessionRow, SessionPatch, StoredHold } from '../store/session-rows.ts';
import type { AnsweredCall, LegEnd, MediaReport, PlacedCall, Prompt } from '../telephony/port.ts';
import type { AttemptEvents } from './call-attempts.ts';
import type { CallOptions } from './call-options.ts';
import { describeMedia } from './describe-media.ts';
import type { FlowOutcome, FlowRun, FlowRunObserver, RedirectOrder } from './flow-run.ts';
import { HoldableCall } from './holdable-call.ts';
import { describeEnd, type Outcome, outcomeOfEnd } from './outcome.ts';
import { PartyReports } from './party-reports.ts';
import type { SessionConference, SessionConferenceParts } from './session-conference.ts';
import { SessionHistory, type SessionJournal } from './session-history.ts';
import { SessionRecording } from './session-recording.ts';
import type { Channel } from './trunk-limits.ts';

export type { SessionJournal };

/** How long the end of a session waits for a disk. */
const STORED_LIMIT_MS = 30_000;

/** The flow of a session, as far as the session moves it. */
export type SessionFlow = Pick<
  FlowRun,
  'prepare' | 'start' | 'redirect' | 'confer' | 'callEnded' | 'finishLater' | 'position' | 'goesOnAlone' | 'endAlone'
>;

export interface LiveSessionParts {
  readonly row: NewSessionRow;
  readonly options: CallOptions;
  /** Makes the run of the flow, which tells the observer what happens in it. */
  readonly newRun: (observer: FlowRunObserver) => SessionFlow;
  readonly channel: Channel;
  readonly journal: SessionJournal;
  /** Where the events of the call go, if somebody wants to be told. */
  readonly callbacks: Pick<CallbackSender, 'open'>;
  /** Where the recording of the whole call goes, if it is recorded. */
  readonly recordings: Pick<Recordings, 'newPath' | 'save' | 'leave'>;
  /** Makes the way of the call into conferences. */
  readonly newConference: (
    call: AnsweredCall,
    parts: Pick<SessionConferenceParts, 'callSid' | 'note' | 'onChanged' | 'onPartyReport'>,
  ) => SessionConference;
  /** What who is on hold hears. */
  readonly sounds: Pick<PromptMaker, 'file' | 'holdMusic'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called once, when nothing of the session is left to do. */
  readonly onOver: () => void;
}

export interface HoldRequest extends StoredHold {
  readonly callSid?: string;
  /** The id of a file of the account. */
  readonly audioFile?: string;
}

const neverAborted = new AbortController().signal;
/** How long those may talk whom a call without a limit of its own has left to each other: nobody of the account is there who would notice. */
const LONGEST_ALONE_MS = 14_400_000;
/** How a call takes part in a conference that it is sent into. */
const ordinaryMember = {
  muted: false,
  moderator: false,
  waitsForModerator: false,
  endsOnExit: false,
  announcement: undefined,
  leaveKeys: '',
} as const;

/** A call that this process carries: what happens on the leg is written down, and moves the flow. */
export class LiveSession implements AttemptEvents, FlowRunObserver {
  readonly #parts: LiveSessionParts;
  readonly #history: SessionHistory;
  readonly #run: SessionFlow;
  readonly #callback: CallbackLine | undefined;
  readonly #over: Promise<void>;
  #resolveOver: () => void = () => {};
  #call: PlacedCall | undefined;
  /** The call once it is up. */
  #line: HoldableCall | undefined;
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
  /** Of the calls beside it that are up. */
  readonly #partyStates = new Map<object, Readonly<Record<string, unknown>>>();
  readonly #partyReports = new PartyReports();
  #sent = false;
  #ringing = false;
  #answered = false;
  #callOver = false;

  constructor(parts: LiveSessionParts) {
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
    if (this.#endedBy === undefined && (!this.#callOver || this.#run.goesOnAlone)) {
      this.#endedBy = outcome;
      this.#log(message);
      void this.#call?.end();
      this.#run.endAlone();
    }
    return this.#over;
  }

  /** Whether the call has been answered and is not over. */
  get isUp(): boolean {
    return this.#line !== undefined && !this.#callOver && this.#endedBy === undefined;
  }

  /** The session as it is now; of its log, the last lines. */
  get info(): SessionInfo {
    return this.#history.info;
  }

  /** The recording of the whole call, once it is answered. */
  get recording(): Pick<SessionRecording, 'state' | 'start' | 'pause' | 'stop'> | undefined {
    return this.#recording;
  }

  get onHold(): boolean {
    return this.#line?.state !== undefined;
  }

  /**
   * Puts one side of a call that is up on hold: the other side of the call `callSid`, or the call of the session when it is absent or the only one.
   * Resolves when the music has begun; another reason for the hold that there is takes the place of the first.
   * @throws AppError INVALID_MEMBER for a `callSid` of no call of the session; those of `PromptMaker` for `audioFile`
   */
  async hold({ callSid, audioFile, ...state }: HoldRequest): Promise<void> {
    const { sounds } = this.#parts;
    const music = audioFile ? await sounds.file(audioFile, neverAborted) : await sounds.holdMusic();
    const isOwn = callSid !== undefined && callSid === this.info.callSid;
    if (callSid !== undefined && !isOwn && callSid !== this.#line?.partyCallId) {
      throw memberError('INVALID_MEMBER', { member: 'CallSid', reason: 'it is no call of this session.' }, 'CallSid');
    }
    await this.#line?.hold({ ...state, holder: isOwn ? 'session' : 'party', music });
  }

  /** Ends the hold, if there is one. @throws Error when the other side does not agree */
  async resume(): Promise<void> {
    await this.#line?.resume();
  }

  /** Takes a call that is up out of its flow, and joins it with the first of these that answers. Then it is hung up. */
  redirect(name: string, order: RedirectOrder): void {
    const line = this.#line;
    if (!line || !this.isUp) return;
    this.#log(`Redirected to ${name}`);
    const before = this.#flowDone;
    const redirected = this.#run.redirect(order).then((end) => this.#flowEnded(end, line));
    void line.drop();
    this.#flowDone = Promise.all([before, redirected]).then(() => undefined);
  }

  /** The number of our side. */
  get ownNumber(): string {
    const { direction, fromAddress, toAddress } = this.#parts.row;
    return direction === 'inbound' ? toAddress : fromAddress;
  }

  /** What its calls hear on hold. */
  holdMusic(): Prompt | Promise<Prompt> {
    return this.#parts.sounds.holdMusic();
  }

  /** What it does in conferences, once the call is answered. */
  get conference(): SessionConference | undefined {
    return this.#conference;
  }

  /** Takes a call that is up out of its flow and into the conference of this name, or one of its own. Then it is hung up. */
  confer(name: string | undefined, music: Prompt): void {
    const line = this.#line;
    if (!line || !this.isUp) return;
    const before = this.#flowDone;
    const conferred = this.#run.confer({ ...ordinaryMember, name, music }).then((end) => this.#flowEnded(end, line));
    void line.drop();
    this.#flowDone = Promise.all([before, conferred]).then(() => undefined);
  }

  sent(callId: string): void {
    this.#change({ callSid: callId });
    if (this.#sent) return;
    this.#sent = true;
    this.#log(this.#parts.row.direction === 'inbound' ? 'Called' : 'Calling');
    this.#tell('Initiated');
  }

  triesAgain(message: string, trunkId: string): void {
    if (trunkId !== this.#trunkId) this.#change({ trunkId });
    this.#trunkId = trunkId;
    this.#log(message);
  }

  ringing(status: number): void {
    if (this.#ringing) return;
    this.#ringing = true;
    this.#log(status === 183 ? 'Ringing, with early media' : 'Ringing');
    this.#tell('Ringing');
  }

  answered(leg: AnsweredCall): void {
    const { clock, options } = this.#parts;
    this.#answered = true;
    this.#change({ callState: 'Connected', answeredAtMs: clock.now() });
    this.#log('Answered');
    if (options.maxDurationMs !== undefined) this.#limit = clock.after(options.maxDurationMs, () => this.#lastedTooLong());
    const { recordings, log } = this.#parts;
    const recording = new SessionRecording({ sessionId: this.id, call: leg, recordings, note: (message) => this.note(message), log });
    this.#recording = recording;
    if (options.record) recording.start('stereo');
    const line: HoldableCall = new HoldableCall({
      call: leg,
      note: (message) => this.note(message),
      onChanged: () => this.#writeState({ callState: line.state ? 'Hold' : 'Connected' }),
    });
    this.#line = line;
    this.#conference = this.#newConference(leg);
    this.#flowDone = this.#run.start(line, recording, this.#conference).then((end) => this.#flowEnded(end, line));
    this.#tell('Answered');
  }

  stateChanged(state: Readonly<Record<string, unknown>>): void {
    this.#legState = state;
    this.#writeState();
  }

  partyChanged(party: object, state: Readonly<Record<string, unknown>> | undefined): void {
    if (state === undefined && !this.#partyStates.delete(party)) return;
    if (state) this.#partyStates.set(party, state);
    if (!this.#callOver || this.#run.goesOnAlone) this.#writeState();
  }

  partyEnded(report: SessionPartyReport): void {
    this.#partyReports.add(report);
  }

  /** What is needed to go on with the flow elsewhere has changed. */
  positionChanged(): void {
    this.#writeState();
  }

  /** A line for the log of the session. */
  note(message: string): void {
    this.#log(message);
  }

  ended(end: LegEnd, media: MediaReport): void {
    this.#callOver = true;
    this.#line?.close();
    this.#parts.channel.release();
    this.#run.callEnded();
    if (this.#run.goesOnAlone) {
      // What is written down is for the two who are left: there is nothing to hang up any more in the dialog of the call itself.
      this.#legState = {};
      this.#writeState();
      this.#limit ??= this.#parts.clock.after(LONGEST_ALONE_MS, () => this.#lastedTooLong());
    } else this.#limit?.cancel();
    void this.#finish(end, media);
  }

  async #flowEnded({ outcome, interrupted }: FlowOutcome, { leg }: HoldableCall): Promise<void> {
    if (interrupted) return;
    await leg.free(neverAborted);
    this.#limit?.cancel();
    this.#flowOutcome = outcome;
    await leg.hangup();
  }

  #lastedTooLong(): void {
    void this.end('MaxDuration', 'The call has lasted as long as it may');
  }

  /** The leg is over; a recording may still have to be stored, and those whom it was joined with may talk on. */
  async #finish(end: LegEnd, media: MediaReport): Promise<void> {
    const { clock, log, onOver } = this.#parts;
    const overAtMs = clock.now();
    const goesOnAlone = this.#run.goesOnAlone;
    if (goesOnAlone) this.#log(describeEnd(end));
    const done = Promise.all([this.#flowDone, this.#recording?.settled()]);
    await (goesOnAlone ? done : this.#inTime(done));
    if (!goesOnAlone) this.#log(describeEnd(end));
    const endedAtMs = goesOnAlone ? clock.now() : overAtMs;
    this.#limit?.cancel();
    const mediaReport = describeMedia(media, this.#answered);
    const partyReports = this.#partyReports.all;
    const sipCause = end.sip ?? (this.#answered ? 200 : undefined);
    this.#change({
      callState: 'Disconnected',
      endedAtMs,
      outcome: this.#endedBy ?? this.#flowOutcome ?? outcomeOfEnd(end),
      ...(sipCause !== undefined && { sipCause }),
      ...(mediaReport ? { mediaReport } : { state: {} }),
      ...(partyReports.length > 0 && { partyReports }),
    });
    await this.#run
      .finishLater()
      .catch((error: unknown) => log.error({ err: error, sessionId: this.id }, 'What should follow the call failed'));
    this.#tell('Completed');
    onOver();
    this.#resolveOver();
  }

  /** Resolves when what is still to be stored is stored, but does not wait for ever. */
  #inTime(done: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const limit = this.#parts.clock.after(STORED_LIMIT_MS, () => {
        this.#log('A recording of the call is not stored yet: the disk takes too long');
        resolve();
      });
      void done.then(() => {
        limit.cancel();
        resolve();
      });
    });
  }

  #newConference(leg: AnsweredCall): SessionConference {
    return this.#parts.newConference(leg, {
      callSid: () => this.info.callSid,
      note: (message) => this.note(message),
      onChanged: () => this.#writeState(),
      onPartyReport: (report) => this.partyEnded(report),
    });
  }

  #writeState(more: SessionPatch = {}): void {
    const conference = this.#conference?.state ?? null;
    const hold = this.#line?.state ?? null;
    const parties = [...this.#partyStates.values()];
    const state = {
      leg: this.#legState,
      flow: this.#run.position,
      ...(parties.length > 0 && { parties }),
      ...(conference && { conference }),
      ...(hold && { hold }),
    };
    this.#change({ ...more, state, conference, hold });
  }

  /** Sends an event to who wants to be told of it. */
  #tell(event: CallEventName): void {
    if (this.#parts.options.statusCallback?.events.includes(event)) this.#callback?.tell(event, this.#history.info);
  }

  #change(patch: SessionPatch): void {
    this.#history.change(patch);
  }

  #log(message: string): void {
    this.#history.line(message);
  }
}
