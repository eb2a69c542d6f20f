import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { PlaceCall } from '../../src/contracts/calls.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import {
  latestSession,
  newAccount,
  numberToDial,
  type RealServer,
  realPhone,
  realServer,
  saveFlow,
  takeCalls,
} from '../support/real-server.ts';
import { sippScenario } from '../support/sipp-scenario.ts';
import { sippCallsServer, ways } from '../support/sipp-to-server.ts';

// One server that listens on both loopback addresses.

const flow = flowOf({
  ask: ['GatherNode', { Prompt: 'Please press a key.', MaxDigits: 1, TimeoutInSeconds: 20, Done: to('bye'), NoInput: to('silent') }],
  bye: ['HangUpNode', { Outcome: 'Pressed' }],
  silent: ['HangUpNode', { Outcome: 'Silent' }],
});
const short = flowOf({ wait: ['WaitNode', { Timeout: 1, Done: to('bye') }], bye: ['HangUpNode'] });

describe('a server of both families', () => {
  let server: RealServer;
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    server = await realServer({ RINGFLOW_SIP_HOST: '127.0.0.1,::1' });
  }, 60_000);
  afterAll(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await server.remove();
  }, 60_000);

  const calledPhone = async (host: string, transport: 'Udp' | 'Tcp'): Promise<{ account: ReadyAccount; events: readonly object[] }> => {
    const phone = await realPhone({ digits: '5', digitsAfterMs: 500 }, host);
    closing.push(phone.close);
    const account = await newAccount(server.child, phone.port, { host, transport });
    const flowId = await saveFlow(account, flow);
    await account.api.call(PlaceCall, { flowId, numberToDial });
    await phone.seen('over');
    return { account, events: phone.events };
  };

  it.each([
    ['::1', 'Udp'],
    ['::1', 'Tcp'],
    ['127.0.0.1', 'Udp'],
  ] as const)('calls a phone at %s over %s, and both hear each other', async (host, transport) => {
    const { account, events } = await calledPhone(host, transport);
    const session = await latestSession(account, ({ ended }) => ended === true);
    expect(session.outcome).toBe('Pressed');
    expect(events).toContainEqual(expect.objectContaining({ event: 'first-audio', lost: 0 }));
  });

  const played = ways.filter(([, { transport, network }]) => transport === 'udp' || network === undefined);
  it.each(played.flatMap(([name, way]) => (['::1', '127.0.0.1'] as const).map((address) => [address, name, way] as const)))(
    'takes a call of sipp from %s over %s',
    async (address, _name, way) => {
      // The trunk is known by its host; its port matters to calls of ours only.
      const account = await newAccount(server.child, 5999, { host: address });
      const number = await takeCalls(account, { flowId: await saveFlow(account, short) });
      const family = address.includes(':') ? 'IP6' : 'IP4';
      const host = address.includes(':') ? '\\[::1\\]' : '127.0.0.1';
      const steps = sippScenario('caller', [
        { request: 'INVITE', sdp: {}, repeat: true },
        { recv: 100, optional: true },
        { recv: 180, optional: true },
        {
          recv: 200,
          checks: [
            ['Contact', `<sip:${host}:${way.network === undefined ? server.sip.port : '[0-9]+'}`],
            ['', `c=IN ${family} ${address}`],
          ],
        },
        { request: 'ACK' },
        { recv: 'BYE' },
        { reply: 200 },
      ]);
      await sippCallsServer({ xml: steps }, { address, port: server.sip.port }, number, way, 131);
      expect(await latestSession(account, ({ ended }) => ended === true)).toMatchObject({ direction: 'inbound', outcome: 'Completed' });
    },
    60_000,
  );
});
