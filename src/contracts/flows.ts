import type { Static } from 'typebox';
import { Type } from 'typebox';
import { count, dto, flag, named, nullable, oneOf, operation, optional, text, texts } from './dto.ts';
import { entityMembers, listMembers, listRequestOf, listResponse } from './entities.ts';
import { type NodeParameterMap, nodeParameterMap, type Value, type ValueType, valueType } from './values.ts';

const namespace = 'Voice.Api.Flows';
const dataNamespace = 'Voice.Api.Flows.Data';
const editors = ['SystemAdministrator', 'Manager', 'Customer'] as const;

export const flowRoles = oneOf('FlowRoles', ['UI', 'Reference', 'PhoneNumberRouting', 'UserDialOut', 'FaxNumberRouting']);
export const flowChannels = oneOf('FlowChannels', ['Voice', 'Chat', 'Fax']);
export const nodeCategories = [
  'General',
  'Voice',
  'Logic',
  'DateAndTime',
  'Audio',
  'Messaging',
  'Assistant',
  'Flows',
  'Fax',
  'Network',
  'Cookies',
  'CallCenter',
  'Intelligence',
] as const;
export type NodeCategory = (typeof nodeCategories)[number];

/** A field: an input or output of a node, or a parameter of a flow. */
export interface DataField {
  id?: string;
  name?: string;
  type?: ValueType;
  uiHint?: 'None' | 'LargeText' | 'InlineForm' | 'Password' | 'InlineStruct';
  description?: string;
  possibleValues?: string[];
  isOutput?: boolean;
  isAsync?: boolean;
  structType?: DataType;
  listType?: DataType;
  defaultValue?: Value;
  /** Names the transitions made from the entries of a list, for example `{Value}`. */
  transitionNameFormat?: string;
  voiceOnly?: boolean;
}

export interface DataType {
  typeName?: string;
  fields?: DataField[];
}

const dataFieldMembers = {
  id: optional(text),
  name: optional(text),
  type: optional(valueType),
  uiHint: optional(oneOf('UIHints', ['None', 'LargeText', 'InlineForm', 'Password', 'InlineStruct'])),
  description: optional(text),
  possibleValues: optional(texts),
  isOutput: optional(flag),
  isAsync: optional(flag),
  structType: optional(named<DataType>('DataType')),
  listType: optional(named<DataType>('DataType')),
  defaultValue: optional(named<Value>('Value')),
  transitionNameFormat: optional(text),
  voiceOnly: optional(flag),
};

export const DataFieldDto = dto(
  { name: 'DataField', namespace: dataNamespace, description: 'A field of the data system.' },
  dataFieldMembers,
);
export const DataTypeDto = dto(
  { name: 'DataType', namespace: dataNamespace, description: 'A structured type.' },
  { typeName: optional(text), fields: optional(Type.Array(named<DataField>('DataField'))) },
);
export const FlowParameterDto = dto(
  { name: 'FlowParameter', namespace, description: 'An input or output of a flow.', base: 'DataField' },
  { ...dataFieldMembers, isPublic: optional(flag), isKnob: optional(flag) },
);
export type FlowParameter = Static<typeof FlowParameterDto>;

export const NodeUi = dto(
  { name: 'FlowNodeUI', namespace, description: 'Where the designer draws a node.' },
  { notes: optional(text), x: optional(count), y: optional(count) },
);
export const FlowExit = dto(
  { name: 'FlowExit', namespace, description: 'A named end of a flow.' },
  { id: optional(text), name: optional(text), ui: optional(NodeUi) },
);
export type FlowExit = Static<typeof FlowExit>;

export const FlowNodeSpec = dto(
  { name: 'FlowNodeSpec', namespace, description: 'What kind of node this is.' },
  {
    category: optional(oneOf('FlowNodeCategories', nodeCategories)),
    dataType: optional(DataTypeDto),
    description: optional(text),
    documentationUrl: optional(text),
    iconClass: optional(text),
    name: optional(text),
    restrictToChannels: optional(Type.Array(flowChannels)),
    typeName: optional(text),
    url: optional(text),
  },
);
export type FlowNodeSpec = Static<typeof FlowNodeSpec>;

export const FlowNode = dto(
  { name: 'FlowNode', namespace, description: 'A step of a flow.' },
  {
    id: optional(text, 'Unique in the flow.'),
    isStartNode: optional(flag),
    name: optional(text),
    parameters: optional(Type.Unsafe<NodeParameterMap>(nodeParameterMap)),
    spec: optional(FlowNodeSpec),
    ui: optional(NodeUi),
  },
);
export type FlowNode = Static<typeof FlowNode>;

const flowMembers = {
  name: optional(text),
  description: optional(text),
  notes: optional(text),
  customerId: optional(text),
  nodes: optional(Type.Array(FlowNode)),
  parameters: optional(Type.Array(FlowParameterDto)),
  exits: optional(Type.Array(FlowExit)),
  roles: optional(Type.Array(flowRoles)),
  tagIds: optional(texts),
};

export const FlowInfo = dto(
  { name: 'FlowInfo', namespace, description: 'A flow: what happens on a call, step by step.', base: 'EntityInfo' },
  { ...entityMembers, accountId: optional(text), accountName: optional(text), ...flowMembers, nodeCount: optional(count) },
);
export type FlowInfo = Static<typeof FlowInfo>;

export const ListFlows = operation({
  routes: ['GET /flows'],
  tag: 'Flows',
  auth: editors,
  request: dto(
    { name: 'ListFlows', namespace, description: 'List flows.', base: listRequestOf('FlowInfo') },
    {
      ...listMembers,
      accountIds: optional(texts),
      customerIds: optional(texts),
      nameFilter: optional(text),
      role: optional(nullable(flowRoles)),
      includeNodes: optional(flag),
      nodeTypeFilter: optional(text),
    },
  ),
  response: listResponse('FlowInfo', FlowInfo),
});

export const GetFlow = operation({
  routes: ['GET /flows/{flowId}'],
  tag: 'Flows',
  auth: editors,
  request: dto({ name: 'GetFlow', namespace, description: 'Get a flow, with its nodes.' }, { flowId: optional(text) }),
  response: FlowInfo,
});

export const NewFlow = operation({
  routes: ['POST /flows'],
  tag: 'Flows',
  auth: editors,
  takesLongBody: true,
  request: dto({ name: 'NewFlow', namespace, description: 'Create a flow.' }, { accountId: optional(text), ...flowMembers }),
  response: FlowInfo,
});

export const PatchFlow = operation({
  routes: ['PATCH /flows/{flowId}'],
  tag: 'Flows',
  auth: editors,
  takesLongBody: true,
  request: dto(
    { name: 'PatchFlow', namespace, description: 'Change a flow. Nodes, parameters, exits and roles replace the whole list.' },
    { flowId: optional(text), ...flowMembers },
  ),
  response: FlowInfo,
});

export const DeleteFlow = operation({
  routes: ['DELETE /flows/{flowId}'],
  tag: 'Flows',
  auth: editors,
  request: dto(
    { name: 'DeleteFlow', namespace, description: 'Delete a flow. Calls that run it end as they would have.' },
    { flowId: optional(text) },
  ),
});

export const ListAvailableNodes = operation({
  routes: ['GET /flows/available-nodes'],
  tag: 'Flows',
  auth: editors,
  request: dto(
    { name: 'ListAvailableNodes', namespace, description: 'All node types, and the flows that can be used as a node.' },
    { flowId: optional(text), accountId: optional(text) },
  ),
  response: Type.Array(FlowNodeSpec),
});
