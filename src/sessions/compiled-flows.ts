import type { Flows, StoredFlow } from '../directory/flows.ts';
import { compileFlow, FlowNotRunnable } from '../flow/compile-flow.ts';
import type { CompiledFlow } from '../flow/compiled-flow.ts';
import { AppError } from '../kernel/errors.ts';

const MOST_KEPT = 1000;

/** Flows ready to run, each compiled once for each version. Calls keep the one that they began with. */
export class CompiledFlows {
  readonly #flows: Pick<Flows, 'load'>;
  readonly #kept = new Map<string, CompiledFlow>();

  constructor(flows: Pick<Flows, 'load'>) {
    this.#flows = flows;
  }

  /** @throws AppError FLOW_INVALID for a flow that was stored under older rules and breaks one of today's */
  of(stored: StoredFlow): CompiledFlow {
    const kept = this.#kept.get(stored.flowId);
    if (kept?.version === stored.version) return kept;
    const compiled = compile(stored);
    this.#kept.delete(stored.flowId);
    this.#kept.set(stored.flowId, compiled);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return compiled;
  }

  /** A flow of this account, to run as a node of another one; undefined when there is none. @throws AppError FLOW_INVALID */
  async find(accountId: string, flowId: string): Promise<CompiledFlow | undefined> {
    const stored = await this.#flows.load(flowId);
    return stored?.accountId === accountId ? this.of(stored) : undefined;
  }
}

function compile(stored: StoredFlow): CompiledFlow {
  try {
    return compileFlow(stored);
  } catch (error) {
    if (!(error instanceof FlowNotRunnable)) throw error;
    throw new AppError('FLOW_INVALID', { reason: `The flow cannot be run: ${error.message} Save it again.` }, { cause: error });
  }
}
