import type { SessionInfo } from '../contracts/sessions.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { FIRST_EPOCH, type NewSessionRow, type SessionPatch } from '../store/session-rows.ts';
import type { CallLeg, LegEnd, LegEvents, MediaReport, PlacedCall } from '../telephony/port.ts';
import type { FlowRun, FlowRunObserver } from './flow-run.ts';
import { describeEnd, type Outcome, outcomeOfEnd } from './outcome.ts';
import type { Channel } from './trunk-limits.ts';

/** Where a session writes what happens to it. */
export interface SessionJournal {
  change(sessionId: string, epoch: number, patch: SessionPatch): void;
  log(sessionId: string, epoch: number, lines: readonly { date: string; message: string }[]): void;
}

/** The flow of a session, as far as the session moves it. */
export type SessionFlow = Pick<FlowRun, 'prepare' | 'start' | 'callEnded' | 'finishLater' | 'position'>;

interface Parts {
  readonly row: NewSessionRow;
  /** Makes the run of the flow, which tells the observer what happens in it. */
  readonly newRun: (observer: FlowRunObserver) => SessionFlow;
  readonly channel: Channel;
  readonly journal: SessionJournal;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called once, when nothing of the session is left to do. */
  readonly onOver: () => void;
}

/** A call that this process carries: what happens on the leg is written down, and moves the flow. */
export class LiveSession implements LegEvents, FlowRunObserver {
  readonly #parts: Parts;
  readonly #run: SessionFlow;
  readonly #over: Promise<void>;
  #resolveOver: () => void = () => {};
  #call: PlacedCall | undefined;
  /** Why we end the call from outside of its flow. */
  #endedBy: Outcome | undefined;
  #flowOutcome: string | undefined;
  #flowDone: Promise<void> = Promise.resolve();
  #legState: Readonly<Record<string, unknown>> = {};
  #ringing = false;
  #answered = false;
  #callOver = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#run = parts.newRun(this);
    this.#over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
  }

  get id(): string {
    return this.#parts.row.id;
  }

  /** What the session was when it was created, for the answer to who created it. */
  get created(): SessionInfo {
    const { row } = this.#parts;
    const createdAt = new Date(row.createdAtMs).toISOString();
    return {
      id: row.id,
      dateCreated: createdAt,
      dateLastModified: createdAt,
      createdBy: row.createdBy,
      lastModifiedBy: row.createdBy,
      dialState: 'Active',
      callState: row.callState,
      queueState: 'None',
      accountId: row.accountId,
      endpointId: row.endpointId,
      destination: row.toAddress,
      toAddress: row.toAddress,
      fromAddress: row.fromAddress,
      channel: 'Voice',
      ended: false,
      direction: row.direction,
      flowId: row.flowId,
      trunkId: row.trunkId,
      log: [],
    };
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

  sent(callId: string): void {
    this.#change({ callSid: callId });
    this.#line('Calling');
  }

  ringing(status: number): void {
    if (this.#ringing) return;
    this.#ringing = true;
    this.#line(status === 183 ? 'Ringing, with early media' : 'Ringing');
  }

  answered(leg: CallLeg): void {
    this.#answered = true;
    this.#change({ callState: 'Connected', answeredAtMs: this.#parts.clock.now() });
    this.#line('Answered');
    this.#flowDone = this.#run.start(leg).then((end) => this.#flowEnded(end.outcome, leg));
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
    this.#parts.channel.release();
    this.#run.callEnded();
    void this.#finish(end, media);
  }

  async #flowEnded(outcome: string | undefined, leg: CallLeg): Promise<void> {
    this.#flowOutcome = outcome;
    await leg.hangup();
  }

  /** The leg is over; the flow may still be storing a recording. */
  async #finish(end: LegEnd, media: MediaReport): Promise<void> {
    const { clock, log, onOver } = this.#parts;
    const endedAtMs = clock.now();
    await this.#flowDone;
    this.#line(describeEnd(end));
    const sipCause = end.sip ?? (this.#answered ? 200 : undefined);
    this.#change({
      callState: 'Disconnected',
      endedAtMs,
      outcome: this.#endedBy ?? this.#flowOutcome ?? outcomeOfEnd(end),
      ...(sipCause !== undefined && { sipCause }),
      state: { media },
    });
    await this.#run
      .finishLater()
      .catch((error: unknown) => log.error({ err: error, sessionId: this.id }, 'What should follow the call failed'));
    onOver();
    this.#resolveOver();
  }

  #writeState(): void {
    this.#change({ state: { leg: this.#legState, flow: this.#run.position } });
  }

  #change(patch: SessionPatch): void {
    this.#parts.journal.change(this.id, FIRST_EPOCH, patch);
  }

  #line(message: string): void {
    this.#parts.journal.log(this.id, FIRST_EPOCH, [{ date: new Date(this.#parts.clock.now()).toISOString(), message }]);
  }
}
