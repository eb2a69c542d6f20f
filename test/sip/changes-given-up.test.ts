import { expect, it } from 'vitest';
import { CONTACT, outcomeOf, sdpOf, toRawPeer } from '../support/sip-call.ts';

it('a re-INVITE that gets 422 is sent once more, and not for ever', async () => {
  const timer = { headers: [['Session-Expires', '1800;refresher=uac']] } as const;
  const { peer, dialog, reply, turn } = await toRawPeer({}, timer);
  const outcome = outcomeOf(dialog.reinvite(sdpOf(1), new AbortController().signal));
  await turn();
  for (const seconds of ['3600', '7200', '9000']) {
    reply('INVITE', 422, { tag: 'peer', headers: [['Min-SE', seconds]] });
    await turn();
  }
  expect(peer.names).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK', 'ACK']);
  expect(peer.last('INVITE').headers.first('Session-Expires')).toBe('3600;refresher=uac');
  expect(outcome).toMatchObject({ error: { why: 'refused', status: 422 } });
});

it('a re-INVITE that gets 422 changes the session the second time, and the interval that was wanted holds from then on', async () => {
  const timer = { headers: [['Session-Expires', '600;refresher=uac']] } as const;
  const { peer, dialog, reply, turn, clock, scene } = await toRawPeer({}, timer);
  const outcome = outcomeOf(dialog.reinvite(sdpOf(1, 'sendonly'), new AbortController().signal));
  await turn();
  reply('INVITE', 422, { tag: 'peer', headers: [['Min-SE', '1200']] });
  await turn();
  const { headers, body } = peer.last('INVITE');
  expect([headers.first('Session-Expires'), headers.first('Min-SE')]).toEqual(['1200;refresher=uac', '1200']);
  expect(Buffer.from(body).toString()).toBe(sdpOf(1, 'sendonly'));
  const answer = sdpOf(2, 'recvonly');
  reply('INVITE', 200, { tag: 'peer', headers: [CONTACT, ['Require', 'timer'], ['Session-Expires', '1200;refresher=uac']], sdp: answer });
  await turn();
  expect(peer.names).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK']);
  expect(outcome).toEqual({ value: answer });
  expect(dialog.state).toMatchObject({ localSdp: sdpOf(1, 'sendonly'), remoteSdp: answer, openOffer: 'none' });
  // Half of the new interval, not of the old.
  await clock.advance(598_000);
  expect(peer.names).toHaveLength(4);
  await clock.advance(2_100);
  expect(peer.last('INVITE').headers.first('Session-Expires')).toBe('1200;refresher=uac');
  expect(peer.names).toHaveLength(5);
  await scene.close();
});

it('a re-INVITE of the peer with too small an interval gets 422 with ours, and changes nothing', async () => {
  const { peer, dialog, ask, scene } = await toRawPeer();
  const before = dialog.state;
  dialog.onReinvite = () => sdpOf(7);
  await ask('INVITE', sdpOf(1), ['Supported: timer', 'Session-Expires: 60']);
  const [refusal] = peer.received;
  expect(peer.names).toEqual(['422 INVITE']);
  expect(refusal?.headers.first('Min-SE')).toBe('90');
  expect(dialog.state).toEqual({ ...before, remoteCSeq: 1 });
  await ask('ACK');
  await ask('INVITE', sdpOf(1), ['Supported: timer', 'Session-Expires: 90']);
  expect(peer.names.at(-1)).toBe('200 INVITE');
  await ask('ACK');
  await scene.close();
});

it('a re-INVITE that gets 491 when nobody wants it any more is not sent again', async () => {
  const { peer, dialog, reply, turn, clock } = await toRawPeer();
  const given = new AbortController();
  const outcome = outcomeOf(dialog.reinvite(sdpOf(1), given.signal));
  await turn();
  given.abort(new Error('Not wanted'));
  await turn();
  reply('INVITE', 491, { tag: 'peer' });
  await clock.advance(10_000);
  expect(peer.names).toEqual(['INVITE', 'ACK']);
  expect(outcome).toMatchObject({ error: { message: 'Not wanted' } });
});
