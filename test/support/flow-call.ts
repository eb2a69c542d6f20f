import type { CompiledFlow } from '../../src/flow/compiled-flow.ts';
import type { ConferenceOrder, ConferenceResult } from '../../src/flow/conference.ts';
import type { KnownData } from '../../src/flow/data-scopes.ts';
import type { FlowEvent, FlowHost, FlowResult, PromptSource, Recordings } from '../../src/flow/flow-host.ts';
import type { FlowState } from '../../src/flow/flow-state.ts';
import { resumeFlow, runAfterCall, runFlow } from '../../src/flow/interpreter.ts';
import type { AttendedResult, CallingOrder, PartyOrder, PartyResult } from '../../src/flow/second-party.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { Prompt } from '../../src/telephony/port.ts';
import { type CalleeScript, FakeLeg } from './fake-leg.ts';

export const known: KnownData = { session: { Id: 'session-1', From: '+15550100', To: '+15550111' } };

/** Silence of a second, unless said otherwise. Its id says what it stands for. */
export function promptNamed(id: string, durationMs = 1000): Prompt {
  return { id, durationMs, pcmu: new SharedArrayBuffer(8), pcma: new SharedArrayBuffer(8) };
}

/** Prompts whose id is the text, or `file:` and the id of the file; those with `broken` in it cannot be made. */
export const promptsAtOnce: PromptSource = {
  speech: (text) => (text.includes('broken') ? Promise.reject(new Error('The voice is not there.')) : promptNamed(text)),
  file: (fileId) => (fileId.includes('broken') ? Promise.reject(new Error('There is no such file.')) : promptNamed(`file:${fileId}`)),
  beep: () => promptNamed('beep', 250),
  ringing: () => promptNamed('ringing', 6000),
  holdMusic: () => promptNamed('music', 12_800),
};

export interface FlowCallOptions {
  readonly script?: CalleeScript;
  readonly flows?: Readonly<Record<string, CompiledFlow>>;
  readonly prompts?: PromptSource;
  /** Where its recordings go; names of their own and no files, if absent. */
  readonly recordings?: Recordings;
  readonly known?: KnownData;
  /** What becomes of calls to others. */
  readonly party?: PartyResult;
  /** What becomes of attended transfers; as `party`, if absent. */
  readonly attended?: AttendedResult;
  /** What becomes of conferences, besides one of the name `full`. */
  readonly conference?: ConferenceResult;
}

/** A call with a scripted callee that flows can run on, and what came of it. */
export class FlowCall {
  readonly clock = new VirtualClock();
  readonly leg: FakeLeg;
  readonly events: FlowEvent[] = [];
  readonly states: FlowState[] = [];
  readonly saved: string[] = [];
  readonly discarded: string[] = [];
  /** Whom the flow has called beside this call. */
  readonly orders: PartyOrder[] = [];
  /** Whom it has called to have the other side call them in its place. */
  readonly transfers: CallingOrder[] = [];
  /** The conferences that it has joined. */
  readonly conferences: ConferenceOrder[] = [];
  /** What the flow has done to the recording of the whole call. */
  readonly recorded: string[] = [];
  /** The music of each hold by the flow, and 'resumed'. */
  readonly holds: string[] = [];
  readonly host: FlowHost;
  readonly #known: KnownData;
  readonly #flows = new Map<string, CompiledFlow>();

  constructor(options: FlowCallOptions = {}) {
    this.leg = new FakeLeg(this.clock, options.script);
    this.#known = options.known ?? known;
    for (const [id, flow] of Object.entries(options.flows ?? {})) this.#flows.set(id, flow);
    this.host = {
      call: this.leg,
      clock: this.clock,
      signal: this.leg.over,
      prompts: options.prompts ?? promptsAtOnce,
      recordings: options.recordings ?? {
        leave: () => {},
        newPath: () => `/recordings/${this.saved.length + this.discarded.length}.wav`,
        save: async (recorded) => {
          this.saved.push(recorded.path);
          return `file-${this.saved.length}`;
        },
        discard: async (recorded) => {
          this.discarded.push(recorded.path);
        },
      },
      secondParty: {
        call: async (order) => {
          this.orders.push(order);
          return options.party ?? { status: 'NoAnswer', talkedMs: 0 };
        },
        transferTo: async (order) => {
          this.transfers.push(order);
          const { status } = options.party ?? { status: 'NoAnswer' };
          return options.attended ?? { end: status === 'Answered' ? 'Joined' : status, talkedMs: 0, reason: '' };
        },
      },
      conference: {
        join: async (order) => {
          this.conferences.push(order);
          if (order.name === 'full') return { status: 'Full', stayedMs: 0 };
          return options.conference ?? { status: 'Ended', sid: 'conference-1', stayedMs: 0 };
        },
      },
      hold: {
        hold: async (music) => void this.holds.push(music.id),
        resume: async () => {
          if (options.script?.resumes === false) throw new Error('The other side does not agree');
          this.holds.push('resumed');
        },
      },
      recording: {
        start: (layout) => this.recorded.push(layout),
        pause: () => this.recorded.push('pause'),
        stop: async () => {
          this.recorded.push('stop');
          if (options.script?.recorded === 'badly') throw new Error('The disk is full');
          return options.script?.recorded && { fileId: 'whole-call', durationMs: 1500 };
        },
      },
      loadFlow: (flowId) => this.#flows.get(flowId),
      observe: (event) => this.events.push(event),
      checkpoint: (state) => this.states.push(state),
    };
  }

  run(flow: CompiledFlow): Promise<FlowResult> {
    this.#flows.set(flow.flowId, flow);
    return this.#finish(runFlow(flow, this.#known, this.host));
  }

  resume(state: FlowState): Promise<FlowResult> {
    return this.#finish(resumeFlow(state, this.#known, this.host));
  }

  /** Follows what a result left behind, after hanging up as the session does. */
  async afterCall(result: FlowResult): Promise<FlowResult[]> {
    await this.leg.hangup();
    const running = runAfterCall(result, this.#known, { ...this.host, signal: new AbortController().signal });
    return this.#finish(running);
  }

  /** The ids of the nodes that were entered, in order. */
  get path(): string[] {
    return this.events.flatMap((event) => (event.kind === 'node-entered' ? [event.nodeId] : []));
  }

  /** The transition or choice by which a node was left last. */
  leftBy(nodeId: string): string | undefined {
    const left = this.events.filter((event) => event.kind === 'node-left' && event.nodeId === nodeId).at(-1);
    return left?.kind === 'node-left' ? (left.transition ?? left.pii.choice) : undefined;
  }

  get log(): string[] {
    return this.events.flatMap((event) => (event.kind === 'log' ? [event.pii.message] : []));
  }

  async #finish<T>(running: Promise<T>): Promise<T> {
    let isOver = false;
    const done = running.finally(() => {
      isOver = true;
    });
    if (!(await this.clock.runUntil(() => isOver, 100 * 3_600_000))) throw new Error('The flow waits for something that never comes');
    return done;
  }
}

/** Runs the nodes of a flow on a call of its own. */
export async function runOnCall(flow: CompiledFlow, options: FlowCallOptions = {}): Promise<{ result: FlowResult; call: FlowCall }> {
  const call = new FlowCall(options);
  return { result: await call.run(flow), call };
}
