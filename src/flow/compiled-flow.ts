import type { ValueType } from '../contracts/values.ts';
import type { Scope } from './data-scopes.ts';
import type { NodeType } from './define-node.ts';
import type { PlainValue } from './plain-value.ts';
import type { BoundInput } from './read-input.ts';
import type { ValueSource } from './value-source.ts';

/** Where an output goes. */
export interface OutputTarget {
  readonly scope: Scope;
  readonly field: string;
}

interface CompiledBase {
  readonly id: string;
  readonly name: string;
  readonly typeName: string;
  /** Connected outputs, by key. */
  readonly outputs: ReadonlyMap<string, OutputTarget>;
  /** Connected transitions, by key: the id of a node or the name of an exit. */
  readonly transitions: ReadonlyMap<string, string>;
}

export interface CompiledTypeNode extends CompiledBase {
  readonly kind: 'node';
  readonly type: NodeType;
  readonly inputs: ReadonlyMap<string, BoundInput>;
}

/** A node that runs another flow. Its arguments get their types from that flow when it is entered. */
export interface CompiledFlowNode extends CompiledBase {
  readonly kind: 'flow';
  readonly flowId: string;
  readonly arguments: ReadonlyMap<string, ValueSource>;
}

export type CompiledNode = CompiledTypeNode | CompiledFlowNode;

/** An input, output or local variable of a flow: a field of Session while the flow runs. */
export interface CompiledParameter {
  readonly name: string;
  readonly type: ValueType;
  readonly isPublic: boolean;
  readonly isOutput: boolean;
  readonly defaultValue: PlainValue | undefined;
}

/** A flow that is ready to run: everything that can be known before the call has been worked out. Never changed. */
export interface CompiledFlow {
  readonly flowId: string;
  readonly version: number;
  /** Undefined for a flow without nodes. */
  readonly start: CompiledNode | undefined;
  readonly nodes: ReadonlyMap<string, CompiledNode>;
  readonly exits: ReadonlySet<string>;
  readonly parameters: readonly CompiledParameter[];
}
