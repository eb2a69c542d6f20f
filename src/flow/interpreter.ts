import type { CallLeg } from '../telephony/port.ts';
import type { CompiledFlow } from './compiled-flow.ts';
import { DataScopes, type KnownData } from './data-scopes.ts';
import { beginningOf, parameterNames } from './flow-arguments.ts';
import type { FlowHost, FlowResult } from './flow-host.ts';
import type { AfterCall, FlowPosition, FlowState } from './flow-state.ts';
import { type Beginning, FlowError, FlowWalk } from './flow-walk.ts';
import { type PlainStruct, toPlainStruct } from './plain-value.ts';
import type { WholeCallRecording } from './whole-call-recording.ts';

export { prepareFlow } from './prepare-flow.ts';

/**
 * Runs a flow from its start node to its end. A prompt that is ready, played by the first node that waits, reaches
 * `host.call.play` before this returns. Never rejects: whatever goes wrong is in the result.
 */
export async function runFlow(flow: CompiledFlow, known: KnownData, host: FlowHost): Promise<FlowResult> {
  const data = new DataScopes(known, host.clock);
  try {
    data.enter(parameterNames(flow), beginningOf(flow, known.parameters));
    const levels = flow.start ? [{ flow, node: flow.start }] : [];
    return await new FlowWalk(host, data, { levels, steps: 0, afterCall: [] }).run();
  } catch (error) {
    return { end: { why: 'failed', error: asError(error) }, session: data.session, afterCall: [] };
  }
}

/** Goes on with a flow where `state` left it: the node that was about to run, or was running, runs (again). Never rejects. */
export async function resumeFlow(state: FlowState, known: KnownData, host: FlowHost): Promise<FlowResult> {
  try {
    const data = new DataScopes(known, host.clock, toPlainStruct(state.session));
    const levels = await findLevels(state.positions, data, host);
    return await new FlowWalk(host, data, { levels, steps: state.steps, afterCall: state.afterCall }).run();
  } catch (error) {
    return { end: { why: 'failed', error: asError(error) }, session: state.session, afterCall: state.afterCall };
  }
}

/**
 * Follows the asynchronous transitions that a call left behind, one after the other, once it has been hung up. Nodes that need
 * the live call leave by Failed. Never rejects; answers how each of them ended, in order.
 */
export async function runAfterCall(
  left: Pick<FlowResult, 'session' | 'afterCall'>,
  known: KnownData,
  host: FlowHost,
): Promise<FlowResult[]> {
  const results: FlowResult[] = [];
  const quietHost: FlowHost = {
    ...hostOf(host),
    call: endedCall(host.call),
    hold: { hold: callOver, resume: callOver },
    recording: endedRecording,
    secondParty: { call: callOver, transferTo: callOver },
    conference: { join: callOver },
    checkpoint: () => {},
  };
  let session = left.session;
  for (const { positions, transition } of left.afterCall) {
    const result = await followAfterCall(positions, transition, session, known, quietHost);
    session = result.session;
    results.push(result);
  }
  return results;
}

/** The members of a host one by one: it may be an instance of a class, whose methods a spread would lose. */
function hostOf(host: FlowHost): FlowHost {
  return {
    call: host.call,
    clock: host.clock,
    signal: host.signal,
    prompts: host.prompts,
    recordings: host.recordings,
    secondParty: host.secondParty,
    conference: host.conference,
    hold: host.hold,
    recording: host.recording,
    loadFlow: (flowId, version) => host.loadFlow(flowId, version),
    observe: (event) => host.observe(event),
    checkpoint: (state) => host.checkpoint(state),
  };
}

async function followAfterCall(
  positions: AfterCall['positions'],
  transition: string,
  session: PlainStruct,
  known: KnownData,
  host: FlowHost,
): Promise<FlowResult> {
  try {
    const data = new DataScopes(known, host.clock, toPlainStruct(session));
    const levels = await findLevels(positions, data, host);
    return await new FlowWalk(host, data, { levels, steps: 0, afterCall: [] }).runFrom(transition);
  } catch (error) {
    return { end: { why: 'failed', error: asError(error) }, session, afterCall: [] };
  }
}

/** Finds the flows and nodes of stored positions, and gives `data` their parameters. */
async function findLevels(positions: readonly FlowPosition[], data: DataScopes, host: FlowHost): Promise<Beginning['levels']> {
  const levels: Beginning['levels'][number][] = [];
  for (const { flowId, version, nodeId, parameters } of positions) {
    const flow = await host.loadFlow(flowId, version);
    const node = flow?.nodes.get(nodeId);
    if (!flow || !node) throw new FlowError('The flow was changed or deleted while the call was on: the node it was at is gone.');
    data.enter(parameterNames(flow), toPlainStruct(parameters));
    levels.push({ flow, node });
  }
  return levels;
}

/** A call that is over: whatever needs it fails. */
function endedCall(call: CallLeg): CallLeg {
  return {
    id: call.id,
    direction: call.direction,
    from: call.from,
    to: call.to,
    play: callOver,
    collect: callOver,
    clearDigits: () => {},
    record: callOver,
    sendDigits: callOver,
    transfer: callOver,
    hangup: () => Promise.resolve(),
  };
}

const callOver = (): Promise<never> => Promise.reject(new FlowError('The call is over.'));
/** The recording of a call that is over. */
const endedRecording: WholeCallRecording = {
  start: () => {},
  pause: () => {},
  stop: async () => undefined,
};

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new FlowError(String(thrown));
}
