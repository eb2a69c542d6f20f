import { describe, expect, it } from 'vitest';
import { HeaderList } from '../../src/telephony/sip/header-list.ts';
import { parseReplaces } from '../../src/telephony/sip/replaces.ts';
import { intervalRefusal } from '../../src/telephony/sip/session-timer.ts';
import { askingPeer, statuses } from '../support/asking-peer.ts';
import { incomingScene } from '../support/incoming-scene.ts';
import { OFFER } from '../support/sip-agents.ts';

describe('what is refused', () => {
  it('a session of less than 90 s', () => {
    const asking = (seconds: string) => intervalRefusal(new HeaderList([['Session-Expires', seconds]]));
    expect([asking('90'), asking('89')]).toEqual([undefined, [['Min-SE', '90']]]);
  });

  it.each(['c;to-tag=1', 'c;from-tag=1', 'c;to-tag=;from-tag=1'])('a Replaces that names one side only: %s', (text) => {
    expect(() => parseReplaces(text)).toThrow('not valid');
  });

  it('a caller that does not read SDP', async () => {
    const { ask } = askingPeer();
    expect(statuses(await ask('INVITE', { sdp: OFFER, lines: ['Accept: text/plain'] }))).toEqual([406]);
  });

  it('a call on which nothing is decided for a minute', async () => {
    const { caller, world } = incomingScene({ beforeLoad: () => new Promise(() => {}) });
    await caller.invite();
    await world.clock.advance(59_900);
    expect(caller.statuses()).toEqual([100]);
    await world.clock.advance(200);
    expect(caller.statuses().slice(0, 2)).toEqual([100, 480]);
    await caller.close();
  });
});
