import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import type { Wire, WireKind } from '../../src/wire/wire.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { ANSWER, CALLEE, CALLER } from '../support/sip-agents.ts';

const INVITE = (transport: string): string => `INVITE sip:1@10.0.0.2 SIP/2.0
Via: SIP/2.0/${transport} 10.0.0.1:5060;branch=z9hG4bKa;rport
From: <sip:a@h>;tag=1
To: <sip:1@h>
Call-ID: c
CSeq: 1 INVITE
Contact: <sip:a@10.0.0.1>
Content-Length: 0

`;

/** A user agent that takes calls over a wire that fails to send while `failing` says so, and a caller. */
function scene(kind: WireKind) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1));
  const system = { failing: false };
  const sound = network.wire(kind, CALLEE);
  const wire: Wire = {
    ...sound,
    send: async (bytes, to) => {
      if (system.failing) throw new Error('ENOBUFS');
      await sound.send(bytes, to);
    },
  };
  const invites: IncomingInvite[] = [];
  let cancelled = 0;
  const agent = new UserAgent({
    wires: [wire],
    clock,
    random: seededRandom(2),
    log: silentLogger,
    product: 'test',
    onInvite: (invite) => {
      invite.onCancelled = () => cancelled++;
      invites.push(invite);
    },
  });
  const peer = new RawPeer(network.wire(kind, CALLER));
  const ask = async (message: string): Promise<void> => {
    peer.send(message, CALLEE);
    await clock.advance(1);
  };
  return {
    ...{ clock, network, agent, peer, system, invites, ask },
    cancelled: () => cancelled,
    left: () => [clock.pendingTimers, agent.liveTransactions, agent.liveDialogs],
  };
}

describe('a response that cannot be sent', () => {
  it('over UDP is no end of the call: the INVITE is asked again, and gets it', async () => {
    const { agent, clock, peer, system, invites, cancelled, ask, left } = scene('udp');
    system.failing = true;
    await ask(INVITE('UDP'));
    invites[0]?.ring();
    await clock.advance(1);
    system.failing = false;
    await ask(INVITE('UDP'));
    expect(peer.names).toEqual(['180 INVITE']);
    const dialog = await invites[0]?.answer(ANSWER);
    await clock.advance(1);
    expect(peer.names).toEqual(['180 INVITE', '200 INVITE']);
    expect([invites.length, cancelled(), dialog?.ended]).toEqual([1, 0, false]);
    await clock.advance(100_000);
    expect(left().slice(0, 2)).toEqual([0, 0]);
    await agent.close();
  });

  it('over UDP leaves an INVITE that can be cancelled', async () => {
    const { clock, peer, system, cancelled, ask, left } = scene('udp');
    system.failing = true;
    await ask(INVITE('UDP'));
    system.failing = false;
    await ask(INVITE('UDP').replaceAll(/\bINVITE\b/g, 'CANCEL'));
    expect(peer.names.toSorted()).toEqual(['200 CANCEL', '487 INVITE']);
    expect(cancelled()).toBe(1);
    await clock.advance(100_000);
    expect(left()).toEqual([0, 0, 0]);
  });

  it.each([100, 180])('over TCP ends the call when it is a %i: nobody is there to be answered', async (status) => {
    const { agent, clock, peer, system, invites, cancelled, ask, left } = scene('tcp');
    system.failing = status === 100;
    await ask(INVITE('TCP'));
    expect(cancelled()).toBe(status === 100 ? 1 : 0);
    system.failing = true;
    invites[0]?.ring();
    await clock.advance(1);
    expect(cancelled()).toBe(1);
    await expect(invites[0]?.answer(ANSWER)).rejects.toThrow('over');
    expect(left()).toEqual([0, 0, 0]);
    // It may call again, over another connection.
    system.failing = false;
    await ask(INVITE('TCP').replace('z9hG4bKa', 'z9hG4bKb'));
    expect(peer.names.at(-1)).toBe('100 INVITE');
    expect(invites.length).toBe(2);
    await agent.close();
  });
});
