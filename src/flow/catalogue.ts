import type { NodeType } from './define-node.ts';
import { nodes } from './nodes/index.gen.ts';

const byUrl = new Map<string, NodeType>(nodes.map((type) => [nodeUrl(type.typeName), type]));

/** The type name and the label of a node that runs another flow. */
export const flowNode = { typeName: 'FlowNode', label: 'Flow', category: 'Flows' } as const;

const subFlowPrefix = '/flows/start?flowId=';

/** All types of nodes, by name. */
export const nodeTypes: readonly NodeType[] = nodes;

/** The address that names a node type in `spec.url`. */
export function nodeUrl(typeName: string): string {
  return `/json/reply/${typeName}`;
}

/** The address of a flow that is used as a node. */
export function subFlowUrl(flowId: string): string {
  return `${subFlowPrefix}${encodeURIComponent(flowId)}`;
}

/** What runs behind a `spec.url`: a node type, another flow, or undefined when there is no such thing. */
export type Behaviour = { readonly kind: 'node'; readonly type: NodeType } | { readonly kind: 'flow'; readonly flowId: string };

export function behaviourOf(url: string): Behaviour | undefined {
  const type = byUrl.get(url);
  if (type) return { kind: 'node', type };
  if (!url.startsWith(subFlowPrefix)) return undefined;
  const flowId = decode(url.slice(subFlowPrefix.length));
  return flowId ? { kind: 'flow', flowId } : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
