import type { FlowExit, FlowInfo, FlowNode, FlowParameter } from '../../src/contracts/flows.ts';
import type { NodeParameter, NodeParameterMap, Value } from '../../src/contracts/values.ts';
import { compileFlow } from '../../src/flow/compile-flow.ts';
import type { CompiledFlow } from '../../src/flow/compiled-flow.ts';

/** A parameter of a node in short: a literal, a list of texts, or a parameter written out. */
export type ShortParameter = string | number | boolean | readonly string[] | NodeParameter;

/** A node in short: its type name or url, and its parameters. */
export type ShortNode = readonly [type: string, parameters?: Readonly<Record<string, ShortParameter>>];

/** A transition to a node or an exit. */
export const to = (target: string): NodeParameter => ({ type: 'Transition', value: { stringValue: target } });

/** An output that goes to a field of Session. */
export const into = (field: string): NodeParameter => ({ isOutput: true, source: 'Session', referenceId: field });

/** An input that comes from a field. */
export const from = (source: NonNullable<NodeParameter['source']>, field: string): NodeParameter => ({ source, referenceId: field });

export const expression = (text: string): NodeParameter => ({ source: 'Expression', expression: text });

/** Entries for Set Data. */
export const fields = (entries: Readonly<Record<string, string | number | boolean>>): NodeParameter => ({
  type: 'List',
  value: { listValue: Object.entries(entries).map(([name, value]) => ({ Name: { stringValue: name }, Value: literalOf(value) })) },
});

/** A flow of these nodes, by id; the first is the start node. Parameters get ids. */
export function flowOf(
  nodes: Readonly<Record<string, ShortNode>>,
  rest: { id?: string; accountId?: string; parameters?: FlowParameter[]; exits?: FlowExit[] } = {},
): FlowInfo {
  let count = 0;
  const numbered = (parameter: NodeParameter): NodeParameter => ({ id: `p${count++}`, ...parameter });
  return {
    id: 'flow-1',
    accountId: 'account-1',
    name: 'Test',
    nodes: Object.entries(nodes).map(([id, [type, parameters = {}]], index): FlowNode => {
      const map: NodeParameterMap = {};
      for (const [key, short] of Object.entries(parameters)) map[key] = numbered(written(short));
      return { id, isStartNode: index === 0, spec: { url: type.startsWith('/') ? type : `/json/reply/${type}` }, parameters: map };
    }),
    ...rest,
  };
}

/** As `flowOf`, compiled. */
export function compiled(nodes: Readonly<Record<string, ShortNode>>, rest: Parameters<typeof flowOf>[1] = {}): CompiledFlow {
  const flow = flowOf(nodes, rest);
  return compileFlow({ flowId: flow.id ?? '', version: 1, flow });
}

/** The url of a flow that is used as a node. */
export const runs = (flowId: string): string => `/flows/start?flowId=${flowId}`;

function written(short: ShortParameter): NodeParameter {
  if (typeof short !== 'object') return { source: 'Value', value: literalOf(short) };
  if (isTexts(short)) return { type: 'List', value: { listValue: short.map((text) => ({ Value: { stringValue: text } })) } };
  return short;
}

function isTexts(short: object): short is readonly string[] {
  return Array.isArray(short);
}

function literalOf(literal: string | number | boolean): Value {
  switch (typeof literal) {
    case 'string':
      return { stringValue: literal };
    case 'number':
      return { numberValue: literal };
    default:
      return { boolValue: literal };
  }
}
