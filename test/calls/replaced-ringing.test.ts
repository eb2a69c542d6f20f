import { expect, it } from 'vitest';
import { callWorld, nothingLeft, PHONE } from '../support/call-world.ts';
import { flowOf } from '../support/flow-builder.ts';
import { offerAt } from '../support/raw-caller.ts';
import { RawPeer } from '../support/raw-peer.ts';

const SERVER = { address: '10.0.0.1', port: 5060 };

it('an INVITE that wants the place of a call that still rings at its callee is refused, and the call rings on', async () => {
  const world = callWorld({ flow: flowOf({ wait: ['WaitNode', { Timeout: 60 }] }), phoneIsThere: false });
  const wire = world.network.wire('udp', { address: PHONE, port: 5060 });
  const peer = new RawPeer(wire);
  peer.onMessage = (message) => {
    if (message.kind === 'request' && message.method === 'BYE') peer.reply(message, 200, SERVER);
  };
  const session = await world.call();
  await world.clock.advance(100);
  const invite = peer.last('INVITE');
  const contact = [['Contact', `<sip:bob@${PHONE}:5060>`]] as const;
  peer.reply(invite, 180, SERVER, { tag: 'bob', headers: contact });
  await world.clock.advance(100);
  const fromTag = /;tag=([^;]+)/.exec(invite.headers.first('From') ?? '')?.[1];
  const send = (method: string, lines: readonly string[], body = ''): void => {
    const head = [
      `${method} sip:ringflow@10.0.0.1 SIP/2.0`,
      `Via: SIP/2.0/UDP ${PHONE}:5060;branch=z9hG4bKreplaces`,
      'Max-Forwards: 70',
      `From: <sip:bob@${PHONE}>;tag=other`,
      'To: <sip:ringflow@10.0.0.1>',
      'Call-ID: another',
      `CSeq: 1 ${method}`,
    ];
    peer.send(`${[...head, ...lines].join('\n')}\n\n${body}`, SERVER);
  };
  const replaces = `Replaces: ${invite.headers.first('Call-ID')};to-tag=${fromTag};from-tag=bob`;
  send('INVITE', [`Contact: <sip:bob@${PHONE}:5060>`, replaces, 'Content-Type: application/sdp'], offerAt(PHONE));
  await world.clock.advance(100);
  expect(peer.received.flatMap((message) => (message.kind === 'response' ? [message.status] : []))).toEqual([100, 481]);
  send('ACK', []);
  peer.reply(invite, 200, SERVER, { tag: 'bob', headers: contact, sdp: offerAt(PHONE) });
  await world.clock.advance(100);
  expect([session.callState, peer.names.includes('BYE')]).toEqual(['Connected', false]);
  await world.stop();
  await world.clock.advance(60_000);
  await wire.close();
  expect(await world.finish()).toEqual(nothingLeft);
});
