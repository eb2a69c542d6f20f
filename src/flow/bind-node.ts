import type { FlowNode } from '../contracts/flows.ts';
import type { NodeParameter, NodeParameterMap } from '../contracts/values.ts';
import { behaviourOf, flowNode, nodeTypes } from './catalogue.ts';
import type { CompiledFlowNode, CompiledNode, CompiledTypeNode, OutputTarget } from './compiled-flow.ts';
import { writeProblem } from './data-scopes.ts';
import type { NodeType } from './define-node.ts';
import { type FlowProblem, type NodePlace, nodeProblem, shorten } from './flow-problem.ts';
import { DataError } from './plain-value.ts';
import { type BoundInput, bindInput } from './read-input.ts';
import { TemplateError } from './template.ts';
import { sourceOf, type ValueSource } from './value-source.ts';

/** Notes what is wrong with a parameter of a node, or with the node itself. */
type Report = (parameter: string | undefined, message: string) => void;

/**
 * Compiles one node: finds its type, and joins its parameters with what the type declares. What is wrong goes to `problems`;
 * the answer is undefined when nothing can be made of the node.
 */
export function bindNode(node: FlowNode, place: NodePlace, problems: FlowProblem[]): CompiledNode | undefined {
  const report: Report = (parameter, message) => problems.push(nodeProblem(place, parameter, message));
  const url = node.spec?.url ?? '';
  if (url === '') {
    report(undefined, 'its spec has no url. Copy the url of a node type from GET /flows/available-nodes.');
    return undefined;
  }
  const behaviour = behaviourOf(url);
  const typeName = behaviour?.kind === 'node' ? behaviour.type.typeName : flowNode.typeName;
  if (!behaviour || (node.spec?.typeName && node.spec.typeName !== typeName)) {
    const known = [...nodeTypes.map((type) => type.typeName), flowNode.typeName].join(', ');
    report(undefined, `there is no node type with this url and type name. There are ${known}.`);
    return undefined;
  }
  const base = { id: place.id, name: place.name === '' ? typeName.replace(/Node$/, '') : place.name, typeName };
  return behaviour.kind === 'node'
    ? bindTypeNode(base, behaviour.type, node.parameters ?? {}, report)
    : bindFlowNode(base, behaviour.flowId, node.parameters ?? {}, report);
}

type Base = Pick<CompiledNode, 'id' | 'name' | 'typeName'>;

function bindTypeNode(base: Base, type: NodeType, parameters: NodeParameterMap, report: Report): CompiledTypeNode {
  const inputs = new Map<string, BoundInput>();
  for (const [key, input] of Object.entries(type.inputs)) {
    const parameter = own(parameters, key);
    if (parameter && (isTransition(parameter) || parameter.isOutput)) report(key, 'this is an input; it takes a value.');
    const bound = attempt(key, report, () => bindInput(input, parameter));
    if (bound) inputs.set(key, bound);
  }
  const known = [...inputs].flatMap(([key, input]) => (input.known ? [[key, input.known.value] as const] : []));
  const wrong = type.check?.(Object.fromEntries(known));
  if (wrong) report(wrong.input, wrong.problem);
  const outputs = new Map<string, OutputTarget>();
  for (const key of Object.keys(type.outputs)) bindOutput(key, own(parameters, key), outputs, report);
  const transitions = new Map<string, string>();
  for (const key of Object.keys(type.transitions)) bindTransition(key, own(parameters, key), transitions, report);
  bindChoices(type, inputs, parameters, transitions, report);
  return { ...base, kind: 'node', type, inputs, outputs, transitions };
}

/** Parameters that the type does not declare: the transitions of its choices, or mistakes. */
function bindChoices(
  type: NodeType,
  inputs: ReadonlyMap<string, BoundInput>,
  parameters: NodeParameterMap,
  transitions: Map<string, string>,
  report: Report,
): void {
  const declared = new Set([...Object.keys(type.inputs), ...Object.keys(type.outputs), ...Object.keys(type.transitions)]);
  const choices = type.choices === undefined ? [] : inputs.get(type.choices)?.knownTexts;
  const seen = new Set<string>();
  for (const choice of choices ?? []) {
    if (declared.has(choice)) report(type.choices, `the choice '${shorten(choice)}' has the name of a parameter of ${type.label}.`);
    if (seen.has(choice)) report(type.choices, `the choice '${shorten(choice)}' is there twice.`);
    seen.add(choice);
  }
  for (const [key, parameter] of Object.entries(parameters)) {
    if (declared.has(key)) continue;
    const isConnected = targetOf(parameter) !== '';
    if (isTransition(parameter) && (choices === undefined || seen.has(key))) bindTransition(key, parameter, transitions, report);
    else if (isTransition(parameter) && isConnected)
      report(key, `${type.label} has no such transition${type.choices ? ' or choice' : ''}.`);
    else if (!isTransition(parameter)) report(key, `${type.label} has no such parameter. It has ${[...declared].join(', ')}.`);
  }
}

function bindFlowNode(base: Base, flowId: string, parameters: NodeParameterMap, report: Report): CompiledFlowNode {
  const outputs = new Map<string, OutputTarget>();
  const transitions = new Map<string, string>();
  const values = new Map<string, ValueSource>();
  for (const [key, parameter] of Object.entries(parameters)) {
    if (isTransition(parameter)) bindTransition(key, parameter, transitions, report);
    else if (parameter.isOutput) bindOutput(key, parameter, outputs, report);
    else {
      const source = attempt(key, report, () => sourceOf(parameter, true));
      if (source) values.set(key, source);
    }
  }
  return { ...base, kind: 'flow', flowId, arguments: values, outputs, transitions };
}

function bindOutput(key: string, parameter: NodeParameter | undefined, outputs: Map<string, OutputTarget>, report: Report): void {
  const field = parameter?.referenceId ?? '';
  if (!parameter || field === '') return;
  const scope = parameter.source ?? 'Value';
  if (isTransition(parameter)) report(key, 'this is an output; it names a field.');
  else if (scope === 'Value' || scope === 'Expression') report(key, 'an output goes to a field: its source is Session.');
  else {
    const problem = writeProblem(scope, field);
    if (problem === undefined) outputs.set(key, { scope, field });
    else report(key, problem);
  }
}

function bindTransition(key: string, parameter: NodeParameter | undefined, transitions: Map<string, string>, report: Report): void {
  if (!parameter) return;
  if (!isTransition(parameter)) {
    report(key, 'this is a transition: its type is Transition and its value names the next node.');
    return;
  }
  const target = targetOf(parameter);
  if (target !== '') transitions.set(key, target);
}

function isTransition(parameter: NodeParameter): boolean {
  return parameter.type === 'Transition';
}

function targetOf(parameter: NodeParameter): string {
  return parameter.value?.stringValue ?? '';
}

function own(parameters: NodeParameterMap, key: string): NodeParameter | undefined {
  return Object.hasOwn(parameters, key) ? parameters[key] : undefined;
}

function attempt<T>(key: string, report: Report, bind: () => T): T | undefined {
  try {
    return bind();
  } catch (error) {
    if (!(error instanceof DataError || error instanceof TemplateError)) throw error;
    report(key, error.message);
    return undefined;
  }
}
