import { sleep } from '../kernel/clock.ts';
import type { CompiledFlow, CompiledFlowNode, CompiledNode, CompiledTypeNode } from './compiled-flow.ts';
import type { DataScopes } from './data-scopes.ts';
import type { AnyResult, NodeContext } from './define-node.ts';
import { argumentsOf, evaluateInputs, parameterNames } from './flow-arguments.ts';
import type { FlowEnd, FlowHost, FlowResult } from './flow-host.ts';
import { MAX_FLOW_DEPTH } from './flow-rules.ts';
import type { AfterCall, FlowPosition, FlowState } from './flow-state.ts';
import { isPromise, newNodeContext } from './node-context.ts';
import { fieldOf } from './plain-value.ts';

/** Nodes that one flow may run in all, and one after the other without any time passing. */
export const MAX_STEPS = 10_000;
export const MAX_STEPS_WITHOUT_WAIT = 100;
/** After so many nodes without a wait, others get their turn. */
const STEPS_PER_TURN = 10;
/** Asynchronous transitions that one call may leave behind. */
const MAX_AFTER_CALL = 100;

/** The flow could not go on; the message is for its author. */
export class FlowError extends Error {
  override readonly name = 'FlowError';
}

/** A running flow, and the node of it that comes next or waits for the flow that it runs. */
interface Level {
  readonly flow: CompiledFlow;
  node: CompiledNode;
}

/** Where a run begins: what `FlowState` says, with the flows found again. */
export interface Beginning {
  readonly levels: readonly Level[];
  readonly steps: number;
  readonly afterCall: readonly AfterCall[];
}

/**
 * One walk through a flow. Steps that need not wait follow each other in one turn of the event loop, so that a prompt that is
 * ready begins in the turn in which the call was answered.
 */
export class FlowWalk {
  readonly #host: FlowHost;
  readonly #data: DataScopes;
  readonly #context: NodeContext;
  readonly #levels: Level[];
  readonly #afterCall: AfterCall[];
  #steps: number;
  #stepsWithoutWait = 0;

  /** `data` has a frame for each level of `beginning`. */
  constructor(host: FlowHost, data: DataScopes, beginning: Beginning) {
    this.#host = host;
    this.#data = data;
    this.#context = newNodeContext(host, data);
    this.#levels = [...beginning.levels];
    this.#afterCall = [...beginning.afterCall];
    this.#steps = beginning.steps;
  }

  /** Runs from the current node to the end. Rejects only when the host throws. */
  async run(): Promise<FlowResult> {
    for (;;) {
      const step = this.#step();
      const end = isPromise(step) ? await step : step;
      if (end !== undefined) return this.#result(end);
      if (this.#stepsWithoutWait > 0 && this.#stepsWithoutWait % STEPS_PER_TURN === 0) await this.#pause();
    }
  }

  /** Leaves the current node by an asynchronous transition, and runs from there to the end. Rejects as `run`. */
  async runFrom(transition: string): Promise<FlowResult> {
    const end = this.#follow(transition);
    return end ? this.#result(end) : this.run();
  }

  #step(): FlowEnd | undefined | Promise<FlowEnd | undefined> {
    const level = this.#levels.at(-1);
    if (!level) return { why: 'completed' };
    if (this.#host.signal.aborted) return { why: 'call-ended' };
    if (this.#steps >= MAX_STEPS) return failed(`The flow was stopped after ${MAX_STEPS} steps: it seems to run in a circle.`);
    if (this.#stepsWithoutWait >= MAX_STEPS_WITHOUT_WAIT) {
      return failed(`The flow was stopped after ${MAX_STEPS_WITHOUT_WAIT} steps without a wait: it seems to run in a circle.`);
    }
    this.#steps += 1;
    this.#stepsWithoutWait += 1;
    this.#host.checkpoint(this.#state());
    return level.node.kind === 'flow' ? this.#enterFlow(level.node) : this.#execute(level.node);
  }

  #execute(node: CompiledTypeNode): FlowEnd | undefined | Promise<FlowEnd | undefined> {
    const enteredMs = this.#host.clock.now();
    this.#host.observe({ kind: 'node-entered', ...this.#nodeEvent(node, enteredMs) });
    try {
      const result = node.type.execute(evaluateInputs(node.inputs, this.#data), this.#context);
      if (!isPromise(result)) return this.#leave(node, result, enteredMs);
      return result.then((late) => this.#leave(node, late, enteredMs)).catch((error) => this.#fail(node, error));
    } catch (error) {
      return this.#fail(node, error);
    }
  }

  /** What a node did counts also when the call ended meanwhile: a recording that the caller ended by hanging up is kept. */
  #leave(node: CompiledTypeNode, result: AnyResult, enteredMs: number): FlowEnd | undefined {
    const nowMs = this.#host.clock.now();
    if (nowMs - enteredMs >= 1) this.#stepsWithoutWait = 0;
    const outputs = result.outputs ?? {};
    for (const [key, { scope, field }] of node.outputs) {
      const value = outputs[key];
      if (value !== undefined) this.#data.write(scope, field, value);
    }
    this.#host.observe({
      kind: 'node-left',
      ...this.#nodeEvent(node, nowMs),
      transition: result.leave,
      tookMs: nowMs - enteredMs,
      pii: { outputs, choice: result.choice },
    });
    for (const key of result.later ?? []) this.#remember(node, key);
    if (this.#host.signal.aborted) return { why: 'call-ended' };
    const transition = result.choice ?? result.leave;
    if (transition === undefined) return { why: 'hung-up', ...(result.outcome !== undefined && { outcome: result.outcome }) };
    return this.#follow(transition);
  }

  #fail(node: CompiledNode, thrown: unknown): FlowEnd | undefined {
    if (this.#host.signal.aborted || isClosedMedia(thrown)) return { why: 'call-ended' };
    const error = thrown instanceof Error ? thrown : new FlowError(String(thrown));
    const atMs = this.#host.clock.now();
    this.#host.observe({ kind: 'node-failed', ...this.#nodeEvent(node, atMs), error });
    const hasWayOut = node.kind === 'node' ? Object.hasOwn(node.type.transitions, 'Failed') : node.transitions.has('Failed');
    return hasWayOut ? this.#follow('Failed', error) : { why: 'failed', error };
  }

  /**
   * Goes where a transition of the current node leads: to the next node, or out of this flow and on by the transition of the
   * outer one that has the name of the exit. A transition that is not connected is an exit of the same name, or the end.
   */
  #follow(transition: string, error?: Error): FlowEnd | undefined {
    let key = transition;
    for (let level = this.#levels.at(-1); level; level = this.#levels.at(-1)) {
      const target = level.node.transitions.get(key);
      const next = target === undefined ? undefined : level.flow.nodes.get(target);
      if (next) {
        level.node = next;
        return undefined;
      }
      const exit = target ?? (level.flow.exits.has(key) ? key : undefined);
      if (exit === undefined) break;
      if (this.#levels.length === 1) return error && target === undefined ? { why: 'failed', error } : { why: 'completed', exit };
      const problem = this.#leaveFlow();
      if (problem) return problem;
      key = exit;
    }
    return error ? { why: 'failed', error } : { why: 'completed' };
  }

  #enterFlow(node: CompiledFlowNode): FlowEnd | undefined | Promise<FlowEnd | undefined> {
    this.#host.observe({ kind: 'node-entered', ...this.#nodeEvent(node, this.#host.clock.now()) });
    try {
      const flow = this.#host.loadFlow(node.flowId);
      if (!isPromise(flow)) return this.#beginFlow(node, flow);
      return flow.then((late) => this.#beginFlow(node, late)).catch((error) => this.#fail(node, error));
    } catch (error) {
      return this.#fail(node, error);
    }
  }

  #beginFlow(node: CompiledFlowNode, flow: CompiledFlow | undefined): FlowEnd | undefined {
    if (!flow) throw new FlowError('The flow that this node runs does not exist.');
    if (this.#levels.length >= MAX_FLOW_DEPTH) throw new FlowError(`Flows may be nested ${MAX_FLOW_DEPTH} deep.`);
    if (!flow.start) return { why: 'completed' };
    this.#data.enter(parameterNames(flow), argumentsOf(flow, node, this.#data));
    this.#levels.push({ flow, node: flow.start });
    return undefined;
  }

  /** Ends the innermost flow: what its outputs hold goes where the node of the outer flow says. */
  #leaveFlow(): FlowEnd | undefined {
    this.#levels.pop();
    const values = this.#data.leave();
    const node = this.#levels.at(-1)?.node;
    if (!node) return undefined;
    try {
      for (const [key, { scope, field }] of node.outputs) {
        const value = fieldOf(values, key);
        if (value !== undefined) this.#data.write(scope, field, value);
      }
    } catch (error) {
      return { why: 'failed', error: error instanceof Error ? error : new FlowError(String(error)) };
    }
    const atMs = this.#host.clock.now();
    this.#host.observe({ kind: 'flow-left', ...this.#nodeEvent(node, atMs) });
    return undefined;
  }

  #remember(node: CompiledNode, transition: string): void {
    const leads = node.transitions.has(transition) || (this.#levels.at(-1)?.flow.exits.has(transition) && this.#levels.length > 1);
    if (!leads) return;
    if (this.#afterCall.length < MAX_AFTER_CALL) this.#afterCall.push({ positions: this.#positions(), transition });
    else this.#context.log(`${transition} of ${node.name} is not followed: there are ${MAX_AFTER_CALL} already.`);
  }

  /** Lets others run. An abort is met by the next step. */
  async #pause(): Promise<void> {
    await sleep(this.#host.clock, 0, this.#host.signal).catch(() => {});
  }

  #nodeEvent(node: CompiledNode, atMs: number) {
    const flowId = this.#levels.at(-1)?.flow.flowId ?? '';
    return { atMs, flowId, nodeId: node.id, name: node.name, typeName: node.typeName };
  }

  #positions(): FlowPosition[] {
    return this.#levels.map(({ flow, node }, level) => ({
      flowId: flow.flowId,
      version: flow.version,
      nodeId: node.id,
      parameters: this.#data.parametersAt(level),
    }));
  }

  #state(): FlowState {
    return { positions: this.#positions(), session: this.#data.session, steps: this.#steps - 1, afterCall: [...this.#afterCall] };
  }

  #result(end: FlowEnd): FlowResult {
    return { end, session: this.#data.session, afterCall: this.#afterCall };
  }
}

/** The media of a call stop before the session learns that it is over; its waits then reject with an AbortError. */
function isClosedMedia(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'AbortError';
}

function failed(message: string): FlowEnd {
  return { why: 'failed', error: new FlowError(message) };
}
