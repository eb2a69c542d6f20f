import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { LoneRequest } from '../../src/telephony/sip/lone-request.ts';
import { calledPeer } from '../support/called-peer.ts';
import { CALLEE } from '../support/sip-agents.ts';

const options: LoneRequest = {
  method: 'OPTIONS',
  to: { ...CALLEE, transport: 'udp' },
  requestUri: 'sip:10.0.0.2',
  from: 'sip:10.0.0.1',
  toUri: 'sip:10.0.0.2',
};

/** The request of a user agent, and the status that it is told once there is one. */
function asked(request: LoneRequest, giveUp = new AbortController()) {
  const made = calledPeer();
  const told: (number | undefined)[] = [];
  void made.agent.request(request, giveUp.signal).then((response) => told.push(response?.status));
  return { ...made, giveUp, told };
}

describe('a request outside of a dialog', () => {
  it('waits on after a provisional response, which is no answer', async () => {
    const { peer, reply, turn, told, leftovers } = asked(options);
    await turn();
    expect(peer.names).toEqual(['OPTIONS']);
    reply('OPTIONS', 100);
    await turn();
    expect(told).toEqual([]);
    reply('OPTIONS', 503);
    await turn();
    expect(told).toEqual([503]);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('does not leave when nobody wants it any more', async () => {
    const given = new AbortController();
    given.abort();
    const { peer, told, turn, leftovers } = asked(options, given);
    await turn();
    expect([peer.names, told]).toEqual([[], [undefined]]);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('leaves nothing with whoever could have given it up, once it is answered', async () => {
    const { giveUp, reply, turn, leftovers } = asked(options);
    await turn();
    reply('OPTIONS', 200);
    await turn();
    expect(getEventListeners(giveUp.signal, 'abort')).toEqual([]);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('is over at once for whoever gives it up, and at the latest when nobody has answered', async () => {
    const { clock, giveUp, told, turn, leftovers } = asked(options);
    await turn();
    giveUp.abort();
    await turn();
    expect(told).toEqual([undefined]);
    expect(await leftovers()).toEqual([0, 0, 0]);
    const other = asked(options);
    await other.clock.advance(32_000);
    expect(other.told).toEqual([undefined]);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each<Partial<LoneRequest>>([
    { from: 'sip:a@b>;tag=x' },
    { toUri: 'sip:a@b> <sip:c@d' },
    { requestUri: 'sip:a b' },
    { headers: [['Subject', 'x\r\nVia: y']] },
  ])('does not leave with %o, which would say something else', async (part) => {
    const { peer, told, turn, leftovers } = asked({ ...options, ...part });
    await turn();
    expect([peer.received, told]).toEqual([[], [undefined]]);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});
