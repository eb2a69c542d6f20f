import { describe, expect, it } from 'vitest';
import { ANSWER, CALLER } from '../support/sip-agents.ts';
import { CONTACT, invitingRawPeer, rawCall, sdpOf, toRawPeer } from '../support/sip-call.ts';

describe('our answer to a re-INVITE', () => {
  it('is repeated until its own ACK comes, not that of another', async () => {
    const { peer, ask, clock, scene } = await toRawPeer();
    await ask('INVITE', ANSWER);
    await ask('ACK', undefined, [], 7);
    await clock.advance(600);
    expect(peer.names).toEqual(['200 INVITE', '200 INVITE']);
    await ask('ACK');
    await clock.advance(10_000);
    expect(peer.names).toHaveLength(2);
    await scene.close();
  });

  it('is not repeated when the dialog is given up', async () => {
    const { peer, dialog, ask, leftovers } = await toRawPeer();
    await ask('INVITE', ANSWER);
    dialog.drop();
    expect(await leftovers()).toEqual([0, 0, 0]);
    expect(peer.names).toEqual(['200 INVITE']);
  });

  it('has no answer in its ACK when it was none to a question', async () => {
    const { dialog, ask, scene } = await toRawPeer();
    const told: string[] = [];
    dialog.onAnswer = (sdp) => told.push(sdp);
    await ask('INVITE', ANSWER);
    await ask('ACK', sdpOf(5000));
    expect([told, dialog.state.remoteSdp]).toEqual([[], ANSWER]);
    await scene.close();
  });
});

it('a request of the peer that is older than one before the answer is refused', async () => {
  const { scene, peer } = await invitingRawPeer();
  const invite = peer.last('INVITE');
  const { ask, turn } = rawCall(scene, peer, invite);
  peer.reply(invite, 183, CALLER, { tag: 'peer', sdp: ANSWER, headers: [CONTACT, ['Require', '100rel'], ['RSeq', '7']] });
  await turn();
  peer.reply(peer.last('PRACK'), 200, CALLER);
  await ask('UPDATE', undefined, [], 10);
  peer.reply(invite, 200, CALLER, { tag: 'peer', headers: [CONTACT] });
  await turn();
  await ask('UPDATE', undefined, [], 9);
  await ask('UPDATE', undefined, [], 11);
  expect(peer.names.filter((name) => name.endsWith(' UPDATE'))).toEqual(['200 UPDATE', '500 UPDATE', '200 UPDATE']);
  await scene.close();
});

it('a call goes on without a route that cannot be read', async () => {
  const { peer, dialog, turn, scene } = await toRawPeer({}, { headers: [['Record-Route', '"<sip:10.0.0.9;lr>']] });
  void dialog.bye();
  await turn();
  expect(peer.last('BYE').headers.first('Route')).toBeUndefined();
  await scene.close();
});

it('a session is not refreshed any more while its end is under way', async () => {
  const { peer, dialog, clock, scene } = await toRawPeer({}, { headers: [['Session-Expires', '90;refresher=uac']] });
  await clock.advance(44_000);
  void dialog.bye();
  await clock.advance(20_000);
  expect(new Set(peer.names)).toEqual(new Set(['BYE']));
  await scene.close();
});
