import { afterAll, beforeAll, expect, it } from 'vitest';
import { PlaceCall } from '../../src/contracts/calls.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { latestSession, newAccount, numberToDial, type RealServer, realServer, saveFlow } from '../support/real-server.ts';
import { sippCallee } from '../support/sipp.ts';
import { acknowledged, answer, hungUp, ring, sippScenario } from '../support/sipp-scenario.ts';

let server: RealServer;
beforeAll(async () => {
  server = await realServer();
}, 60_000);
afterAll(() => server.remove(), 60_000);

it.each([
  ['over TCP, where sipp listens', 'tcp'],
  ['over UDP, as sipp has no TCP', 'udp'],
] as const)('a large INVITE through a trunk over UDP goes %s', async (_what, transport) => {
  const invited = {
    recv: 'INVITE',
    checks: [
      ['Via', `SIP/2.0/${transport.toUpperCase()} `],
      ['X-One', 'xxxx'],
    ],
  } as const;
  const sipp = await sippCallee({ xml: sippScenario('callee', [invited, ring, answer, acknowledged, ...hungUp]) }, transport);
  const account = await newAccount(server.child, sipp.local.port);
  const flow = flowOf({ wait: ['WaitNode', { Timeout: 0.3, Done: to('bye') }], bye: ['HangUpNode'] });
  const sipHeaders = Object.fromEntries(['X-One', 'X-Two', 'X-Three', 'X-Four'].map((name) => [name, 'x'.repeat(250)]));
  await account.api.call(PlaceCall, { flowId: await saveFlow(account, flow), numberToDial, sipHeaders });
  expect(await sipp.done).toBe('');
  expect(await latestSession(account, ({ ended }) => ended === true)).toMatchObject({ outcome: 'Completed' });
});
