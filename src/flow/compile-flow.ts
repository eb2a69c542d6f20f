import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FlowInfo, FlowParameter } from '../contracts/flows.ts';
import { bindNode } from './bind-node.ts';
import type { CompiledFlow, CompiledNode, CompiledParameter } from './compiled-flow.ts';
import { convertValue } from './convert-value.ts';
import { type FlowProblem, flowProblem, nodeProblem, shorten } from './flow-problem.ts';
import { placeOf, ruleProblems } from './flow-rules.ts';
import { DataError, fromValue } from './plain-value.ts';

/** Reading a text takes some 50 microseconds; more nodes than these would keep others waiting. */
const NODES_PER_TURN = 20;

/** A flow as it is stored. */
export interface FlowSource {
  readonly flowId: string;
  /** Counts up each time the flow is changed. */
  readonly version: number;
  readonly flow: FlowInfo;
}

/** A stored flow that cannot be run; `problems` say why. */
export class FlowNotRunnable extends Error {
  override readonly name = 'FlowNotRunnable';
  readonly problems: readonly FlowProblem[];

  constructor(problems: readonly FlowProblem[]) {
    super(problems[0]?.message ?? 'The flow cannot be run.');
    this.problems = problems;
  }
}

/**
 * Makes a stored flow ready to run. Done once for each version; callers keep the result.
 * @throws FlowNotRunnable when the flow breaks a rule, for example because it was stored under older rules.
 */
export function compileFlow(source: FlowSource): CompiledFlow {
  const { compiled, problems } = bindFlow(source);
  if (problems.length > 0) throw new FlowNotRunnable(problems);
  return compiled;
}

/** A flow, compiled as far as that can be done, and what is wrong with it. Flows that it runs are not looked into. */
export interface BoundFlow {
  readonly compiled: CompiledFlow;
  readonly problems: readonly FlowProblem[];
}

/** As `bindFlowInTurns`, at once. */
function bindFlow(source: FlowSource): BoundFlow {
  const steps = bindInSteps(source);
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
}

/** Compiles a flow of any size without keeping others waiting. Never rejects. */
export async function bindFlowInTurns(source: FlowSource): Promise<BoundFlow> {
  const steps = bindInSteps(source);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value;
    await nextTurn();
  }
}

function* bindInSteps({ flowId, version, flow }: FlowSource): Generator<undefined, BoundFlow, undefined> {
  const problems = ruleProblems(flow);
  const nodes = new Map<string, CompiledNode>();
  const exits = new Set((flow.exits ?? []).flatMap(({ name }) => (name ? [name] : [])));
  const parameters = (flow.parameters ?? []).map((parameter, index) => compileParameter(parameter, index, problems));
  let start: CompiledNode | undefined;
  // Too many nodes, or broken ids: what would follow from them helps nobody.
  if (problems.length === 0) {
    for (const [index, node] of (flow.nodes ?? []).entries()) {
      const compiled = bindNode(node, placeOf(node, index), problems);
      if (compiled) nodes.set(compiled.id, compiled);
      if (compiled && node.isStartNode) start = compiled;
      if (index % NODES_PER_TURN === NODES_PER_TURN - 1) yield;
    }
    problems.push(...targetProblems(flow, nodes, exits));
  }
  return { compiled: { flowId, version, start, nodes, exits, parameters }, problems };
}

/** Rule 10: a transition goes to a node or an exit of the flow, or is not connected. */
function targetProblems(flow: FlowInfo, nodes: ReadonlyMap<string, CompiledNode>, exits: ReadonlySet<string>): FlowProblem[] {
  const ids = new Set((flow.nodes ?? []).map(({ id }) => id));
  return (flow.nodes ?? []).flatMap((node, index) =>
    [...(nodes.get(node.id ?? '')?.transitions ?? [])].flatMap(([key, target]) =>
      ids.has(target) || exits.has(target)
        ? []
        : [nodeProblem(placeOf(node, index), key, `'${shorten(target)}' is neither a node nor an exit of this flow.`)],
    ),
  );
}

function compileParameter(parameter: FlowParameter, index: number, problems: FlowProblem[]): CompiledParameter {
  const type = parameter.type ?? 'String';
  let defaultValue: CompiledParameter['defaultValue'];
  try {
    const value = fromValue(parameter.defaultValue ?? {});
    if (value !== undefined && !(value === '' && type !== 'String')) defaultValue = convertValue(type, value);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const message = `The default of flow parameter '${shorten(parameter.name ?? '')}' does not fit: ${error.message}`;
    problems.push(flowProblem(`Parameters[${index}].DefaultValue`, message));
  }
  return {
    name: parameter.name ?? '',
    type,
    isPublic: parameter.isPublic === true,
    isOutput: parameter.isOutput === true,
    defaultValue,
  };
}
