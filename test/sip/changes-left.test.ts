import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ANSWER, CALLER } from '../support/sip-agents.ts';
import { CONTACT, invitingRawPeer, outcomeOf, rawCall, sdpOf, toRawPeer } from '../support/sip-call.ts';

// Changes of the session that nobody wants any more, that are refused, or that come at the wrong time.

const never = new AbortController().signal;

describe('a change of ours that is given up', () => {
  it('before the peer has said anything is cancelled as soon as it has', async () => {
    const { peer, dialog, reply, turn, leftovers } = await toRawPeer();
    const given = new AbortController();
    void outcomeOf(dialog.reinvite(sdpOf(1), given.signal));
    await turn();
    given.abort();
    await turn();
    expect(peer.names).toEqual(['INVITE']);
    reply('INVITE', 100);
    await turn();
    expect(peer.names).toEqual(['INVITE', 'CANCEL']);
    reply('CANCEL', 200);
    reply('INVITE', 487, { tag: 'peer' });
    await turn();
    void dialog.bye();
    await turn();
    reply('BYE', 200);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('is not cancelled when it is an UPDATE, which is answered at once', async () => {
    const { peer, dialog, reply, turn } = await toRawPeer();
    const given = new AbortController();
    void outcomeOf(dialog.update(sdpOf(1), given.signal));
    await turn();
    reply('UPDATE', 100);
    await turn();
    given.abort();
    await turn();
    expect(peer.names).toEqual(['UPDATE']);
  });

  it('while it waits for its turn is never sent', async () => {
    const { peer, dialog, reply, turn } = await toRawPeer();
    const given = new AbortController();
    void outcomeOf(dialog.reinvite(sdpOf(1), never));
    const second = outcomeOf(dialog.reinvite(sdpOf(2), given.signal));
    await turn();
    given.abort(new Error('Not wanted'));
    reply('INVITE', 200, { sdp: ANSWER });
    await turn();
    expect([peer.names, second]).toEqual([['INVITE', 'ACK'], { error: new Error('Not wanted') }]);
  });

  it('and that the peer never answers, not even when it is cancelled, stands in the way of nothing', async () => {
    const { peer, dialog, reply, turn, clock, leftovers } = await toRawPeer();
    const change = outcomeOf(dialog.reinvite(sdpOf(1), never));
    await turn();
    reply('INVITE', 100);
    await clock.advance(33_000);
    expect(peer.names).toContain('CANCEL');
    reply('CANCEL', 200);
    await clock.advance(33_000);
    expect(change).toMatchObject({ error: { why: 'timeout' } });
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});

describe('a change of ours', () => {
  it('leaves nothing on the signal of who asked for it', async () => {
    const { dialog, reply, turn } = await toRawPeer();
    const { signal } = new AbortController();
    const change = outcomeOf(dialog.reinvite(sdpOf(1), signal));
    await turn();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    reply('INVITE', 200, { sdp: ANSWER });
    await turn();
    expect([change.value, getEventListeners(signal, 'abort').length]).toEqual([ANSWER, 0]);
  });

  it('that the peer wants to have again in less than eleven seconds is sent again, and in no more', async () => {
    for (const [seconds, isSentAgain] of [
      ['10', true],
      ['11', false],
      ['40', false],
      ['100', false],
    ] as const) {
      const { peer, dialog, reply, turn, clock } = await toRawPeer();
      const change = outcomeOf(dialog.reinvite(sdpOf(1), never));
      await turn();
      reply('INVITE', 500, { tag: 'peer', headers: [['Retry-After', seconds]] });
      await turn();
      expect(change.error === undefined).toBe(isSentAgain);
      await clock.advance(10_000);
      expect(peer.names).toEqual(['INVITE', 'ACK', ...(isSentAgain ? ['INVITE'] : [])]);
    }
  });
});

describe('a change that the peer asks for', () => {
  it('and that nobody here decides on is taken only when it changes nothing', async () => {
    const { peer, ask, scene } = await toRawPeer();
    await ask('INVITE', sdpOf(5000));
    await ask('INVITE', ANSWER);
    await ask('ACK');
    expect(peer.names).toEqual(['488 INVITE', '200 INVITE']);
    await scene.close();
  });

  it('and that is refused leaves the target as it was', async () => {
    const { peer, dialog, ask, turn, scene } = await toRawPeer();
    await ask('INVITE', sdpOf(5000), [], 1, 'sip:other@10.0.0.2:5060');
    void dialog.bye();
    await turn();
    expect(peer.last('BYE').uri).toBe('sip:bob@10.0.0.2:5060');
    await scene.close();
  });

  it('without an offer leaves ours open until the ACK: another offer is refused until then', async () => {
    const { peer, ask, scene } = await toRawPeer();
    await ask('INVITE');
    await ask('UPDATE', ANSWER, [], 5);
    expect(peer.names).toEqual(['200 INVITE', '491 UPDATE']);
    await scene.close();
  });

  it('and that is an UPDATE without an offer changes nothing: it gets no description, and the peer may offer next', async () => {
    const { peer, ask, scene } = await toRawPeer();
    await ask('UPDATE');
    expect([peer.names.at(-1), peer.received.at(-1)?.body.length]).toEqual(['200 UPDATE', 0]);
    await ask('UPDATE', ANSWER, [], 2);
    expect(peer.names).toEqual(['200 UPDATE', '200 UPDATE']);
    expect(peer.received.at(-1)?.body.length).toBeGreaterThan(0);
    await scene.close();
  });

  it('while it rings begins no session timer', async () => {
    const { scene, peer } = await invitingRawPeer();
    const invite = peer.last('INVITE');
    const { ask, turn } = rawCall(scene, peer, invite);
    const reliable = [['Require', '100rel'] as const, ['RSeq', '7'] as const];
    peer.reply(invite, 183, CALLER, { tag: 'peer', sdp: ANSWER, headers: [CONTACT, ...reliable] });
    await turn();
    peer.reply(peer.last('PRACK'), 200, CALLER);
    await turn();
    await ask('UPDATE', undefined, ['Supported: timer', 'Session-Expires: 90;refresher=uac']);
    const answer = peer.received.find((message) => message.kind === 'response');
    expect([answer?.kind === 'response' && answer.status, answer?.headers.first('Session-Expires')]).toEqual([200, undefined]);
    await scene.close();
  });
});
