import type { DataField, FlowExit, FlowNodeSpec, FlowParameter } from '../contracts/flows.ts';
import type { Value } from '../contracts/values.ts';
import { flowNode, nodeTypes, nodeUrl, subFlowUrl } from './catalogue.ts';
import type { Input, NodeType } from './define-node.ts';
import { toValue } from './plain-value.ts';

/** The specs of all node types, as GET /flows/available-nodes lists them (contract evo-voice.md 4.2). */
export function nodeSpecs(): FlowNodeSpec[] {
  return specs;
}

const specs: FlowNodeSpec[] = nodeTypes.map(nodeSpec);

/** The spec of one node type: its inputs, outputs and transitions are the fields of its data type. */
export function nodeSpec(type: NodeType): FlowNodeSpec {
  const fields: DataField[] = [
    ...Object.entries(type.inputs).map(([key, input]) => inputField(key, input, type.choices === key)),
    ...Object.entries(type.outputs).map(([key, output]) => ({ ...field(key, output.type, output.description), isOutput: true })),
    ...Object.entries(type.transitions).map(([key, transition]) => ({
      ...field(key, 'Transition', transition.description),
      ...(transition.isAsync && { isAsync: true }),
    })),
  ];
  return {
    name: type.label,
    typeName: type.typeName,
    url: nodeUrl(type.typeName),
    category: type.category,
    description: type.description,
    iconClass: type.icon,
    restrictToChannels: type.category === 'Voice' || type.category === 'Audio' ? ['Voice'] : [],
    dataType: { typeName: type.typeName, fields },
  };
}

/** What is needed of a flow to use it as a node. */
export interface FlowAsNode {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly parameters?: readonly FlowParameter[];
  readonly exits?: readonly FlowExit[];
}

/** The spec of a node that runs another flow: its public parameters, and its exits as transitions. */
export function flowSpec(flow: FlowAsNode): FlowNodeSpec {
  const parameters = (flow.parameters ?? []).filter(({ isPublic }) => isPublic === true);
  const exits = (flow.exits ?? []).flatMap(({ name }) => (name ? [field(name, 'Transition', '')] : []));
  return {
    name: flow.name,
    typeName: flowNode.typeName,
    url: subFlowUrl(flow.id),
    category: flowNode.category,
    ...(flow.description !== undefined && { description: flow.description }),
    iconClass: 'binary-tree',
    restrictToChannels: [],
    dataType: { typeName: flowNode.typeName, fields: [...parameters.map(asField), ...exits] },
  };
}

function asField({ isPublic, isKnob, ...rest }: FlowParameter): DataField {
  return { ...rest };
}

function field(name: string, type: NonNullable<DataField['type']>, description: string): DataField {
  return { id: name, name, type, ...(description !== '' && { description }) };
}

function inputField(key: string, input: Input, hasTransitions: boolean): DataField {
  const defaultValue = defaultOf(input);
  return {
    ...field(key, input.type, input.description),
    ...('uiHint' in input && input.uiHint && { uiHint: input.uiHint }),
    ...('possibleValues' in input && input.possibleValues && { possibleValues: [...input.possibleValues] }),
    ...(defaultValue && { defaultValue }),
    ...(input.type === 'List' && { listType: listType(key, input.of) }),
    ...(hasTransitions && { transitionNameFormat: '{Value}' }),
  };
}

function listType(key: string, of: (Input & { type: 'List' })['of']): NonNullable<DataField['listType']> {
  if (of === 'String') return { typeName: 'String', fields: [field('Value', 'String', '')] };
  return { typeName: key, fields: Object.entries(of).map(([name, input]) => inputField(name, input, false)) };
}

function defaultOf(input: Input): Value | undefined {
  return 'default' in input && input.default !== undefined ? toValue(input.default) : undefined;
}
