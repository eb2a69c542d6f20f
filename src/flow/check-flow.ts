import type { FlowInfo } from '../contracts/flows.ts';
import { behaviourOf } from './catalogue.ts';
import { type BoundFlow, bindFlowInTurns } from './compile-flow.ts';
import type { CompiledFlow, CompiledFlowNode } from './compiled-flow.ts';
import { type FlowProblem, nodeProblem, shorten } from './flow-problem.ts';
import { MAX_FLOW_DEPTH, placeOf } from './flow-rules.ts';

/** Finds a stored flow by its id. */
export type FlowLookup = (flowId: string) => Promise<FlowInfo | undefined>;

/** Flows that one flow may reach in all. */
const MAX_REACHED_FLOWS = 200;

/**
 * Compiles a flow that is about to be saved, and says everything that is wrong with it: the rules of contract evo-voice.md 4.3 and
 * nodes.md. No problems mean that it can be saved and run. `flow.accountId` must be set, and `flow.id` unless the flow is new.
 */
export async function checkFlow(flow: FlowInfo, lookup: FlowLookup): Promise<BoundFlow> {
  const bound = await bindFlowInTurns({ flowId: flow.id ?? '', version: 0, flow });
  if (bound.problems.length > 0) return bound;
  return { compiled: bound.compiled, problems: await checkSubFlows(flow, bound.compiled, lookup) };
}

async function checkSubFlows(flow: FlowInfo, compiled: CompiledFlow, lookup: FlowLookup): Promise<FlowProblem[]> {
  const reach = new Reach(flow, lookup);
  const problems: FlowProblem[] = [];
  for (const [index, node] of (flow.nodes ?? []).entries()) {
    const flowNode = compiled.nodes.get(node.id ?? '');
    if (flowNode?.kind !== 'flow') continue;
    const report = (parameter: string | undefined, message: string) => {
      problems.push(nodeProblem(placeOf(node, index), parameter, message));
    };
    const subFlow = await reach.find(flowNode.flowId);
    if (!subFlow) report(undefined, 'the flow that it runs does not exist in this account.');
    else checkInterface(flowNode, subFlow, report);
    const problem = await reach.problemBehind(flowNode.flowId);
    if (problem) report(undefined, problem);
  }
  return problems;
}

/** The flows that can be reached from the one that is being saved, each looked up once. */
class Reach {
  readonly #root: FlowInfo;
  readonly #lookup: FlowLookup;
  readonly #found = new Map<string, FlowInfo | undefined>();

  constructor(root: FlowInfo, lookup: FlowLookup) {
    this.#root = root;
    this.#lookup = lookup;
  }

  /** A flow of the same account. The flow that is being saved counts as it will be, not as it was. */
  async find(flowId: string): Promise<FlowInfo | undefined> {
    if (flowId === this.#root.id) return this.#root;
    if (!this.#found.has(flowId)) {
      const flow = await this.#lookup(flowId);
      this.#found.set(flowId, flow?.accountId === this.#root.accountId ? flow : undefined);
    }
    return this.#found.get(flowId);
  }

  /** Whether this flow leads back to the one that is being saved, or too far. Breadth first, so that depth is the shortest way. */
  async problemBehind(flowId: string): Promise<string | undefined> {
    const seen = new Set([flowId]);
    let level = [flowId];
    for (let depth = 1; level.length > 0; depth += 1) {
      if (depth > MAX_FLOW_DEPTH) return `flows may be nested ${MAX_FLOW_DEPTH} deep.`;
      const next: string[] = [];
      for (const id of level) {
        if (id === this.#root.id) return 'the flow that it runs leads back to this flow, so that it would never end.';
        const flow = await this.find(id);
        for (const inner of flow ? subFlowIds(flow) : []) {
          if (!seen.has(inner)) next.push(inner);
          seen.add(inner);
        }
        if (seen.size > MAX_REACHED_FLOWS) return `a flow may reach ${MAX_REACHED_FLOWS} other flows.`;
      }
      level = next;
    }
    return undefined;
  }
}

function subFlowIds(flow: FlowInfo): string[] {
  return (flow.nodes ?? []).flatMap(({ spec }) => {
    const behaviour = spec?.url ? behaviourOf(spec.url) : undefined;
    return behaviour?.kind === 'flow' ? [behaviour.flowId] : [];
  });
}

function checkInterface(node: CompiledFlowNode, subFlow: FlowInfo, report: (parameter: string, message: string) => void): void {
  const open = (subFlow.parameters ?? []).filter(({ isPublic }) => isPublic === true);
  const inputs = new Set(open.map(({ name }) => name));
  const outputs = new Set(open.filter(({ isOutput }) => isOutput === true).map(({ name }) => name));
  const exits = new Set((subFlow.exits ?? []).map(({ name }) => name));
  const title = `the flow '${shorten(subFlow.name ?? '')}'`;
  for (const key of node.arguments.keys()) if (!inputs.has(key)) report(key, `${title} has no public parameter of this name.`);
  for (const key of node.outputs.keys()) if (!outputs.has(key)) report(key, `${title} has no public output of this name.`);
  for (const key of node.transitions.keys()) if (!exits.has(key)) report(key, `${title} has no exit of this name.`);
}
