import { expect, it } from 'vitest';
import { plainTrunk } from '../../test/support/carriers.ts';
import { flowOf } from '../../test/support/flow-builder.ts';
import { AppError } from '../kernel/errors.ts';
import { secretBox } from '../store/secret-box.ts';
import type { NewSessionRow } from '../store/session-rows.ts';
import { CompiledFlows } from './compiled-flows.ts';
import type { OutgoingDirectory } from './outgoing-plan.ts';
import { planWaiting } from './waiting-plan.ts';

const ACCOUNT = 'account-1';
const NUMBER = '+18144043000';
const flow = flowOf({ bye: ['NodeOfAnOlderRelease'] });
const stored = { flowId: 'flow-1', accountId: ACCOUNT, version: 1, flow };

/** A call that waits for its time, with the flow of an account or its own. */
function row(more: Partial<NewSessionRow>): NewSessionRow {
  return {
    id: 'session-1',
    accountId: ACCOUNT,
    endpointId: 'endpoint-1',
    direction: 'outbound',
    toAddress: '+18144043093',
    fromAddress: NUMBER,
    callState: 'Disconnected',
    createdBy: 'ada',
    createdAtMs: 0,
    ...more,
  };
}

function directory(failure?: Error): OutgoingDirectory {
  const load = async () => stored;
  return {
    flows: {
      load,
      loadVersion: async () => {
        if (failure) throw failure;
        return stored;
      },
      compile: async () => {
        throw new AppError('FLOW_INVALID', { reason: 'There is no such node.' });
      },
    },
    compiledFlows: new CompiledFlows({ load }),
    phoneNumbers: { ownedVoiceNumbers: async () => [{ endpointId: 'endpoint-1', e164: NUMBER }] },
    trunks: { ofAccount: async () => [plainTrunk('192.0.2.1')] },
  };
}

const box = secretBox('of the waiting plans');

it.each([
  ['that is saved', { flowId: 'flow-1', flowVersion: 1 }, /^The flow cannot be run: Node 'bye'/],
  ['of its own', { extras: { plan: { flow: { nodes: flow.nodes ?? [] } } } }, /There is no such node/],
])('a call whose time has come ends when its flow, one %s, cannot be run any more', async (_which, more, message) => {
  expect(await planWaiting(row(more), directory(), box)).toEqual({ outcome: 'FlowFailed', message: expect.stringMatching(message) });
});

it('a call whose time has come waits on when its flow cannot be read', async () => {
  const away = new AppError('STORE_UNAVAILABLE', { seconds: 1 });
  await expect(planWaiting(row({ flowId: 'flow-1', flowVersion: 1 }), directory(away), box)).rejects.toBe(away);
});
