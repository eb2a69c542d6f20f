import { describe, expect, it } from 'vitest';
import { askingPeer, tagIn } from '../support/asking-peer.ts';
import { OFFER } from '../support/sip-agents.ts';
import { toRawPeer } from '../support/sip-call.ts';

// What crosses or outlives a refresh of the session (RFC 4028).

/** A call that we refresh after 300 s by UPDATE. */
async function refreshed() {
  const call = await toRawPeer(
    {},
    {
      headers: [
        ['Session-Expires', '600;refresher=uac'],
        ['Allow', 'INVITE, ACK, BYE, UPDATE'],
      ],
    },
  );
  await call.clock.advance(300_000);
  expect(call.peer.names).toEqual(['UPDATE']);
  return call;
}

describe('a refresh of ours', () => {
  it('that fails when the peer has refreshed the session meanwhile is not tried again before that is over', async () => {
    const { peer, ask, reply, clock, scene } = await refreshed();
    await ask('UPDATE', undefined, ['Supported: timer', 'Session-Expires: 600;refresher=uas']);
    reply('UPDATE', 500);
    await clock.advance(299_000);
    expect(peer.names).toEqual(['UPDATE', '200 UPDATE']);
    await clock.advance(1_000);
    expect(peer.names).toEqual(['UPDATE', '200 UPDATE', 'UPDATE']);
    await scene.close();
  });

  it.each(['us', 'the peer'])('that is under way at the end of the call by %s leaves no timer', async (who) => {
    const { dialog, ask, reply, clock, turn, scene } = await refreshed();
    if (who === 'us') {
      void dialog.bye();
      await turn();
      reply('BYE', 200);
    } else await ask('BYE');
    // What is left of both transactions is over in a minute.
    await clock.advance(65_000);
    expect([clock.pendingTimers, scene.caller.liveDialogs]).toEqual([0, 0]);
  });
});

it('a refresh of ours is an UPDATE also for a peer that writes what it allows in small letters', async () => {
  const { clock, peer, scene } = await toRawPeer(
    {},
    {
      headers: [
        ['Session-Expires', '600;refresher=uac'],
        ['Allow', 'invite, ack, bye, update'],
      ],
    },
  );
  await clock.advance(301_000);
  expect(peer.names[0]).toBe('UPDATE');
  await scene.close();
});

it('a refresh of ours says the smallest interval that the caller has said', async () => {
  const { ask, peer, clock } = askingPeer();
  const lines = ['Supported: timer', 'Session-Expires: 1200;refresher=uas', 'Min-SE: 600', 'Allow: INVITE, ACK, BYE, UPDATE'];
  const answers = await ask('INVITE', { lines, sdp: OFFER });
  await ask('ACK', { toTag: tagIn(answers.at(-1)) });
  await clock.advance(601_000);
  const { headers } = peer.last('UPDATE');
  expect([headers.first('Session-Expires'), headers.first('Min-SE')]).toEqual(['1200;refresher=uac', '600']);
});
