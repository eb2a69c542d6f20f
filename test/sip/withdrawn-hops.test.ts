import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { OutgoingInviteRequest } from '../../src/telephony/sip/outgoing-invite.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { ANSWER, CALLEE, CALLER, CallLog, callerOn, request } from '../support/sip-agents.ts';

const OTHER = { address: '10.0.0.3', port: 5060 };

/** Two hops, of which the first has got an INVITE. */
async function invited(more: Partial<OutgoingInviteRequest> = {}) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1));
  const agent = callerOn(network, clock);
  const first = new RawPeer(network.wire('udp', CALLEE));
  const other = new RawPeer(network.wire('udp', OTHER));
  const call = new CallLog();
  const invite = agent.invite(request('udp', { otherwise: [{ ...OTHER, transport: 'udp' }], ...more }), call);
  await clock.advance(1);
  return { clock, agent, first, other, call, invite };
}

/** A hop that says 100 and then nothing to whatever it gets, so that its INVITE is withdrawn after 15 seconds; there is another one. */
async function withdrawn() {
  const scene = await invited();
  const { clock, first } = scene;
  first.reply(first.last('INVITE'), 100, CALLER);
  await clock.advance(15_500);
  expect(first.names).toContain('CANCEL');
  return scene;
}

describe('a hop whose INVITE is withdrawn and that does not confirm it', () => {
  it('keeps the call when it rings after all: nobody else rings', async () => {
    const { clock, agent, first, other, call } = await withdrawn();
    first.reply(first.last('INVITE'), 180, CALLER, { tag: 'a' });
    await clock.advance(60_000);
    expect(call.events.slice(0, 3)).toEqual(['sent', '100', '180']);
    expect(other.received).toEqual([]);
    await agent.close();
  });

  it('is followed by no other when the caller has hung up meanwhile', async () => {
    const { clock, agent, other, call, invite } = await withdrawn();
    invite.cancel();
    await clock.advance(60_000);
    expect(call.events.at(-1)).toBe('failed cancelled');
    expect(other.received).toEqual([]);
    await agent.close();
  });
});

describe('a hop whose INVITE is not withdrawn', () => {
  it('is one where it rings, for as long as it rings', async () => {
    const { clock, agent, first, other, call } = await invited();
    const invite = first.last('INVITE');
    first.reply(invite, 100, CALLER);
    await clock.advance(1000);
    first.reply(invite, 180, CALLER, { tag: 'a' });
    await clock.advance(30_000);
    first.reply(invite, 200, CALLER, { tag: 'a', sdp: ANSWER });
    await clock.advance(10);
    expect([call.events, first.names, other.received]).toEqual([['sent', '100', '180', 'answered'], ['INVITE', 'ACK'], []]);
    await agent.close();
  });

  it('is one that has asked for credentials since its 100: the time begins anew', async () => {
    const { clock, agent, first, other, call } = await invited({ credentials: { userName: 'ada', password: 'secret' } });
    first.reply(first.last('INVITE'), 100, CALLER);
    await clock.advance(10_000);
    first.reply(first.last('INVITE'), 407, CALLER, { headers: [['Proxy-Authenticate', 'Digest realm="carrier", nonce="n"']] });
    await clock.advance(1);
    first.reply(first.last('INVITE'), 100, CALLER);
    await clock.advance(14_000);
    expect(first.names).toEqual(['INVITE', 'ACK', 'INVITE']);
    first.reply(first.last('INVITE'), 200, CALLER, { tag: 'a', sdp: ANSWER });
    await clock.advance(10);
    expect([call.events.at(-1), other.received]).toEqual(['answered', []]);
    await agent.close();
  });
});
