import { expect, it } from 'vitest';
import { callWorld, manager, nothingLeft } from '../support/call-world.ts';
import { targetAt } from '../support/carriers.ts';
import { flowOf } from '../support/flow-builder.ts';
import { RawPeer } from '../support/raw-peer.ts';

const SERVER = { address: '10.0.0.1', port: 5060 };

it('a call that was hung up is not placed again when its peer refuses the offer as the CANCEL arrives', async () => {
  const world = callWorld({ flow: flowOf({ bye: ['HangUpNode'] }), srtp: 'optional', targets: [targetAt('10.0.1.1')] });
  const wire = world.network.wire('udp', { address: '10.0.1.1', port: 5060 });
  const peer = new RawPeer(wire);
  peer.onMessage = (message) => {
    if (message.kind !== 'request') return;
    if (message.method === 'INVITE') peer.reply(message, 100, SERVER);
    if (message.method !== 'CANCEL') return;
    peer.reply(message, 200, SERVER);
    peer.reply(peer.last('INVITE'), 488, SERVER, { tag: 'a' });
  };
  const session = await world.call();
  await world.clock.advance(500);
  const ended = world.service.end(manager, session.row.id);
  expect(await world.over(session)).toBe(true);
  await ended;
  await world.clock.advance(40_000);
  expect(peer.names).toEqual(['INVITE', 'CANCEL', 'ACK']);
  await wire.close();
  expect(await world.finish()).toEqual(nothingLeft);
});
