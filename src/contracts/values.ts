import { Type } from 'typebox';
import { dto, flag, named, nullable, oneOf, optional, text } from './dto.ts';

/** A value of the data system: at most one member is set. */
export interface Value {
  boolValue?: boolean;
  stringValue?: string;
  numberValue?: number;
  listValue?: Struct[];
  structValue?: Struct;
}

/** A dictionary of values. A list entry that is a single value is a struct with the key `Value`. */
export interface Struct {
  [name: string]: Value;
}

const flows = 'Voice.Api.Flows.Data';

export const struct = Type.Record(Type.String(), named<Value>('Value'));

export const ValueDto = dto(
  { name: 'Value', namespace: flows, description: 'A value of the data system; one member is set.' },
  {
    boolValue: optional(nullable(flag)),
    stringValue: optional(text),
    numberValue: optional(nullable(Type.Number())),
    listValue: optional(Type.Array(struct)),
    structValue: optional(struct),
  },
);

export const valueTypes = [
  'NotSpecified',
  'String',
  'Boolean',
  'Number',
  'List',
  'Struct',
  'Transition',
  'Custom',
  'Date',
  'AudioFile',
  'TimeZoneId',
  'PhoneNumber',
  'User',
  'Endpoint',
  'Time',
  'File',
  'FaxNumber',
  'EmailAccount',
  'Customer',
  'Flow',
  'Team',
  'FlowReference',
  'Integration',
  'Assistant',
  'SipTrunk',
] as const;
export type ValueType = (typeof valueTypes)[number];
export const valueType = oneOf('ValueTypes', valueTypes);

export const valueSources = ['Value', 'Expression', 'Session', 'Customer', 'Endpoint', 'User', 'System'] as const;
export type ValueSource = (typeof valueSources)[number];
export const valueSource = oneOf('ValueSources', valueSources);

/** A property of a node: a literal, an expression, a field of a scope, a transition, or an output. */
export interface NodeParameter {
  id?: string;
  type?: ValueType;
  source?: ValueSource;
  value?: Value;
  expression?: string;
  referenceId?: string;
  isAsync?: boolean;
  isOutput?: boolean;
  listParameters?: NodeParameterMap[];
  structParameters?: NodeParameterMap;
}

export interface NodeParameterMap {
  [key: string]: NodeParameter;
}

export const nodeParameterMap = Type.Record(Type.String(), named<NodeParameter>('NodeParameter'));

export const NodeParameterDto = dto(
  { name: 'NodeParameter', namespace: flows, description: 'A property of a node.' },
  {
    id: optional(text, 'Unique over the whole flow.'),
    type: optional(valueType),
    source: optional(valueSource),
    value: optional(named<Value>('Value')),
    expression: optional(text),
    referenceId: optional(text, 'Name of the field, for sources other than Value and Expression.'),
    isAsync: optional(flag),
    isOutput: optional(flag),
    listParameters: optional(Type.Array(nodeParameterMap)),
    structParameters: optional(nodeParameterMap),
  },
);
