import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { PlaceCall } from '../../src/contracts/calls.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { badNetworks } from '../support/bad-networks.ts';
import { comesOnce } from '../support/comes-once.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { lossyRelay } from '../support/lossy-relay.ts';
import { lostForGood } from '../support/lost-for-good.ts';
import { factsOf } from '../support/message-facts.ts';
import { latestSession, newAccount, numberToDial, type RealServer, realServer, saveFlow } from '../support/real-server.ts';
import { sippCallee } from '../support/sipp.ts';
import { acknowledged, answer, hungUp, ring, sippScenario } from '../support/sipp-scenario.ts';

let server: RealServer;
beforeAll(async () => {
  server = await realServer();
}, 60_000);
afterAll(() => server.remove(), 60_000);

/** What sipp is sent, and does then. */
function calleeOf(transport: 'tcp' | 'udp') {
  const invited = {
    recv: 'INVITE',
    checks: [
      ['Via', `SIP/2.0/${transport.toUpperCase()} `],
      ['X-One', 'xxxx'],
    ],
  } as const;
  return { xml: sippScenario('callee', [invited, ring, answer, acknowledged, ...hungUp]) };
}

/** Places a call with an INVITE that is too large for UDP; its flow hangs up. */
async function call(port: number): Promise<ReadyAccount> {
  const account = await newAccount(server.child, port);
  const flow = flowOf({ wait: ['WaitNode', { Timeout: 0.3, Done: to('bye') }], bye: ['HangUpNode'] });
  const sipHeaders = Object.fromEntries(['X-One', 'X-Two', 'X-Three', 'X-Four'].map((name) => [name, 'x'.repeat(250)]));
  await account.api.call(PlaceCall, { flowId: await saveFlow(account, flow), numberToDial, sipHeaders });
  return account;
}

const ended = ({ ended: isOver }: SessionInfo): boolean => isOver === true;

it.each([
  ['over TCP, where sipp listens', 'tcp'],
  ['over UDP, as sipp has no TCP', 'udp'],
] as const)('a large INVITE through a trunk over UDP goes %s', async (_what, transport) => {
  const sipp = await sippCallee(calleeOf(transport), transport);
  const account = await call(sipp.local.port);
  expect(await sipp.done).toBe('');
  expect(await latestSession(account, ended)).toMatchObject({ outcome: 'Completed' });
});

describe.each(Object.keys(badNetworks))('a large INVITE over a network that %s', (network) => {
  it('goes on as over any other', { timeout: 60_000 }, async () => {
    // What comes once only: with the answer to our BYE sipp is gone, and its provisional responses are not repeated.
    const isSpared = (from: 'near' | 'far', message: string): boolean =>
      comesOnce(message, false, from === 'near') || (from === 'far' && factsOf(message).method === 'BYE');
    const relay = await lossyRelay(server.sip.port, badNetworks[network] ?? {}, 7, isSpared);
    const sipp = await sippCallee(calleeOf('udp'), 'udp', false, ['-default_behaviors', 'none']);
    relay.setFar(sipp.local.port);
    try {
      const account = await call(relay.forNear.port);
      expect(await sipp.done).toBe('');
      expect(await latestSession(account, ended)).toMatchObject({ outcome: 'Completed' });
      expect(relay.passages.some(({ isLost }) => isLost)).toBe(network === 'loses');
      expect(lostForGood(relay.passages).byUs).toEqual([]);
    } finally {
      await sipp.stop();
      await relay.close();
    }
  });
});
