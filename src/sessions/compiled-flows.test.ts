import { describe, expect, it } from 'vitest';
import { flowOf } from '../../test/support/flow-builder.ts';
import type { StoredFlow } from '../directory/flows.ts';
import { CompiledFlows } from './compiled-flows.ts';

const stored = (version: number, flowId = 'flow-1'): StoredFlow => ({
  flowId,
  accountId: 'account-1',
  version,
  flow: flowOf({ wait: ['WaitNode', { Timeout: version }] }),
});

describe('CompiledFlows', () => {
  it('compiles each version once', () => {
    const flows = new CompiledFlows({ load: async () => undefined });
    const first = flows.of(stored(1));
    expect(flows.of(stored(1))).toBe(first);
    const second = flows.of(stored(2));
    expect(second).not.toBe(first);
    expect(second.version).toBe(2);
  });

  it('finds flows of the account only', async () => {
    const flows = new CompiledFlows({ load: async (id) => (id === 'flow-1' ? stored(3) : undefined) });
    expect((await flows.find('account-1', 'flow-1'))?.version).toBe(3);
    expect(await flows.find('account-2', 'flow-1')).toBeUndefined();
    expect(await flows.find('account-1', 'flow-2')).toBeUndefined();
  });

  it('says what is wrong with a flow that breaks a rule', () => {
    const flows = new CompiledFlows({ load: async () => undefined });
    const broken = { ...stored(1), flow: { nodes: [{ id: 'a' }, { id: 'a' }] } };
    expect(() => flows.of(broken)).toThrow(expect.objectContaining({ code: 'FLOW_INVALID', status: 400 }));
  });
});
