import type { SessionPartyReport } from '../contracts/sessions.ts';
import { CallPrompts, type PromptMaker } from '../flow/call-prompts.ts';
import type { CompiledFlow } from '../flow/compiled-flow.ts';
import type { ConferenceOrder } from '../flow/conference.ts';
import type { KnownData } from '../flow/data-scopes.ts';
import type { FlowEnd, FlowEvent, FlowHost, FlowResult, Recordings } from '../flow/flow-host.ts';
import type { FlowState } from '../flow/flow-state.ts';
import { runAfterCall, runFlow } from '../flow/interpreter.ts';
import { prepareFlow } from '../flow/prepare-flow.ts';
import type { PartyOrder, PartyStatus, SecondParty } from '../flow/second-party.ts';
import type { WholeCallRecording } from '../flow/whole-call-recording.ts';
import type { Clock } from '../kernel/clock.ts';
import type { GuestCall } from './conference-guests.ts';
import type { HoldableCall } from './holdable-call.ts';
import type { SessionParty } from './second-party.ts';
import type { SessionConference } from './session-conference.ts';

/** What a session hears of its flow. */
export interface FlowRunObserver {
  /** A line for the log of the session. */
  note(message: string): void;
  /** What is written down of a call beside that of the session has changed; undefined: it is over, or of another session. */
  partyChanged(party: object, state: Readonly<Record<string, unknown>> | undefined): void;
  /** A call beside that of the session is over. */
  partyEnded(report: SessionPartyReport): void;
  /** `position` has changed. */
  positionChanged(): void;
}

export interface FlowRunParts {
  readonly flow: CompiledFlow;
  readonly known: KnownData;
  readonly sounds: PromptMaker;
  readonly recordings: Recordings;
  readonly loadFlow: FlowHost['loadFlow'];
  /** Who can call others for the call. */
  readonly secondParty: (
    call: HoldableCall,
  ) => SecondParty & Pick<SessionParty, 'handOver' | 'find' | 'goesOnAlone' | 'aloneOver' | 'endAlone'>;
  readonly clock: Clock;
  /** Aborted when the process stops: ends what runs after the call. */
  readonly stopping: AbortSignal;
}

/** Whom a call is redirected to. */
export type RedirectOrder = Pick<PartyOrder, 'parties' | 'callerId'>;
type PartyOutcome = Exclude<PartyStatus, 'Answered'> | 'Completed';

const REDIRECT_RING_MS = 60_000;

/** Why a flow is interrupted when its call ends. One for all: a stack would say nothing, and costs more than the rest of the abort. */
const callOver = new DOMException('The call is over', 'AbortError');

/** Why a flow, or a redirection, is interrupted by a new one. */
const redirected = new DOMException('The call is redirected', 'AbortError');

/** How a flow ended, or what a call was redirected to. */
export interface FlowOutcome {
  /** The outcome that it gives to its call; undefined when the call was over first. */
  readonly outcome: string | undefined;
  /** Whether the call goes on with something else. */
  readonly interrupted: boolean;
}

/** One run of a flow on one call: prepared while it rings, run while it is up, and finished after it. */
export class FlowRun {
  readonly #parts: FlowRunParts;
  readonly #observer: FlowRunObserver;
  readonly #callOver = new AbortController();
  readonly #prompts: CallPrompts;
  /** What runs now: the flow, or what the call was redirected to. */
  #activity = new AbortController();
  #position: FlowState | undefined;
  #host: FlowHost | undefined;
  #conference: SessionConference | undefined;
  #party: ReturnType<FlowRunParts['secondParty']> | undefined;
  #result: FlowResult | undefined;

  constructor(parts: FlowRunParts, observer: FlowRunObserver) {
    this.#parts = parts;
    this.#observer = observer;
    this.#prompts = new CallPrompts(parts.sounds, this.#callOver.signal);
  }

  /** Where the call is in its flow, as another process would need it. */
  get position(): FlowState | undefined {
    return this.#position;
  }

  /** Makes ready the prompts that the flow will need first. */
  prepare(): void {
    const { flow, known, loadFlow, clock } = this.#parts;
    void prepareFlow(flow, known, { prompts: this.#prompts, loadFlow, clock, signal: this.#callOver.signal });
  }

  /** Runs the flow on a call that has just been answered. The first node begins before this returns. Never rejects. */
  async start(call: HoldableCall, recording: WholeCallRecording, conference: SessionConference): Promise<FlowOutcome> {
    const { flow, known, recordings, secondParty, clock } = this.#parts;
    this.#conference = conference;
    this.#party = secondParty(call);
    this.#host = {
      call: call.leg,
      clock,
      signal: this.#activity.signal,
      prompts: this.#prompts,
      recordings,
      secondParty: this.#party,
      conference: {
        join: async (joining, signal) => {
          await call.dropByFlow();
          return conference.join(joining, signal);
        },
      },
      hold: { hold: (music) => call.holdByFlow(music), resume: () => call.resumeByFlow() },
      recording,
      loadFlow: (flowId, version) => this.#load(flowId, version),
      observe: (event) => this.#observe(event),
      checkpoint: (state) => {
        this.#position = state;
        this.#observer.positionChanged();
      },
    };
    const { signal } = this.#activity;
    this.#result = await runFlow(flow, known, this.#host);
    return { outcome: this.#outcomeOf(this.#result.end), interrupted: signal.reason === redirected };
  }

  /** Leaves the flow where it is, calls these instead, and joins the call with the first who answers. Never rejects. */
  redirect(order: RedirectOrder): Promise<FlowOutcome> {
    return this.#instead((signal) => this.#joined(order, signal));
  }

  /**
   * Leaves the flow where it is and takes part in a conference, together with who is joined with the call; both are in it when this returns.
   * Never rejects.
   */
  confer(order: ConferenceOrder): Promise<FlowOutcome> {
    const joined = this.#party?.handOver();
    return this.#instead((signal) => {
      const conferred = this.#conferred(order, signal);
      if (joined) this.#conference?.adopt(joined);
      return conferred;
    });
  }

  async #instead(run: (signal: AbortSignal) => Promise<PartyOutcome | undefined>): Promise<FlowOutcome> {
    this.#activity.abort(redirected);
    this.#activity = new AbortController();
    const { signal } = this.#activity;
    if (this.#callOver.signal.aborted) this.#activity.abort(callOver);
    const outcome = await run(signal);
    return { outcome: signal.reason === callOver ? undefined : outcome, interrupted: signal.reason === redirected };
  }

  async #joined(order: RedirectOrder, signal: AbortSignal): Promise<PartyOutcome | undefined> {
    try {
      if (!this.#host) return undefined;
      const meanwhile = await this.#prompts.ringing();
      const rules = {
        ringTimeoutMs: REDIRECT_RING_MS,
        meanwhile,
        hearsEarlyMedia: true,
        whisper: undefined,
        acceptKeys: '',
        allowTransfer: false,
        record: false,
      };
      const { status } = await this.#host.secondParty.call({ ...order, ...rules }, signal);
      return status === 'Answered' ? 'Completed' : status;
    } catch (error) {
      if (signal.aborted) return undefined;
      this.#observer.note(`The call could not be redirected: ${error instanceof Error ? error.message : String(error)}`);
      return 'Failed';
    }
  }

  async #conferred(order: ConferenceOrder, signal: AbortSignal): Promise<PartyOutcome | undefined> {
    try {
      const result = await this.#conference?.join(order, signal);
      return result?.status === 'Full' ? 'Failed' : 'Completed';
    } catch (error) {
      if (signal.aborted) return undefined;
      this.#observer.note(`The call could not join the conference: ${error instanceof Error ? error.message : String(error)}`);
      return 'Failed';
    }
  }

  /** The call is over: ends the flow if it still runs. */
  callEnded(): void {
    this.#callOver.abort(callOver);
    this.#activity.abort(callOver);
  }

  /** The call of this SIP Call-ID, if it is one beside that of the session and not over. */
  callBeside(callSid: string): GuestCall | undefined {
    return this.#party?.find(callSid) ?? this.#conference?.guest(callSid);
  }

  /** Whether those go on whom the call was joined with, although it has left them. */
  get goesOnAlone(): boolean {
    return this.#party?.goesOnAlone === true;
  }

  /** Resolves when none of them goes on. */
  async aloneOver(): Promise<void> {
    await this.#party?.aloneOver();
  }

  /** Hangs up on them. */
  endAlone(): void {
    this.#party?.endAlone();
  }

  /** Follows what was left for after the call. */
  async finishLater(): Promise<void> {
    const host = this.#host;
    const result = this.#result;
    if (!host || !result || result.afterCall.length === 0) return;
    await runAfterCall(result, this.#parts.known, { ...host, signal: this.#parts.stopping });
  }

  /** What follows the call finds the flow of the call again, although it may be saved nowhere, or have a newer version by now. */
  #load(flowId: string, version: number | undefined): ReturnType<FlowHost['loadFlow']> {
    const { flow, loadFlow } = this.#parts;
    return flowId === flow.flowId && version === flow.version ? flow : loadFlow(flowId, version);
  }

  #outcomeOf(end: FlowEnd): string | undefined {
    switch (end.why) {
      case 'completed':
        return 'Completed';
      case 'hung-up':
        return end.outcome || 'Completed';
      case 'call-ended':
        return undefined;
      case 'failed':
        this.#observer.note(`The flow failed: ${end.error.message}`);
        return 'FlowFailed';
    }
  }

  #observe(event: FlowEvent): void {
    switch (event.kind) {
      case 'node-entered':
        this.#observer.note(`${event.name} (${event.typeName})`);
        break;
      case 'node-left': {
        // The log of a session belongs to the account, as its recordings do; the log of the server never sees a choice.
        const way = event.transition ?? event.pii.choice;
        if (way !== undefined) this.#observer.note(`${event.name}: ${way}`);
        break;
      }
      case 'flow-left':
        break;
      case 'node-failed':
        this.#observer.note(`${event.name} failed: ${event.error.message}`);
        break;
      case 'log':
        this.#observer.note(event.pii.message);
        break;
    }
  }
}
