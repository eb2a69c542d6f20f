import { expect, it } from 'vitest';
import { outcomeOf, sdpOf, toRawPeer } from '../support/sip-call.ts';

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
