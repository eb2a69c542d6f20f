import type { CallbackSender } from '../callbacks/callback-sender.ts';
import type { TargetHealth } from '../directory/target-health.ts';
import type { Trunk } from '../directory/trunks.ts';
import type { PlainStruct } from '../flow/plain-value.ts';
import { type Clock, sleep } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import type { NewSessionRow } from '../store/session-rows.ts';
import type { AnsweredCall, IncomingCall, IncomingSlot, Telephony } from '../telephony/port.ts';
import { CallAttempts, type Reservation } from './call-attempts.ts';
import type { CallOptions } from './call-options.ts';
import type { PartyDirectory } from './called-parties.ts';
import { Conferences } from './conferences.ts';
import { FlowRun, type FlowRunObserver, type FlowRunParts } from './flow-run.ts';
import type { IncomingLine, LineMedia } from './incoming-plan.ts';
import { LiveSession, type LiveSessionParts } from './live-session.ts';
import type { OutgoingPlan, PlannedFlow } from './outgoing-plan.ts';
import { PartyPlacement } from './party-placement.ts';
import { SessionParty, type SessionPartyParts } from './second-party.ts';
import { SessionConference } from './session-conference.ts';
import type { SessionJournal } from './session-history.ts';
import type { Talk } from './talk.ts';
import { Talks } from './talks.ts';
import { type OutgoingLeg, trunkDialRequest } from './trunk-dial-request.ts';
import { type Channel, noChannel, TrunkLimits } from './trunk-limits.ts';

export interface LiveCallsOptions {
  readonly telephony: Telephony;
  readonly journal: SessionJournal;
  /** Where the events of calls go. */
  readonly callbacks: Pick<CallbackSender, 'open' | 'problemOf'>;
  /** What the flows of a session work with. */
  readonly flowParts: (row: NewSessionRow, plan: CallPlan) => Omit<FlowRunParts, 'stopping' | 'secondParty'>;
  readonly directory: PartyDirectory;
  /** Which targets of trunks are worth a call. */
  readonly targetHealth: Pick<TargetHealth, 'isDoubtful' | 'avoid'>;
  /** How many members a conference may have. */
  readonly conferenceMembers: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Called when a channel has become free. */
  readonly onFreed: () => void;
}

/** What a call runs, and how. */
export interface CallPlan {
  readonly flow: PlannedFlow;
  readonly options: CallOptions;
  /** Values for the public parameters of the flow. */
  readonly parameters?: PlainStruct;
}

/** A channel of what a call comes by, and a media port to answer it with. */
export interface IncomingReservation {
  readonly media: LineMedia;
  readonly channel: Channel;
  readonly slot: IncomingSlot;
}

/** An incoming call that is not answered yet. One of its methods is called, once. */
export interface NewIncomingCall {
  /** A line for the log of its session, once that is stored. */
  note(message: string): void;
  answer(): void;
  /** It will not be answered: everything is given back, and nothing is written. */
  abandon(): Promise<void>;
}

/** A call that is not placed yet. One of its methods is called, once. */
export interface NewCall {
  dial(): void;
  /** There will be no call: everything is given back, and nothing is written. */
  abandon(): Promise<void>;
}

/** The calls that this process carries, and what they share: channels, media ports and the end of the process. */
export class LiveCalls {
  readonly #options: LiveCallsOptions;
  readonly #limits: TrunkLimits;
  readonly #parties: PartyPlacement;
  readonly #conferences: Conferences;
  readonly #talks = new Talks<Talk>();
  readonly #live = new Map<string, LiveSession>();
  /** Aborted when the time for running calls is over: ends what follows a call. */
  readonly #stopping = new AbortController();
  /** Resolves the wait of `stop` when the last session is over. */
  #onIdle: () => void = () => {};

  constructor(options: LiveCallsOptions) {
    this.#options = options;
    this.#limits = new TrunkLimits(options.clock);
    this.#conferences = new Conferences(options);
    this.#parties = new PartyPlacement({
      ...options,
      limits: this.#limits,
      attempts: async (leg, trunks, near) => this.#attempts(leg, trunks, await this.reserve(trunks, near), near),
    });
  }

  get size(): number {
    return this.#live.size;
  }

  get(sessionId: string): LiveSession | undefined {
    return this.#live.get(sessionId);
  }

  /**
   * Takes what a call needs, from the first trunk that has room.
   * @param near a call that the new one may be bridged with
   * @throws AppError NO_CAPACITY, with the time after which to try again
   */
  async reserve(trunks: readonly Trunk[], near?: AnsweredCall): Promise<Reservation> {
    const { trunk, channel } = this.#takeChannel(trunks);
    try {
      return { trunk, channel, slot: await this.#options.telephony.reserve(near) };
    } catch (error) {
      channel.release();
      throw error;
    }
  }

  /**
   * Takes what a call needs that comes in.
   * @throws AppError NO_CAPACITY, with the time after which its caller may try again
   */
  async reserveIncoming({ limit, userId, media }: IncomingLine, call: IncomingCall): Promise<IncomingReservation> {
    const channel = this.#limits.takeUnpaced(limit);
    if (!('release' in channel)) throw noChannel('the SIP trunk or user takes no more calls', channel.waitMs);
    try {
      return { media, channel, slot: await call.reserve(userId === undefined ? undefined : this.#talks.ofUser(userId)) };
    } catch (error) {
      channel.release();
      throw error;
    }
  }

  /** Gives back what was reserved when no call is made of it. */
  async release({ channel, slot }: Reservation | IncomingReservation): Promise<void> {
    channel.release();
    await slot.release();
  }

  /** Takes a session in: from here on `stop` knows of it. */
  add(row: NewSessionRow, plan: OutgoingPlan, reservation: Reservation): NewCall {
    const leg = { legId: row.id, to: row.toAddress, from: row.fromAddress };
    const attempts = this.#attempts({ ...leg, ...plan.options }, plan.trunks, reservation);
    const session = this.#newSession(row, plan, attempts);
    return {
      dial: () => session.attach(attempts.start(session)),
      abandon: async () => {
        await this.release(reservation);
        this.#abandon(session);
      },
    };
  }

  /** As `add`, for a call that comes in. */
  addIncoming(row: NewSessionRow, plan: CallPlan, { media, channel, slot }: IncomingReservation): NewIncomingCall {
    const session = this.#newSession(row, plan, channel);
    const request = { legId: row.id, from: row.fromAddress, to: row.toAddress, ...media };
    return {
      note: (message) => session.note(message),
      answer: () => session.attach(slot.answer(request, session)),
      abandon: async () => {
        channel.release();
        await slot.release();
        this.#abandon(session);
      },
    };
  }

  #attempts(leg: OutgoingLeg, trunks: readonly Trunk[], reservation: Reservation, near?: AnsweredCall): CallAttempts {
    const { telephony, onFreed, targetHealth, random } = this.#options;
    return new CallAttempts({
      reservation,
      others: trunks.filter(({ trunkId }) => trunkId !== reservation.trunk.trunkId),
      reserve: (others) => this.reserve(others, near),
      reserveSlot: () => telephony.reserve(near),
      request: (trunk, target) => trunkDialRequest(leg, trunk, target),
      onFreed,
      health: targetHealth,
      random,
    });
  }

  #newSession(row: NewSessionRow, plan: CallPlan, channel: Channel): LiveSession {
    const { journal, callbacks, clock, log, flowParts, onFreed } = this.#options;
    const freeing = () => {
      channel.release();
      onFreed();
    };
    const parts = flowParts(row, plan);
    const session: LiveSession = new LiveSession({
      row,
      options: plan.options,
      callbacks,
      recordings: parts.recordings,
      newConference: this.#conferenceOf(row),
      sounds: parts.sounds,
      channel: { release: freeing },
      journal,
      clock,
      log,
      newRun: (observer) =>
        new FlowRun({ ...parts, secondParty: this.#partyOf(row, parts, observer), stopping: this.#stopping.signal }, observer),
      onOver: () => this.#forget(session),
    });
    this.#live.set(row.id, session);
    return session;
  }

  #partyOf(row: NewSessionRow, { recordings }: Pick<FlowRunParts, 'recordings'>, observer: FlowRunObserver): FlowRunParts['secondParty'] {
    const { directory, clock, log } = this.#options;
    const { accountId, direction, fromAddress, toAddress, trunkId, endpointId } = row;
    const otherUserId = direction === 'inbound' && trunkId === undefined ? endpointId : undefined;
    const ownNumber = direction === 'inbound' ? toAddress : fromAddress;
    const otherSide = direction === 'inbound' ? fromAddress : toAddress;
    const { place } = this.#parties;
    const talks = this.#talks;
    const note = (message: string): void => observer.note(message);
    const onPartyState: SessionPartyParts['onPartyState'] = (party, state) => observer.partyChanged(party, state);
    const onPartyReport: SessionPartyParts['onPartyReport'] = (report) => observer.partyEnded(report);
    const calledNumber = direction === 'inbound' && trunkId !== undefined ? toAddress : undefined;
    const sides = {
      sessionId: row.id,
      accountId,
      ownNumber,
      otherSide,
      ...(otherUserId !== undefined && { otherUserId }),
      ...(calledNumber !== undefined && { calledNumber }),
    };
    return (call) =>
      new SessionParty(call, { ...sides, onPartyState, onPartyReport, directory, place, talks, recordings, note, clock, log });
  }

  #conferenceOf({ accountId, direction, fromAddress, toAddress }: NewSessionRow): LiveSessionParts['newConference'] {
    const { clock } = this.#options;
    const { place } = this.#parties;
    const otherSide = direction === 'inbound' ? fromAddress : toAddress;
    return (call, parts) => new SessionConference(call, { ...parts, accountId, otherSide, conferences: this.#conferences, place, clock });
  }

  #abandon(session: LiveSession): void {
    this.#forget(session);
    session.abandon();
  }

  /** Lets running calls and what follows them go on for `drainMs`, and ends what is left then. */
  async stop(drainMs: number): Promise<void> {
    const drained = new AbortController();
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      if (this.#live.size === 0) resolve();
    });
    await Promise.race([idle, sleep(this.#options.clock, drainMs, drained.signal).catch(() => undefined)]);
    drained.abort();
    this.#stopping.abort(new DOMException('The server stops', 'AbortError'));
    await Promise.all([...this.#live.values()].map((session) => session.end('ServerShutDown', 'The server is shutting down')));
  }

  #takeChannel(trunks: readonly Trunk[]): { trunk: Trunk; channel: Channel } {
    let waitMs = Number.POSITIVE_INFINITY;
    for (const trunk of this.#hopefulFirst(trunks)) {
      const taken = this.#limits.take(trunk);
      if ('release' in taken) return { trunk, channel: taken };
      waitMs = Math.min(waitMs, taken.waitMs);
    }
    throw noChannel('the SIP trunks of the account take no more calls', waitMs);
  }

  /** Trunks of which no target is worth a call come last. */
  #hopefulFirst(trunks: readonly Trunk[]): readonly Trunk[] {
    const { targetHealth } = this.#options;
    const isHopeless = ({ trunkId, targets }: Trunk) => targets.every((target) => targetHealth.isDoubtful(trunkId, target));
    const hopeless = trunks.length > 1 ? trunks.filter(isHopeless) : [];
    return hopeless.length === 0 ? trunks : [...trunks.filter((trunk) => !hopeless.includes(trunk)), ...hopeless];
  }

  #forget(session: LiveSession): void {
    this.#live.delete(session.id);
    if (this.#live.size === 0) this.#onIdle();
  }
}
