import { describe, expect, it } from 'vitest';
import { ANSWER } from '../support/sip-agents.ts';
import { outcomeOf, sdpOf, toRawPeer } from '../support/sip-call.ts';

// Changes of the session that are under way, or wait, when one of us hangs up.

const never = new AbortController().signal;
const ended = { error: expect.objectContaining({ name: 'RequestFailure', why: 'ended' }) };

describe('a change of ours when we hang up', () => {
  it('is waited for no longer, though the BYE has no answer yet; nor is one that comes after it', async () => {
    const { dialog, turn, peer, leftovers } = await toRawPeer();
    const [first, second] = [outcomeOf(dialog.reinvite(sdpOf(1), never)), outcomeOf(dialog.reinvite(sdpOf(2), never))];
    await turn();
    void dialog.bye();
    const third = outcomeOf(dialog.update(sdpOf(3), never));
    await turn();
    expect([first, second, third]).toEqual([ended, ended, ended]);
    expect(peer.names).toEqual(['INVITE', 'BYE']);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('and that waits for an ACK of the peer does not follow the BYE that waits for it too', async () => {
    const { dialog, ask, peer, reply, leftovers } = await toRawPeer();
    await ask('INVITE', ANSWER);
    const change = outcomeOf(dialog.reinvite(sdpOf(1), never));
    void dialog.bye();
    await ask('ACK');
    expect([peer.names, change]).toEqual([['200 INVITE', 'BYE'], ended]);
    reply('BYE', 200);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('is acknowledged when its 200 comes all the same, and each time that it comes again', async () => {
    const { dialog, peer, reply, turn, leftovers } = await toRawPeer();
    void outcomeOf(dialog.reinvite(sdpOf(1), never));
    await turn();
    void dialog.bye();
    await turn();
    for (let time = 0; time < 3; time++) {
      reply('INVITE', 200, { sdp: ANSWER });
      await turn();
    }
    expect(peer.names).toEqual(['INVITE', 'BYE', 'ACK', 'ACK', 'ACK']);
    reply('BYE', 200);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});
