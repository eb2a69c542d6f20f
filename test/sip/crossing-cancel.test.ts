import { expect, it } from 'vitest';
import { makeChallenge } from '../../src/telephony/sip/digest.ts';
import { calledPeer } from '../support/called-peer.ts';
import type { RawReply } from '../support/raw-peer.ts';
import { CALLEE, request } from '../support/sip-agents.ts';

const challenge = makeChallenge({ realm: 'trunk', nonce: 'n', algorithm: 'MD5', stale: false });

it.each<[number, RawReply]>([
  [401, { headers: [['WWW-Authenticate', challenge]] }],
  [407, { headers: [['Proxy-Authenticate', challenge]] }],
  [422, { headers: [['Min-SE', '3600']] }],
  [302, { headers: [['Contact', '<sip:other@10.0.0.2>']] }],
  [503, {}],
])('a %i that crosses the CANCEL of its INVITE has no other INVITE follow', async (status, reply) => {
  const made = calledPeer();
  const credentials = { userName: 'user', password: 'secret' };
  const to = { ...CALLEE, transport: 'udp' } as const;
  const otherwise = [{ address: '10.0.0.3', port: 5060, transport: 'udp' }] as const;
  const invite = made.agent.invite(request('udp', { to, otherwise, credentials, redirects: async () => to }), made.call);
  await made.turn();
  made.reply('INVITE', 100);
  await made.turn();
  invite.cancel();
  await made.turn();
  expect(made.peer.names).toEqual(['INVITE', 'CANCEL']);
  made.reply('INVITE', status, { tag: 'a', ...reply });
  await made.turn();
  expect(made.call.events).toEqual(['sent', '100', 'failed cancelled']);
  made.reply('CANCEL', 481);
  expect(await made.leftovers()).toEqual([0, 0, 0]);
  expect(made.peer.names).toEqual(['INVITE', 'CANCEL', 'ACK']);
});
