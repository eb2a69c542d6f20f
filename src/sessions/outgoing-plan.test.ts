import { describe, expect, it } from 'vitest';
import { flowOf } from '../../test/support/flow-builder.ts';
import type { Principal } from '../directory/principal.ts';
import type { Trunk } from '../directory/trunks.ts';
import { seededRandom } from '../kernel/random.ts';
import { planOutgoing } from './outgoing-plan.ts';

const manager: Principal = { userId: 'u', emailAddress: 'm@example.com', roles: ['Manager'], accountIds: ['account-1'] };
const administrator: Principal = { ...manager, roles: ['SystemAdministrator'], accountIds: [] };
const flow = { flowId: 'flow-1', accountId: 'account-1', version: 3, flow: flowOf({ wait: ['WaitNode'] }) };
const trunk: Trunk = {
  trunkId: 'trunk-1',
  accountId: 'account-1',
  name: 'Carrier',
  host: '127.0.0.1',
  port: 5060,
  transport: 'udp',
  maxChannels: 1,
  callsPerSecond: 1,
  ringTimeoutMs: 60_000,
};
const numbers = ['+18144043001', '+18144043002', '+18144043003'].map((e164) => ({ endpointId: `endpoint of ${e164}`, e164 }));
const random = seededRandom(1);
const request = { flowId: 'flow-1', numberToDial: '+1 (814) 404-3093' };

function plan(principal: Principal, more: object, owned = numbers, trunks = [trunk]) {
  const directory = {
    flows: { load: async (id: string) => (id === 'flow-1' ? flow : undefined) },
    phoneNumbers: { ownedVoiceNumbers: async (accountId: string) => (accountId === 'account-1' ? owned : []) },
    trunks: { ofAccount: async (accountId: string) => (accountId === 'account-1' ? trunks : []) },
  };
  return planOutgoing(principal, { ...request, ...more }, directory, random);
}

describe('planOutgoing', () => {
  it('takes the account from the flow, and writes the number in E.164', async () => {
    expect(await plan(manager, { callerId: '+18144043002' })).toEqual({ flow, to: '+18144043093', callerId: numbers[1], trunks: [trunk] });
  });

  it('serves who sees every account', async () => {
    expect((await plan(administrator, {})).flow).toBe(flow);
  });

  it('chooses among all numbers that the account owns when none is given', async () => {
    const chosen = new Set<string>();
    for (let call = 0; call < 60; call++) chosen.add((await plan(manager, { callerId: '' })).callerId.e164);
    expect([...chosen].sort()).toEqual(numbers.map(({ e164 }) => e164));
  });

  it('says so when the account owns no number to call from', async () => {
    const refused = plan(manager, {}, []);
    await expect(refused).rejects.toMatchObject({ code: 'NO_CALLER_ID', status: 400, fields: [{ fieldName: 'CallerId' }] });
  });

  it('says so when the account has no trunk', async () => {
    await expect(plan(manager, {}, numbers, [])).rejects.toMatchObject({ code: 'NO_TRUNK', status: 503, retryAfterSeconds: 60 });
  });
});
