import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import { RebindingNat } from '../support/rebinding-nat.ts';
import { ANSWER, CallLog, OFFER, startLine } from '../support/sip-agents.ts';

const SERVER: Endpoint = { address: '198.51.100.1', port: 5060 };
const INSIDE: Endpoint = { address: '192.168.1.5', port: 5060 };
const OUTSIDE: Endpoint = { address: '203.0.113.5', port: 50_000 };
const never = new AbortController().signal;

/** A phone behind a NAT, which knows its private address only, and a server with a public one. */
async function scene(datagramsPerBinding = 1000, hasTcp = false) {
  const clock = new VirtualClock();
  const nat = new RebindingNat(INSIDE.address, OUTSIDE.address, datagramsPerBinding);
  const toNat: string[] = [];
  const network = new MemoryNetwork(clock, seededRandom(1), {
    nat,
    connectMs: 4000,
    filter: (bytes, from, to) => {
      if (from.address === SERVER.address) toNat.push(`${startLine(Buffer.from(bytes).toString())} ${to.address}:${to.port}`);
      return 'pass';
    },
  });
  const dialogs: Dialog[] = [];
  const agent = (local: Endpoint, seed: number): UserAgent =>
    new UserAgent({
      wires: [network.wire('udp', local), ...(hasTcp ? [network.wire('tcp', local)] : [])],
      clock,
      random: seededRandom(seed),
      log: silentLogger,
      product: 'test',
      onInvite: (invite) => {
        invite.ring();
        void invite.answer(ANSWER).then((dialog) => dialogs.push(dialog));
      },
    });
  const phone = agent(INSIDE, 2);
  const server = agent(SERVER, 3);
  const place = async (caller: UserAgent, to: Endpoint) => {
    const call = new CallLog();
    const [from, toUri] = ['sip:one@example.com', 'sip:two@example.com'];
    caller.invite({ to: { ...to, transport: 'udp' }, requestUri: toUri, from, toUri, offer: OFFER }, call);
    await clock.advance(100);
    const [callee] = dialogs;
    if (!call.dialog || !callee) throw new Error('The call is not up');
    return { caller: call.dialog, callee };
  };
  const leftovers = async () => {
    await clock.advance(100_000);
    return [clock.pendingTimers, phone.liveDialogs, server.liveDialogs];
  };
  return { clock, nat, phone, server, toNat, place, leftovers };
}

describe('a phone behind NAT, whose Contact is private (RFC 3581)', () => {
  it('that calls gets everything back through its NAT: responses, re-INVITE and BYE', async () => {
    const { clock, phone, server, toNat, place, leftovers } = await scene();
    const { callee } = await place(phone, SERVER);
    expect(callee.state.remoteTarget).toBe('sip:one@192.168.1.5:5060');
    const changed = callee.reinvite(ANSWER, never);
    await clock.advance(100);
    await changed;
    void callee.bye();
    await clock.advance(100);
    expect(toNat).toEqual(
      ['100', '180', '200']
        .map((status) => `${status} INVITE 203.0.113.5:50000`)
        .concat(['INVITE', 'ACK', 'BYE'].map((name) => `${name} 203.0.113.5:50000`)),
    );
    expect(server.liveDialogs).toBe(0);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('that calls gets what is too large for UDP by the same way, at once: nothing connects to a NAT', async () => {
    const { clock, phone, toNat, place, leftovers } = await scene(1000, true);
    const { caller, callee } = await place(phone, SERVER);
    caller.onReinvite = () => OFFER;
    toNat.length = 0;
    const changed = callee.reinvite(`${ANSWER}a=note:${'x'.repeat(1300)}\r\n`, never);
    await clock.advance(100);
    await changed;
    expect(toNat).toEqual(['INVITE 203.0.113.5:50000', 'ACK 203.0.113.5:50000']);
    void callee.bye();
    await clock.advance(100);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('that is called gets ACK and BYE where the INVITE went', async () => {
    const { clock, nat, server, toNat, place, leftovers } = await scene();
    // It has opened its NAT before, as registering does.
    expect(nat.outside(INSIDE)).toEqual(OUTSIDE);
    const { caller } = await place(server, OUTSIDE);
    expect(caller.state.remoteTarget).toBe('sip:192.168.1.5:5060');
    void caller.bye();
    await clock.advance(100);
    expect(toNat).toEqual(['INVITE', 'ACK', 'BYE'].map((name) => `${name} 203.0.113.5:50000`));
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('whose NAT gives it another port in the call is followed with its next re-INVITE', async () => {
    // INVITE and ACK leave by the first port.
    const { clock, phone, toNat, place, leftovers } = await scene(2);
    const { caller, callee } = await place(phone, SERVER);
    const changed = caller.reinvite(OFFER, never);
    await clock.advance(100);
    await changed;
    toNat.length = 0;
    void callee.bye();
    await clock.advance(100);
    expect(toNat).toEqual(['BYE 203.0.113.5:50001']);
    expect(caller.ended).toBe(true);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});
