import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { OutgoingInviteRequest } from '../../src/telephony/sip/outgoing-invite.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import type { WireKind } from '../../src/wire/wire.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { CALLEE, CALLER, CallLog, callerOn, request } from '../support/sip-agents.ts';

const large = { headers: [['Subject', 'x'.repeat(1300)]] } as const;

/** A caller with UDP and TCP, and a callee over UDP that refuses each call: a connection takes `connectMs` to fail, or to be there. */
function scene(connectMs: number) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1), { connectMs });
  const agent = callerOn(network, clock);
  const came: WireKind[] = [];
  const listen = (kind: WireKind) => {
    const wire = network.wire(kind, CALLEE);
    const peer = new RawPeer(wire);
    peer.onMessage = (message) => {
      if (message.kind !== 'request' || message.method !== 'INVITE') return;
      came.push(kind);
      peer.reply(message, 486, CALLER, { tag: 'a' });
    };
    return wire;
  };
  listen('udp');
  return {
    clock,
    agent,
    listen,
    /** By what a call came that was refused, and after how long. */
    async refused(
      transport: WireKind = 'udp',
      more: Partial<OutgoingInviteRequest> = large,
    ): Promise<readonly [WireKind | undefined, number]> {
      const call = new CallLog();
      const beganMs = clock.now();
      agent.invite(request(transport, more), call);
      expect(await clock.runUntil(() => call.failure !== undefined, 20_000)).toBe(true);
      expect(call.failure).toMatchObject({ status: 486 });
      return [came.at(-1), clock.now() - beganMs];
    },
    async nothingLeft() {
      await clock.advance(100_000);
      expect([clock.pendingTimers, agent.liveDialogs, agent.liveTransactions]).toEqual([0, 0, 0]);
      await agent.close();
    },
  };
}

describe('a large request over UDP', () => {
  it('waits for TCP that does not answer once, and goes over UDP at once for five minutes', async () => {
    const { clock, refused, nothingLeft } = scene(4000);
    expect(await refused()).toEqual(['udp', 4000]);
    expect(await refused()).toEqual(['udp', 0]);
    await clock.advance(299_000);
    expect(await refused()).toEqual(['udp', 0]);
    await clock.advance(1_000);
    expect(await refused()).toEqual(['udp', 4000]);
    await nothingLeft();
  });

  it('goes over TCP again once the target has been reached by it', async () => {
    const { refused, listen, nothingLeft } = scene(4000);
    await refused();
    listen('tcp');
    expect(await refused()).toEqual(['udp', 0]);
    expect(await refused('tcp', {})).toEqual(['tcp', 4000]);
    expect(await refused()).toEqual(['tcp', 0]);
    await nothingLeft();
  });

  it('tries TCP each time where it is refused at once, which costs no time', async () => {
    const { refused, listen, nothingLeft } = scene(10);
    expect(await refused()).toEqual(['udp', 10]);
    listen('tcp');
    expect(await refused()).toEqual(['tcp', 10]);
    await nothingLeft();
  });

  it('of another port of the target tries TCP all the same', async () => {
    const { refused, nothingLeft } = scene(4000);
    await refused();
    const elsewhere = { to: { ...CALLEE, port: CALLEE.port + 1, transport: 'udp' }, otherwise: [{ ...CALLEE, transport: 'udp' }] } as const;
    expect((await refused('udp', { ...large, ...elsewhere }))[1]).toBeGreaterThanOrEqual(4000);
    await nothingLeft();
  });
});
