import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { ANSWER, CALLEE, CALLER, CallLog, request } from '../support/sip-agents.ts';

const contact = [['Contact', '<sip:b@10.0.0.2>']] as const;
const answer = { tag: 'b', headers: contact, sdp: ANSWER };

/** A call to a peer that says only what the test says; it acknowledges our BYE. */
async function calling() {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1));
  const wires = [network.wire('udp', CALLER), network.wire('tcp', CALLER)];
  const agent = new UserAgent({ wires, clock, random: seededRandom(2), log: silentLogger, product: 'test' });
  const peer = new RawPeer(network.wire('udp', CALLEE));
  peer.onMessage = (message) => {
    if (message.kind === 'request' && message.method === 'BYE') peer.reply(message, 200, CALLER);
  };
  const call = new CallLog();
  const invite = agent.invite(request(), call);
  await clock.advance(1);
  const asked = peer.last('INVITE');
  return {
    ...{ clock, agent, peer, call, invite, asked },
    /** What the peer hears of us in the next second. */
    async hears(): Promise<readonly string[]> {
      const before = peer.names.length;
      await clock.advance(1000);
      return peer.names.slice(before);
    },
    async nothingLeft() {
      await clock.advance(100_000);
      expect([clock.pendingTimers, agent.liveTransactions, agent.liveDialogs]).toEqual([0, 0, 0]);
      await agent.close();
    },
  };
}

type Scene = Awaited<ReturnType<typeof calling>>;

const ends: readonly [how: string, end: (scene: Scene) => Promise<void>][] = [
  ['that got no response at all', ({ clock }) => clock.advance(40_000)],
  [
    'that was cancelled before any response',
    async ({ clock, invite }) => {
      invite.cancel();
      await clock.advance(40_000);
    },
  ],
  [
    'whose CANCEL got no answer',
    async ({ clock, invite, peer, asked }) => {
      peer.reply(asked, 180, CALLER, { tag: 'b', headers: contact });
      await clock.advance(1000);
      invite.cancel();
      await clock.advance(40_000);
    },
  ],
  [
    'that was refused in the name of another fork',
    async ({ clock, peer, asked }) => {
      peer.reply(asked, 486, CALLER, { tag: 'a' });
      await clock.advance(1000);
    },
  ],
  [
    'that was refused in the name of another fork, a minute ago',
    async ({ clock, peer, asked }) => {
      peer.reply(asked, 486, CALLER, { tag: 'a' });
      await clock.advance(60_000);
    },
  ],
];

describe('who answers an INVITE', () => {
  it.each(ends)('%s hears ACK and BYE, and ACK whenever the answer comes again', async (_how, end) => {
    const scene = await calling();
    const { peer, asked, call, hears, nothingLeft } = scene;
    await end(scene);
    const { events } = call;
    expect(call.failure).toBeDefined();
    peer.reply(asked, 200, CALLER, answer);
    expect(await hears()).toEqual(['ACK', 'BYE']);
    expect(peer.last('ACK').headers.first('CSeq')).toBe('1 ACK');
    expect(peer.last('BYE').headers.first('To')).toContain('tag=b');
    peer.reply(asked, 200, CALLER, answer);
    expect(await hears()).toEqual(['ACK']);
    // Another phone that answers the same call.
    peer.reply(asked, 200, CALLER, { ...answer, tag: 'c' });
    expect(await hears()).toEqual(['ACK', 'BYE']);
    expect(call.events).toBe(events);
    expect(call.dialog).toBeUndefined();
    await nothingLeft();
  });

  it('of nobody hears nothing', async () => {
    const { clock, peer, asked, hears, nothingLeft } = await calling();
    await clock.advance(40_000);
    const via = asked.headers.first('Via') ?? '';
    for (const [name, value] of [
      ['Via', via.replace(/branch=z9hG4bK./, 'branch=z9hG4bKx')],
      ['CSeq', '2 INVITE'],
    ] as const) {
      const { headers } = asked;
      const before = headers.first(name) ?? '';
      headers.remove(name);
      headers.prepend(name, value);
      peer.reply(asked, 200, CALLER, answer);
      expect(await hears()).toEqual([]);
      headers.remove(name);
      headers.prepend(name, before);
    }
    peer.reply(asked, 200, CALLER, answer);
    expect(await hears()).toEqual(['ACK', 'BYE']);
    await nothingLeft();
  });

  it('after more than four minutes hears nothing', async () => {
    const { clock, peer, asked, hears, nothingLeft } = await calling();
    await clock.advance(32_000 + 240_000);
    peer.reply(asked, 200, CALLER, answer);
    expect(await hears()).toEqual([]);
    await nothingLeft();
  });

  it('as our server stops hears nothing any more', async () => {
    const { clock, agent, peer, asked } = await calling();
    await clock.advance(40_000);
    await agent.close();
    peer.reply(asked, 200, CALLER, answer);
    await clock.advance(1000);
    expect([peer.names.includes('ACK'), clock.pendingTimers]).toEqual([false, 0]);
  });
});
