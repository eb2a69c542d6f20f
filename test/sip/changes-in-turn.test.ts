import { describe, expect, it } from 'vitest';
import { ANSWER, CALLER, OFFER } from '../support/sip-agents.ts';
import { CONTACT, invitingRawPeer, outcomeOf, sdpOf, toRawPeer } from '../support/sip-call.ts';

const never = new AbortController().signal;

/** A call that rings, with an early dialog; `answer` has it answered. */
async function ringing(reliably: boolean) {
  const { scene, peer, call } = await invitingRawPeer();
  const invite = peer.last('INVITE');
  const reliable = [['Require', '100rel'] as const, ['RSeq', '7'] as const];
  const rings = reliably ? { sdp: ANSWER, headers: [CONTACT, ...reliable] } : { headers: [CONTACT] };
  peer.reply(invite, 183, CALLER, { tag: 'peer', ...rings });
  await scene.clock.advance(1);
  if (reliably) peer.reply(peer.last('PRACK'), 200, CALLER);
  await scene.clock.advance(1);
  const { early } = call;
  if (!early) throw new Error('There is no early dialog');
  const answer = async (): Promise<void> => {
    peer.reply(invite, 200, CALLER, { tag: 'peer', headers: [CONTACT], ...(!reliably && { sdp: ANSWER }) });
    await scene.clock.advance(1);
  };
  return { scene, peer, early, answer };
}

describe('a change of ours', () => {
  it('waits for the one before, though neither has an offer', async () => {
    const { scene, dialog, peer, turn, reply } = await toRawPeer();
    void dialog.reinvite(undefined, never).catch(() => {});
    void dialog.reinvite(undefined, never).catch(() => {});
    await turn();
    expect(peer.names).toEqual(['INVITE']);
    reply('INVITE', 200, { sdp: ANSWER });
    await turn();
    expect(peer.names).toEqual(['INVITE', 'ACK', 'INVITE']);
    await scene.close();
  });

  it('of which the peer has said no more than 100 is forgotten after the end of the call', async () => {
    const { dialog, ask, reply, turn, leftovers } = await toRawPeer();
    const change = outcomeOf(dialog.reinvite(sdpOf(4010), never));
    await turn();
    reply('INVITE', 100);
    await turn();
    await ask('BYE');
    expect(change.error).toMatchObject({ why: 'ended' });
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('by re-INVITE waits for the answer to the INVITE, though the session is agreed on', async () => {
    const { scene, peer, early, answer } = await ringing(true);
    void outcomeOf(early.reinvite(sdpOf(4010), never));
    await scene.clock.advance(1000);
    expect(peer.names).toEqual(['INVITE', 'PRACK']);
    await answer();
    expect(peer.names).toEqual(['INVITE', 'PRACK', 'ACK', 'INVITE']);
    await scene.close();
  });

  it('by UPDATE waits for the answer to the offer of the INVITE', async () => {
    const { scene, peer, early, answer } = await ringing(false);
    void outcomeOf(early.update(OFFER, never));
    await scene.clock.advance(100);
    expect(peer.names).not.toContain('UPDATE');
    await answer();
    expect(peer.names.slice(-2)).toEqual(['ACK', 'UPDATE']);
    await scene.close();
  });
});
