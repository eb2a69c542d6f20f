import { describe, expect, it } from 'vitest';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { askingPeer, statuses, tagIn } from '../support/asking-peer.ts';
import { ANSWER, CALLER, OFFER } from '../support/sip-agents.ts';
import { CONTACT, invitingRawPeer, outcomeOf } from '../support/sip-call.ts';

// Provisional responses at the edge: when the INVITE is over, and with headers that mislead or cannot be read.

/** An INVITE of a peer with these lines, which nobody has decided on yet. */
async function called(lines: readonly string[]) {
  const invites: IncomingInvite[] = [];
  const made = askingPeer({ onInvite: (invite) => invites.push(invite) });
  const { peer, clock, ask } = made;
  await ask('INVITE', { branch: 'z9hG4bKinvite', lines, sdp: OFFER });
  const [invite] = invites;
  if (!invite) throw new Error('No INVITE came');
  const rSeq = (): number => Number(peer.received.findLast(({ headers }) => headers.first('RSeq'))?.headers.first('RSeq'));
  let cSeq = 1;
  const prack = async (number: number, of = '1 INVITE'): Promise<number[]> => {
    const toTag = tagIn(peer.received.findLast((message) => message.kind === 'response'));
    return statuses(await ask('PRACK', { toTag, cSeq: ++cSeq, lines: [`RAck: ${number} ${of}`] }));
  };
  return { ...made, invite, rSeq, prack, turn: () => clock.advance(1) };
}

describe('an INVITE that is over', () => {
  it('does not ring', async () => {
    const { invite, peer, turn, agent, leftovers } = await called([]);
    invite.reject(486);
    invite.ring();
    await turn();
    expect([peer.names, agent.liveDialogs]).toEqual([['100 INVITE', '486 INVITE'], 0]);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('is waited for no longer by an answer that waits for a PRACK', async () => {
    const { invite, ask, peer } = await called(['Supported: 100rel']);
    invite.ring(ANSWER);
    const answer = outcomeOf(invite.answer(ANSWER));
    await ask('CANCEL', { branch: 'z9hG4bKinvite' });
    expect(answer).toEqual({ error: new Error('The INVITE is over') });
    expect(peer.names.at(-1)).toBe('487 INVITE');
  });

  it('sends no response any more that waited for the PRACK to the one before', async () => {
    const { invite, peer, rSeq, prack, turn } = await called(['Require: 100rel']);
    invite.ring();
    invite.ring();
    void invite.answer(ANSWER);
    await turn();
    const number = rSeq();
    expect(peer.names).toEqual(['100 INVITE', '180 INVITE', '200 INVITE']);
    // The second was never sent: nobody can acknowledge it.
    expect([await prack(number), await prack(number + 1)]).toEqual([[200], [481]]);
  });
});

it('a PRACK of something else than the INVITE acknowledges nothing', async () => {
  const { invite, rSeq, prack, turn, clock, peer } = await called(['Require: 100rel']);
  invite.ring();
  await turn();
  const refused = [await prack(rSeq(), '1 UPDATE'), await prack(rSeq(), '2 INVITE'), await prack(rSeq(), '1')];
  expect(refused).toEqual([[481], [481], [481]]);
  await clock.advance(600);
  expect(peer.names.filter((name) => name === '180 INVITE')).toHaveLength(2);
});

describe('option tags that cannot be read', () => {
  it('in an INVITE list nothing: it rings and is answered', async () => {
    const { invite, peer, turn } = await called(['Supported: "100rel, timer']);
    invite.ring(ANSWER);
    const answer = outcomeOf(invite.answer(ANSWER));
    await turn();
    expect([peer.names, answer.error]).toEqual([['100 INVITE', '183 INVITE', '200 INVITE'], undefined]);
    expect(peer.received[1]?.headers.first('RSeq')).toBeUndefined();
  });

  it('in a response make it an ordinary one', async () => {
    const { scene, peer, call } = await invitingRawPeer();
    peer.reply(peer.last('INVITE'), 183, CALLER, { tag: 'peer', headers: [CONTACT, ['Require', '"100rel'], ['RSeq', '7']] });
    await scene.clock.advance(1);
    expect([peer.names, call.events]).toEqual([['INVITE'], ['sent', '183']]);
    await scene.close();
  });
});

it('a 100 is never sent reliably, whatever it says', async () => {
  const { scene, peer, call } = await invitingRawPeer();
  peer.reply(peer.last('INVITE'), 100, CALLER, { tag: 'peer', headers: [CONTACT, ['Require', '100rel'], ['RSeq', '7']] });
  await scene.clock.advance(1);
  expect([peer.names, call.events]).toEqual([['INVITE'], ['sent', '100']]);
  await scene.close();
});
