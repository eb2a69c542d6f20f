import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiClient } from '../../src/cli/api-client.ts';
import { PlaceCall } from '../../src/contracts/calls.ts';
import { GetSipRefusals } from '../../src/contracts/sip-refusals.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import {
  latestSession,
  newAccount,
  numberToDial,
  type RealPhone,
  type RealServer,
  realPhone,
  realServer,
  saveFlow,
} from '../support/real-server.ts';

let server: RealServer;
let phone: RealPhone;
beforeAll(async () => {
  server = await realServer({ RINGFLOW_SIP_RATE_LIMIT: '50', RINGFLOW_SIP_CONNECTIONS: '10' });
  phone = await realPhone();
}, 60_000);
afterAll(async () => {
  await phone.close();
  await server.remove();
}, 60_000);

it('a flood from one address is dropped and counted, while a call goes on', async () => {
  const account = await newAccount(server.child, phone.port);
  const flow = flowOf({ wait: ['WaitNode', { Timeout: 1, Done: to('bye') }], bye: ['HangUpNode'] });
  const flowId = await saveFlow(account, flow);
  const flooder = createSocket('udp4').bind(0, '127.0.0.2');
  await once(flooder, 'listening');
  let answers = 0;
  flooder.on('message', () => {
    answers++;
  });
  let sent = 0;
  const blast = (): void => {
    for (let n = 0; n < 20; n++) {
      const branch = `z9hG4bK${sent++}`;
      const via = `Via: SIP/2.0/UDP 127.0.0.2:${flooder.address().port};branch=${branch}`;
      const rest = `From: <sip:x@h>;tag=1\r\nTo: <sip:h>\r\nCall-ID: ${branch}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`;
      flooder.send(`OPTIONS sip:h SIP/2.0\r\n${via}\r\n${rest}`, server.sip.port, '127.0.0.1');
    }
  };
  const beat = setInterval(blast, 10);
  await account.api.call(PlaceCall, { flowId, numberToDial });
  const session = await latestSession(account, ({ ended }) => ended === true);
  clearInterval(beat);
  expect(session.outcome).toBe('Completed');
  expect(sent).toBeGreaterThan(500);

  const admin = new ApiClient({ url: server.child.url, ...server.child.login });
  const { refused = [] } = await admin.call(GetSipRefusals, {});
  const flood = refused.find(({ reason }) => reason === 'flood');
  expect(flood?.sources).toEqual([{ address: '127.0.0.2', lastDate: expect.stringMatching(/^\d{4}-.*Z$/) }]);
  const dropped = flood?.count ?? 0;
  expect(dropped).toBeGreaterThan(sent / 3);
  expect(dropped + answers).toBeLessThanOrEqual(sent);
  const closed = once(flooder, 'close');
  flooder.close();
  await closed;
}, 60_000);

it('connections of one address beyond its limit are refused and counted', async () => {
  const sockets = Array.from({ length: 30 }, () => connect({ port: server.sip.port, host: '127.0.0.1', localAddress: '127.0.0.3' }));
  let closed = 0;
  await new Promise<void>((resolve) => {
    for (const socket of sockets) {
      socket.on('error', () => {}).resume();
      socket.on('close', () => {
        closed++;
        if (closed === 20) resolve();
      });
    }
  });
  const admin = new ApiClient({ url: server.child.url, ...server.child.login });
  const { refused = [] } = await admin.call(GetSipRefusals, {});
  expect(refused.find(({ reason }) => reason === 'too-many-connections')).toMatchObject({
    count: 20,
    sources: [{ address: '127.0.0.3' }],
  });
  expect(closed).toBe(20);
  for (const socket of sockets) socket.destroy();
}, 20_000);
