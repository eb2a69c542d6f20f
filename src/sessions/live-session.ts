import type { CallbackLine, CallbackSender } from '../callbacks/callback-sender.ts';
import type { CallEventName } from '../contracts/calls.ts';
import type { SessionInfo, SessionPartyReport } from '../contracts/sessions.ts';
import type { PromptMaker } from '../flow/call-prompts.ts';
import type { Recordings } from '../flow/flow-host.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { NewSessionRow, SessionPatch } from '../store/session-rows.ts';
import type { AnsweredCall, LegEnd, MediaReport, PlacedCall, Prompt } from '../telephony/port.ts';
import type { AttemptEvents } from './call-attempts.ts';
import type { CallOptions } from './call-options.ts';
import { ConnectedCall, type HoldRequest, type NewConference } from './connected-call.ts';
import type { FlowRunObserver, RedirectOrder } from './flow-run.ts';
import { noSuchCall } from './no-such-call.ts';
import { describeEnd, type Outcome } from './outcome.ts';
import { PartyReports } from './party-reports.ts';
import type { SessionConference } from './session-conference.ts';
import { SessionCourse, type SessionFlow } from './session-course.ts';
import { endPatch, storedInTime } from './session-ending.ts';
import { SessionHistory, type SessionJournal } from './session-history.ts';
import type { SessionRecording } from './session-recording.ts';
import { SessionState } from './session-state.ts';
import type { Channel } from './trunk-limits.ts';

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
  readonly newConference: NewConference;
  /** What who is on hold hears. */
  readonly sounds: Pick<PromptMaker, 'file' | 'holdMusic'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called once, when nothing of the session is left to do. */
  readonly onOver: () => void;
}

const TAKES_TOO_LONG = 'A recording of the call is not stored yet: the disk takes too long';
/** How long those may talk whom a call without a limit of its own has left to each other: nobody of the account is there who would notice. */
const LONGEST_ALONE_MS = 14_400_000;

/** A call that this process carries: what happens on the leg is written down, and moves the flow. */
export class LiveSession implements AttemptEvents, FlowRunObserver {
  readonly #parts: LiveSessionParts;
  readonly #history: SessionHistory;
  readonly #run: SessionFlow;
  readonly #course: SessionCourse;
  readonly #callback: CallbackLine | undefined;
  readonly #over: Promise<void>;
  #resolveOver: () => void = () => {};
  #call: PlacedCall | undefined;
  /** The call once it is answered. */
  #connected: ConnectedCall | undefined;
  #trunkId: string | undefined;
  /** Why we end the call from outside of its flow. */
  #endedBy: Outcome | undefined;
  /** Ends a call that lasts too long. */
  #limit: Timer | undefined;
  readonly #state = new SessionState();
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
    this.#course = new SessionCourse(this.#run, () => this.#limit?.cancel());
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

  /**
   * Hangs up one of its calls, by the SIP Call-ID. Its own ends it; after another one it goes on. Resolves when that is over; one that is over
   * already stays as it is. The first outcome counts.
   * @throws AppError INVALID_MEMBER for a `callSid` of no call of the session
   */
  async endCall(callSid: string, outcome: Outcome, message: string): Promise<void> {
    if (callSid === this.info.callSid) return this.#callOver ? undefined : this.end(outcome, message);
    const beside = this.#run.callBeside(callSid);
    if (!beside && !this.#partyReports.has(callSid)) throw noSuchCall();
    if (!beside) return;
    this.#log(`${beside.name}: ${message}`);
    void beside.end();
    await beside.over;
  }

  /** Whether the call has been answered and is not over. */
  get isUp(): boolean {
    return this.#connected !== undefined && !this.#callOver && this.#endedBy === undefined;
  }

  /** The session as it is now; of its log, the last lines. */
  get info(): SessionInfo {
    return this.#history.info;
  }

  /** The recording of the whole call, once it is answered. */
  get recording(): Pick<SessionRecording, 'state' | 'start' | 'pause' | 'stop'> | undefined {
    return this.#connected?.recording;
  }

  get onHold(): boolean {
    return this.#connected?.held !== undefined;
  }

  /**
   * Puts one side of a call that is up on hold: the other side of the call `callSid`, or the call of the session when it is absent or the only one.
   * Resolves when the music has begun; another reason for the hold that there is takes the place of the first.
   * @throws AppError INVALID_MEMBER for a `callSid` of no call of the session; those of `PromptMaker` for `audioFile`
   */
  async hold(request: HoldRequest): Promise<void> {
    await this.#connected?.hold(request);
  }

  /** Ends the hold, if there is one. @throws Error when the other side does not agree */
  async resume(): Promise<void> {
    await this.#connected?.line.resume();
  }

  /** Takes a call that is up out of its flow, and joins it with the first of these that answers. Then it is hung up. */
  redirect(name: string, order: RedirectOrder): void {
    if (!this.#connected || !this.isUp) return;
    this.#log(`Redirected to ${name}`);
    this.#course.redirect(this.#connected, order);
  }

  /** The number of our side. */
  get ownNumber(): string {
    const { direction, fromAddress, toAddress } = this.#parts.row;
    return direction === 'inbound' ? toAddress : fromAddress;
  }

  /** The number, or the name, of the other side of the call. */
  get otherSide(): string {
    const { direction, fromAddress, toAddress } = this.#parts.row;
    return direction === 'inbound' ? fromAddress : toAddress;
  }

  /** What its calls hear on hold. */
  holdMusic(): Prompt | Promise<Prompt> {
    return this.#parts.sounds.holdMusic();
  }

  /** What it does in conferences, once the call is answered. */
  get conference(): SessionConference | undefined {
    return this.#connected?.conference;
  }

  /** Takes a call that is up out of its flow and into the conference of this name, or one of its own. Then it is hung up. */
  confer(name: string | undefined, music: Prompt): void {
    if (this.#connected && this.isUp) this.#course.confer(this.#connected, name, music);
  }

  sent(callId: string): void {
    this.#history.change({ callSid: callId });
    if (this.#sent) return;
    this.#sent = true;
    this.#log(this.#parts.row.direction === 'inbound' ? 'Called' : 'Calling');
    this.#tell('Initiated');
  }

  triesAgain(message: string, trunkId: string): void {
    if (trunkId !== this.#trunkId) this.#history.change({ trunkId });
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
    this.#history.change({ callState: 'Connected', answeredAtMs: clock.now() });
    this.#log('Answered');
    if (options.maxDurationMs !== undefined) this.#limit = clock.after(options.maxDurationMs, () => this.#lastedTooLong());
    const connected: ConnectedCall = this.#connect(leg, () => this.#writeState({ callState: connected.held ? 'Hold' : 'Connected' }));
    this.#connected = connected;
    if (options.record) connected.recording.start('stereo');
    this.#course.start(connected);
    this.#tell('Answered');
  }

  stateChanged(state: Readonly<Record<string, unknown>>): void {
    this.#state.legChanged(state);
    this.#writeState();
  }

  partyChanged(party: object, state: Readonly<Record<string, unknown>> | undefined): void {
    if (!this.#state.partyChanged(party, state)) return;
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
    this.#connected?.line.close();
    this.#parts.channel.release();
    this.#run.callEnded();
    if (this.#run.goesOnAlone) {
      // What is written down is for the two who are left: there is nothing to hang up any more in the dialog of the call itself.
      this.#state.legChanged({});
      this.#writeState();
      this.#limit ??= this.#parts.clock.after(LONGEST_ALONE_MS, () => this.#lastedTooLong());
    } else this.#limit?.cancel();
    void this.#finish(end, media);
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
    await this.#run.aloneOver();
    const endedAtMs = goesOnAlone ? clock.now() : overAtMs;
    const done = Promise.all([this.#course.over, this.#connected?.recording.settled()]);
    await storedInTime(done, clock, () => this.#log(TAKES_TOO_LONG));
    if (!goesOnAlone) this.#log(describeEnd(end));
    this.#limit?.cancel();
    this.#history.change(
      endPatch({
        end,
        media,
        isAnswered: this.#answered,
        outcome: this.#endedBy ?? this.#course.outcome,
        endedAtMs,
        parties: this.#partyReports.all,
      }),
    );
    await this.#run
      .finishLater()
      .catch((error: unknown) => log.error({ err: error, sessionId: this.id }, 'What should follow the call failed'));
    this.#tell('Completed');
    onOver();
    this.#resolveOver();
  }

  #connect(call: AnsweredCall, onHold: () => void): ConnectedCall {
    const { recordings, log, sounds, newConference } = this.#parts;
    return new ConnectedCall({
      sessionId: this.id,
      call,
      recordings,
      sounds,
      newConference,
      note: (message) => this.note(message),
      log,
      callSid: () => this.info.callSid,
      onHold,
      onConference: () => this.#writeState(),
      onPartyReport: (report) => this.partyEnded(report),
    });
  }

  #writeState(more: SessionPatch = {}): void {
    this.#history.change({ ...more, ...this.#state.patch(this.#run.position, this.#connected) });
  }

  /** Sends an event to who wants to be told of it. */
  #tell(event: CallEventName): void {
    if (this.#parts.options.statusCallback?.events.includes(event)) this.#callback?.tell(event, this.#history.info);
  }

  #log(message: string): void {
    this.#history.line(message);
  }
}
