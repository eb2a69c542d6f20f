import type { CompiledFlow, CompiledFlowNode, CompiledNode } from './compiled-flow.ts';
import { convertValue } from './convert-value.ts';
import { DataScopes, type KnownData, scopes } from './data-scopes.ts';
import type { PromptRequest } from './define-node.ts';
import { beginningOf, defaultsOf, evaluateInputs, parameterNames } from './flow-arguments.ts';
import type { FlowHost } from './flow-host.ts';
import { findPrompt } from './node-context.ts';
import { DataError, type PlainStruct, withField } from './plain-value.ts';
import { type FieldPath, TemplateError } from './template.ts';

/** Nodes looked at, and prompts made ready, for one call. */
const MAX_NODES_SEEN = 200;
const MAX_PROMPTS = 50;

/** What preparing needs of the session. */
export type PrepareHost = Pick<FlowHost, 'clock' | 'signal' | 'prompts' | 'loadFlow'>;

interface Place {
  readonly flow: CompiledFlow;
  readonly node: CompiledNode;
  readonly data: DataScopes;
}

/**
 * Makes prompts ready while the phone rings: those of the start node first, then of the nodes behind it, as far as their texts
 * depend on nothing that only the call will tell. Asks for one prompt at a time, so that other calls get theirs too. Prompts
 * that cannot be made are left to the node that plays them. Never rejects.
 */
export async function prepareFlow(flow: CompiledFlow, known: KnownData, host: PrepareHost): Promise<void> {
  const asked = new Set<string>();
  const seen = new Map<DataScopes, Set<string>>();
  let seenNodes = 0;
  const queue = firstPlaces(flow, known, host);
  for (let place = queue.shift(); place && seenNodes < MAX_NODES_SEEN; place = queue.shift()) {
    const seenHere = seen.get(place.data) ?? new Set();
    seen.set(place.data, seenHere);
    if (seenHere.has(place.node.id)) continue;
    seenHere.add(place.node.id);
    seenNodes += 1;
    for (const prompt of promptsOf(place)) {
      const name = JSON.stringify(prompt);
      if (host.signal.aborted || asked.size >= MAX_PROMPTS) return;
      if (asked.has(name)) continue;
      asked.add(name);
      await warm(prompt, host);
    }
    queue.push(...(await placesBehind(place, known, host)));
  }
}

function firstPlaces(flow: CompiledFlow, known: KnownData, host: PrepareHost): Place[] {
  try {
    return flow.start ? [placeIn(flow, flow.start, beginningOf(flow, known.parameters), known, host)] : [];
  } catch {
    // The call meets the same failure, which ends it.
    return [];
  }
}

function placeIn(flow: CompiledFlow, node: CompiledNode, parameters: PlainStruct, known: KnownData, host: PrepareHost): Place {
  const data = new DataScopes(known, host.clock);
  data.enter(parameterNames(flow), parameters);
  return { flow, node, data };
}

/** The prompts of a node, when all its inputs are known. */
function promptsOf({ node, data }: Place): readonly PromptRequest[] {
  if (node.kind !== 'node' || !node.type.prepare) return [];
  for (const input of node.inputs.values()) if (!isKnownBefore(input.reads, data)) return [];
  try {
    return node.type.prepare(evaluateInputs(node.inputs, data));
  } catch (error) {
    if (error instanceof DataError || error instanceof TemplateError) return [];
    throw error;
  }
}

/** Whether all these fields have their value already. Before the call a field that flows set has none. */
function isKnownBefore(reads: readonly FieldPath[], data: DataScopes): boolean {
  return reads.every((path) => {
    const dot = path.indexOf('.');
    const scope = scopes.find((name) => name === path.slice(0, dot));
    return scope !== undefined && path !== 'System.Now' && data.read(scope, path.slice(dot + 1)) !== undefined;
  });
}

async function warm(prompt: PromptRequest, host: PrepareHost): Promise<void> {
  try {
    await findPrompt(host.prompts, prompt, host.signal);
  } catch {
    // The node that plays it meets the same failure, and has a transition for it.
  }
}

async function placesBehind(place: Place, known: KnownData, host: PrepareHost): Promise<Place[]> {
  const places: Place[] = [];
  if (place.node.kind === 'flow') {
    const inner = await startOf(place.node, place.data, known, host);
    if (inner) places.push(inner);
  }
  for (const target of place.node.transitions.values()) {
    const node = place.flow.nodes.get(target);
    if (node) places.push({ ...place, node });
  }
  return places;
}

async function startOf(node: CompiledFlowNode, data: DataScopes, known: KnownData, host: PrepareHost): Promise<Place | undefined> {
  try {
    const flow = await host.loadFlow(node.flowId);
    return flow?.start && placeIn(flow, flow.start, knownArguments(flow, node, data), known, host);
  } catch {
    return undefined;
  }
}

/** What will be handed to a flow, as far as it is known; a parameter whose value is not known has none. */
function knownArguments(flow: CompiledFlow, node: CompiledFlowNode, data: DataScopes): PlainStruct {
  let values = defaultsOf(flow);
  for (const { name, type, isPublic } of flow.parameters) {
    const source = isPublic ? node.arguments.get(name) : undefined;
    if (!source) continue;
    const value = isKnownBefore(source.reads, data) ? source.evaluate(data) : undefined;
    values = withField(values, name, value === undefined ? undefined : convertValue(type, value));
  }
  return values;
}
