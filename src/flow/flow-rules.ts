import type { FlowExit, FlowInfo, FlowNode, FlowParameter } from '../contracts/flows.ts';
import type { NodeParameter } from '../contracts/values.ts';
import { MAX_FIELD_NAME } from './data-scopes.ts';
import { type FlowProblem, flowProblem, type NodePlace, nodeProblem, shorten } from './flow-problem.ts';
import { MAX_DEPTH } from './plain-value.ts';

/** Flows inside each other, when a flow is saved and when it runs. */
export const MAX_FLOW_DEPTH = 20;
const MAX_NODES = 1_000;
const MAX_NODE_PARAMETERS = 300;
const MAX_FLOW_PARAMETERS = 200;
const MAX_EXITS = 200;
const MAX_ID = 200;

/** The rules of contract evo-voice.md 4.3 that need no knowledge of node types: 1, 2, and 4 to 9. */
export function ruleProblems(flow: FlowInfo): FlowProblem[] {
  const nodes = flow.nodes ?? [];
  const parameters = flow.parameters ?? [];
  const exits = flow.exits ?? [];
  const tooMany = [
    ...limit('Nodes', nodes.length, MAX_NODES),
    ...limit('Parameters', parameters.length, MAX_FLOW_PARAMETERS),
    ...limit('Exits', exits.length, MAX_EXITS),
  ];
  if (tooMany.length > 0) return tooMany;
  return [...nodeRules(nodes), ...parameterRules(parameters), ...exitRules(exits, parameters), ...idRules(nodes)];
}

function limit(fieldName: string, count: number, most: number): FlowProblem[] {
  return count > most ? [flowProblem(fieldName, `A flow may have ${most} of these; this one has ${count}.`)] : [];
}

/** How messages name the nodes of a flow. */
export function placeOf(node: FlowNode, index: number): NodePlace {
  return { index, id: node.id ?? '', name: node.name ?? '' };
}

function nodeRules(nodes: readonly FlowNode[]): FlowProblem[] {
  const problems: FlowProblem[] = [];
  const starts = nodes.filter((node) => node.isStartNode === true).length;
  if (nodes.length > 0 && starts !== 1) {
    problems.push(flowProblem('Nodes', `Exactly one node is the start node (isStartNode); this flow has ${starts}.`));
  }
  const seen = new Set<string>();
  for (const [index, node] of nodes.entries()) {
    const place = placeOf(node, index);
    if (place.id === '') problems.push(flowProblem(`Nodes[${index}].Id`, `The node at position ${index} has no id.`));
    else if (place.id.length > MAX_ID) problems.push(nodeProblem(place, undefined, `its id may have ${MAX_ID} characters.`));
    else if (seen.has(place.id)) problems.push(nodeProblem(place, undefined, 'another node has the same id.'));
    seen.add(place.id);
  }
  return problems;
}

function parameterRules(parameters: readonly FlowParameter[]): FlowProblem[] {
  const problems: FlowProblem[] = [];
  const seen = new Set<string>();
  for (const [index, parameter] of parameters.entries()) {
    const name = parameter.name ?? '';
    const report = (member: string, message: string) => problems.push(flowProblem(`Parameters[${index}].${member}`, message));
    const title = `Flow parameter '${shorten(name)}'`;
    if (name === '') report('Name', `The flow parameter at position ${index} has no name.`);
    else if (name.length > MAX_FIELD_NAME) report('Name', `${title}: a name may have ${MAX_FIELD_NAME} characters.`);
    else if (seen.has(name)) report('Name', `${title}: another parameter has the same name.`);
    if (parameter.type === 'Struct' || parameter.type === 'Transition') report('Type', `${title} may not be a ${parameter.type}.`);
    if (parameter.type === 'List' && !parameter.listType) report('ListType', `${title} is a list: say of what, with listType.`);
    if (parameter.isOutput && !parameter.isPublic) report('IsPublic', `${title} is an output: make it public.`);
    seen.add(name);
  }
  return problems;
}

function exitRules(exits: readonly FlowExit[], parameters: readonly FlowParameter[]): FlowProblem[] {
  const problems: FlowProblem[] = [];
  const parameterNames = new Set(parameters.map((parameter) => parameter.name));
  const names = new Set<string>();
  const ids = new Set<string>();
  for (const [index, { id = '', name = '' }] of exits.entries()) {
    const report = (member: string, message: string) => problems.push(flowProblem(`Exits[${index}].${member}`, message));
    const title = `Exit '${shorten(name)}'`;
    if (name === '') report('Name', `The exit at position ${index} has no name.`);
    else if (parameterNames.has(name)) report('Name', `${title} has the name of a flow parameter.`);
    else if (names.has(name)) report('Name', `${title}: another exit has the same name.`);
    if (id !== '' && ids.has(id)) report('Id', `${title}: another exit has the same id.`);
    names.add(name);
    ids.add(id);
  }
  return problems;
}

/** Rule 9: every parameter of a node has an id, also one inside a list or struct, and no two of the flow have the same. */
function idRules(nodes: readonly FlowNode[]): FlowProblem[] {
  const problems: FlowProblem[] = [];
  const seen = new Set<string>();
  for (const [index, node] of nodes.entries()) {
    const place = placeOf(node, index);
    const parameters = Object.entries(node.parameters ?? {});
    if (parameters.length > MAX_NODE_PARAMETERS) {
      problems.push(nodeProblem(place, undefined, `it may have ${MAX_NODE_PARAMETERS} parameters.`));
      continue;
    }
    for (const [key, parameter] of parameters) {
      const problem = idProblem(parameter, seen, 0);
      if (problem) problems.push(nodeProblem(place, key, problem));
    }
  }
  return problems;
}

function idProblem(parameter: NodeParameter, seen: Set<string>, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return `lists and structs may be nested ${MAX_DEPTH} deep.`;
  const id = parameter.id ?? '';
  if (id === '') return 'the parameter, or one inside it, has no id.';
  if (seen.has(id)) return `the id '${shorten(id)}' is used by another parameter of the flow.`;
  seen.add(id);
  for (const map of [...(parameter.listParameters ?? []), parameter.structParameters ?? {}]) {
    for (const inner of Object.values(map)) {
      const problem = idProblem(inner, seen, depth + 1);
      if (problem) return problem;
    }
  }
  return undefined;
}
