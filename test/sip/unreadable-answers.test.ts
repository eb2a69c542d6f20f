import { expect, it } from 'vitest';
import { ANSWER, CALLER } from '../support/sip-agents.ts';
import { CONTACT, invitingRawPeer } from '../support/sip-call.ts';

it('responses whose To cannot be read count as those of a peer without a tag: the call rings and is answered', async () => {
  const { scene, peer, call } = await invitingRawPeer();
  const invite = peer.last('INVITE');
  peer.reply(invite, 180, CALLER, { tag: '"x', headers: [CONTACT] });
  await scene.clock.advance(1);
  peer.reply(invite, 200, CALLER, { tag: '"x', headers: [CONTACT], sdp: ANSWER });
  await scene.clock.advance(1);
  expect([call.events, peer.names, call.dialog?.state.remoteTag]).toEqual([['sent', '180', 'answered'], ['INVITE', 'ACK'], '']);
  await scene.close();
});
