import type { FlowNode, FlowNodeSpec } from '../contracts/flows.ts';
import { nodeSpec } from './available-nodes.ts';
import { behaviourOf, flowNode } from './catalogue.ts';

/**
 * A node whose sparse `spec` is completed from the catalogue (contract nodes.md: only `url` is required). What the node says
 * itself stays, and so does a spec whose url names nothing. `dataType` is left to GET /flows/available-nodes.
 */
export function fillSpec(node: FlowNode): FlowNode {
  const spec = node.spec;
  const behaviour = spec?.url ? behaviourOf(spec.url) : undefined;
  if (!spec || !behaviour) return node;
  return { ...node, spec: { ...catalogued(behaviour), ...spec } };
}

function catalogued(behaviour: NonNullable<ReturnType<typeof behaviourOf>>): FlowNodeSpec {
  if (behaviour.kind === 'flow') return { name: flowNode.label, typeName: flowNode.typeName, category: flowNode.category };
  const { dataType: _, ...rest } = nodeSpec(behaviour.type);
  return rest;
}
