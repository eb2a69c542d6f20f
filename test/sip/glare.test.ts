import { describe, expect, it } from 'vitest';
import { askingPeer, statuses, tagIn } from '../support/asking-peer.ts';
import { OFFER } from '../support/sip-agents.ts';

const never = new AbortController().signal;

describe('a change that the peer asks for', () => {
  it('gets 491 while it is asked for an offer by a re-INVITE of ours', async () => {
    const { ask, dialogs, peer, clock, leftovers } = askingPeer();
    const [, ok] = await ask('INVITE', { sdp: OFFER });
    const toTag = tagIn(ok);
    await ask('ACK', { toTag });
    void dialogs[0]?.reinvite(undefined, never).catch(() => {});
    await clock.advance(1);
    expect(peer.last('INVITE').body).toHaveLength(0);
    expect(statuses(await ask('INVITE', { toTag, cSeq: 2, sdp: OFFER }))).toEqual([491]);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('before we have answered its offer gets 500 and a time to come again; an UPDATE without an offer is taken', async () => {
    const { ask, leftovers, clock } = askingPeer({ onInvite: (invite) => invite.ring() });
    const [, rings] = await ask('INVITE', { branch: 'z9hG4bKi', sdp: OFFER });
    const toTag = tagIn(rings);
    const [update] = await ask('UPDATE', { toTag, cSeq: 2, sdp: OFFER });
    expect(update?.status).toBe(500);
    expect(update?.headers.first('Retry-After')).toMatch(/^(?:[0-9]|10)$/);
    expect(statuses(await ask('UPDATE', { toTag, cSeq: 3 }))).toEqual([200]);
    expect(statuses(await ask('INVITE', { toTag, cSeq: 4, sdp: OFFER })).at(-1)).toBe(500);
    expect(statuses(await ask('CANCEL', { branch: 'z9hG4bKi' }))).toEqual([200, 487]);
    await clock.advance(1);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});
