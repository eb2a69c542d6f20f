import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import type { FlowInfo } from '../../src/contracts/flows.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { eventually } from '../support/database.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { latestSession, newAccount, type RealServer, realServer, saveFlow, takeCalls } from '../support/real-server.ts';
import { sippCallsServer, ways } from '../support/sipp-to-server.ts';
import { udpPortsOf } from '../support/udp-ports.ts';

// sipp as the carrier that calls the whole server, over clean and bad networks.

const MOST_MS = 60_000;
const short = flowOf({
  say: ['SayNode', { WhatToSay: 'Hello.', Done: to('bye') }],
  bye: ['HangUpNode', { Outcome: 'Served for {{ Session.ForwardedFrom }}.' }],
});
const long = flowOf({ wait: ['WaitNode', { Timeout: 60, Done: to('bye') }], bye: ['HangUpNode'] });
const ended = ({ ended: isOver }: SessionInfo): boolean => isOver === true;

let server: RealServer;
/** Threads have some ports open in advance, and never more than at first. */
let portsAtFirst = 0;

beforeAll(async () => {
  server = await realServer();
  await newAccount(server.child, 5060);
  portsAtFirst = await openPorts();
}, 60_000);

afterAll(async () => {
  try {
    await eventually(async () => (await openPorts()) <= portsAtFirst);
  } finally {
    await server?.remove();
  }
}, 60_000);

const openPorts = async (): Promise<number> => (await udpPortsOf(server.child.program.pid)).length;

/** An account with a trunk to this machine, whose number runs the flow. */
async function called(flow: FlowInfo): Promise<{ account: ReadyAccount; number: string }> {
  const account = await newAccount(server.child, 5060);
  return { account, number: await takeCalls(account, { flowId: await saveFlow(account, flow) }) };
}

describe.each(ways)('sipp as the carrier that calls, over %s', (_way, way) => {
  it.concurrent.each([
    ['patient-caller', 131, '+18145550123'],
    ['late-offer-caller', 3, undefined],
  ] as const)(
    '%s: the flow runs, knows for whom the call was, and hangs up',
    { timeout: MOST_MS },
    async (scenario, seed, forwardedFrom) => {
      const { account, number } = await called(short);
      await sippCallsServer(scenario, server.sip, number, way, seed);
      const session = await latestSession(account, ended);
      expect(session.forwardedFrom).toBe(forwardedFrom);
      expect(session).toMatchObject({
        direction: 'inbound',
        toAddress: number,
        fromAddress: 'sipp',
        outcome: `Served for ${forwardedFrom ?? ''}.`,
        sipCause: 200,
        callState: 'Disconnected',
      });
    },
  );

  it.concurrent('hangs up', { timeout: MOST_MS }, async () => {
    const { account, number } = await called(long);
    await sippCallsServer('caller', server.sip, number, way, 233);
    expect(await latestSession(account, ended)).toMatchObject({ outcome: 'CallerHungUp', direction: 'inbound' });
  });

  it.concurrent('is refused for a number that nobody owns', { timeout: MOST_MS }, async () => {
    await called(short);
    await sippCallsServer('unwelcome-caller', server.sip, '+18005550199', way, 222);
  });
});
