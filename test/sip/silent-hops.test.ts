import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { SipRequest } from '../../src/telephony/sip/message.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { ANSWER, CALLEE, CALLER, CallLog, callerOn, request } from '../support/sip-agents.ts';

const OTHER = { address: '10.0.0.3', port: 5060 };
const CONNECT_MS = 3000;
const toBoth = { otherwise: [{ ...OTHER, transport: 'udp' }], credentials: { userName: 'ada', password: 'secret' } } as const;
const challenge = { headers: [['Proxy-Authenticate', 'Digest realm="carrier", nonce="n"']] } as const;

/** Two hops over UDP, of which the first does as the test says with each new INVITE and the second says nothing. */
function scene(onInvite: (first: RawPeer, invite: SipRequest, nth: number, clock: VirtualClock) => void = () => {}) {
  const clock = new VirtualClock();
  const startMs = clock.now();
  const seen: string[] = [];
  const network = new MemoryNetwork(clock, seededRandom(1), {
    connectMs: CONNECT_MS,
    filter: (bytes, _from, { address }) => {
      if (Buffer.from(bytes).toString().startsWith('INVITE')) seen.push(`${clock.now() - startMs} ${address}`);
      return 'pass';
    },
  });
  const agent = callerOn(network, clock);
  const first = new RawPeer(network.wire('udp', CALLEE));
  const branches = new Set<string>();
  first.onMessage = (message) => {
    if (message.kind !== 'request' || message.method !== 'INVITE') return;
    const via = message.headers.first('Via') ?? '';
    if (branches.has(via)) return;
    branches.add(via);
    onInvite(first, message, branches.size, clock);
  };
  const other = new RawPeer(network.wire('udp', OTHER));
  return { clock, agent, first, other, seen, call: new CallLog() };
}

describe('the time that a hop may be silent', () => {
  it('begins when the INVITE has left: no hop is passed over for the time that its TCP takes to be refused', async () => {
    const { clock, agent, seen, call } = scene();
    agent.invite(request('udp', { ...toBoth, headers: [['Subject', 'x'.repeat(1300)]] }), call);
    await clock.advance(2 * CONNECT_MS + 4000);
    expect(seen).toEqual([
      `${CONNECT_MS} ${CALLEE.address}`,
      `${CONNECT_MS + 500} ${CALLEE.address}`,
      `${CONNECT_MS + 1500} ${CALLEE.address}`,
      `${CONNECT_MS + 3500} ${CALLEE.address}`,
      `${2 * CONNECT_MS + 4000} ${OTHER.address}`,
    ]);
    await agent.close();
  });

  it.each([407, 422])('begins anew with the INVITE after a %i, so that no second hop rings', async (status) => {
    const asks = status === 407 ? challenge : ({ headers: [['Min-SE', '3600']] } as const);
    const { clock, agent, other, call } = scene((first, invite, nth, clock) => {
      if (nth === 1) clock.after(3000, () => first.reply(invite, status, CALLER, asks));
      else clock.after(3900, () => first.reply(invite, 200, CALLER, { tag: 'a', sdp: ANSWER }));
    });
    agent.invite(request('udp', toBoth), call);
    await clock.advance(8000);
    expect(call.events).toEqual(['sent', 'answered']);
    expect(other.received).toEqual([]);
    await agent.close();
  });

  it('is over for good when a phone has rung, also when the hop asks for credentials after that', async () => {
    const { clock, agent, other, call } = scene((first, invite, nth) => {
      if (nth > 1) return;
      first.reply(invite, 180, CALLER, { tag: 'a' });
      first.reply(invite, 407, CALLER, challenge);
    });
    agent.invite(request('udp', toBoth), call);
    await clock.advance(40_000);
    expect(call.events).toEqual(['sent', '180', 'failed timeout']);
    expect(other.received).toEqual([]);
    await agent.close();
  });

  it('is over for an INVITE with credentials that gets no response either', async () => {
    const { clock, agent, seen, call } = scene((first, invite, nth, clock) => {
      if (nth === 1) clock.after(3000, () => first.reply(invite, 407, CALLER, challenge));
    });
    agent.invite(request('udp', toBoth), call);
    await clock.advance(7000);
    expect(seen.filter((line) => line.endsWith(OTHER.address))).toEqual([`7000 ${OTHER.address}`]);
    await agent.close();
  });
});

describe('a hop that says 100 and nothing after it', () => {
  const trying = (more: (first: RawPeer, invite: SipRequest, clock: VirtualClock) => void = () => {}) =>
    scene((first, invite, _nth, clock) => {
      first.reply(invite, 100, CALLER);
      more(first, invite, clock);
    });

  it('is left after 15 seconds, and the next gets the INVITE when it has confirmed the CANCEL', async () => {
    const { clock, agent, first, seen, call } = trying((first, invite, clock) => {
      clock.after(16_000, () => first.reply(invite, 487, CALLER, { tag: 'a' }));
    });
    agent.invite(request('udp', toBoth), call);
    await clock.advance(15_999);
    expect(first.names).toContain('CANCEL');
    expect(seen).toEqual([`0 ${CALLEE.address}`]);
    await clock.advance(1);
    expect(seen.at(-1)).toBe(`16000 ${OTHER.address}`);
    await agent.close();
  });

  it('nor to the CANCEL is given 4 seconds for it; its late answer is hung up', async () => {
    const { clock, agent, first, seen, call } = trying((first, invite, clock) => {
      clock.after(19_500, () => first.reply(invite, 200, CALLER, { tag: 'a', sdp: ANSWER }));
    });
    agent.invite(request('udp', toBoth), call);
    await clock.advance(19_100);
    expect(seen[1]).toBe(`19000 ${OTHER.address}`);
    await clock.advance(900);
    expect(call.events.filter((event) => event === 'answered')).toEqual([]);
    expect(first.names).toContain('BYE');
    await agent.close();
  });

  it.each([
    ['answers', 200, ['sent', '100', 'answered']],
    ['is busy', 486, ['sent', '100', 'failed response']],
  ] as const)('and %s as the CANCEL is on its way has the call', async (_name, status, events) => {
    const { clock, agent, other, call } = trying((first, invite, clock) => {
      clock.after(15_500, () => first.reply(invite, status, CALLER, { tag: 'a', sdp: ANSWER }));
    });
    agent.invite(request('udp', toBoth), call);
    await clock.advance(30_000);
    expect(call.events.slice(0, 3)).toEqual(events);
    expect(other.received).toEqual([]);
    await agent.close();
  });

  it('and rings as the CANCEL is on its way ends the call: nobody else rings', async () => {
    const { clock, agent, other, call } = trying((first, invite, clock) => {
      clock.after(15_500, () => first.reply(invite, 180, CALLER, { tag: 'a' }));
      clock.after(16_000, () => first.reply(invite, 487, CALLER, { tag: 'a' }));
    });
    agent.invite(request('udp', toBoth), call);
    await clock.advance(30_000);
    expect(call.events).toEqual(['sent', '100', '180', 'failed response']);
    expect(other.received).toEqual([]);
    await agent.close();
  });

  it('is not followed by another when the call is given up meanwhile', async () => {
    const { clock, agent, other, call } = trying((first, invite, clock) => {
      clock.after(17_000, () => first.reply(invite, 487, CALLER, { tag: 'a' }));
    });
    const invite = agent.invite(request('udp', toBoth), call);
    await clock.advance(16_000);
    invite.cancel();
    await clock.advance(30_000);
    expect(call.events.at(-1)).toBe('failed cancelled');
    expect(other.received).toEqual([]);
    await agent.close();
  });

  it('is like one that says 408: the next gets the INVITE', async () => {
    const { clock, agent, seen, call } = scene((first, invite) => first.reply(invite, 408, CALLER, { tag: 'a' }));
    agent.invite(request('udp', toBoth), call);
    await clock.advance(100);
    expect(seen.at(-1)).toBe(`0 ${OTHER.address}`);
    await agent.close();
  });
});
