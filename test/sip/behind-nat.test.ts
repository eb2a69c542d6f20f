import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { Hop } from '../../src/telephony/sip/transport.ts';
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
async function scene(
  datagramsPerBinding = 1000,
  { hasTcp = false, answers = true, loses = (_line: string, _ms: number): boolean => false } = {},
) {
  const clock = new VirtualClock();
  const startMs = clock.now();
  const nat = new RebindingNat(INSIDE.address, OUTSIDE.address, datagramsPerBinding);
  const toNat: string[] = [];
  const network = new MemoryNetwork(clock, seededRandom(1), {
    nat,
    connectMs: 4000,
    filter: (bytes, from, to) => {
      if (from.address !== SERVER.address) return 'pass';
      const line = startLine(Buffer.from(bytes).toString());
      toNat.push(`${line} ${to.address}:${to.port}`);
      return loses(line, clock.now() - startMs) ? 'drop' : 'pass';
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
        if (answers) void invite.answer(ANSWER).then((dialog) => dialogs.push(dialog));
      },
    });
  const phone = agent(INSIDE, 2);
  const server = agent(SERVER, 3);
  const invite = (caller: UserAgent, to: Omit<Hop, 'transport'>) => {
    const call = new CallLog();
    const [from, toUri] = ['sip:one@example.com', 'sip:two@example.com'];
    return { call, invite: caller.invite({ to: { ...to, transport: 'udp' }, requestUri: toUri, from, toUri, offer: OFFER }, call) };
  };
  const place = async (caller: UserAgent, to: Omit<Hop, 'transport'>, patienceMs = 100) => {
    const { call } = invite(caller, to);
    await clock.advance(patienceMs);
    const [callee] = dialogs;
    if (!call.dialog || !callee) throw new Error('The call is not up');
    return { caller: call.dialog, callee };
  };
  const leftovers = async () => {
    await clock.advance(100_000);
    return [clock.pendingTimers, phone.liveDialogs, server.liveDialogs];
  };
  return { clock, nat, phone, server, toNat, invite, place, leftovers };
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
    const { clock, phone, toNat, place, leftovers } = await scene(1000, { hasTcp: true });
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

  it('whose NAT gives it another port in the call is followed with any request of it', async () => {
    const { clock, phone, toNat, place, leftovers } = await scene(2);
    const { caller, callee } = await place(phone, SERVER);
    void caller.tellDigit('1', 100);
    await clock.advance(100);
    toNat.length = 0;
    void callee.bye();
    await clock.advance(100);
    expect(toNat).toEqual(['BYE 203.0.113.5:50001']);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('whose NAT gives it another port before it repeats a request is answered there', async () => {
    const { clock, nat, phone, toNat, place, leftovers } = await scene(2, { loses: (_line, ms) => ms < 400 });
    // By the first port leave something else and the INVITE, by the next one its two repetitions.
    nat.outside(INSIDE);
    const { callee } = await place(phone, SERVER, 2000);
    expect(toNat.slice(0, 3)).toEqual(['100', '180', '200'].map((status) => `${status} INVITE 203.0.113.5:50000`));
    expect(toNat).toContain('200 INVITE 203.0.113.5:50001');
    toNat.length = 0;
    void callee.bye();
    await clock.advance(100);
    expect(toNat).toEqual(['BYE 203.0.113.5:50002']);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('that has registered, and whose NAT gives it another port before it answers, gets ACK and BYE there', async () => {
    const { clock, nat, server, toNat, place, leftovers } = await scene(2);
    // The REGISTER and the 100 leave by the first port.
    nat.outside(INSIDE);
    const { caller } = await place(server, { ...OUTSIDE, isOnlyWay: true });
    void caller.bye();
    await clock.advance(100);
    expect(toNat).toEqual(['INVITE 203.0.113.5:50000', 'ACK 203.0.113.5:50001', 'BYE 203.0.113.5:50001']);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('that has registered, and whose NAT gives it another port when its answer comes again, gets the ACK there', async () => {
    // What the phone has sent before, and its first three responses, leave by the first port.
    const { clock, nat, server, toNat, place, leftovers } = await scene(4, { loses: (line, ms) => line === 'ACK' && ms < 400 });
    nat.outside(INSIDE);
    const { caller } = await place(server, { ...OUTSIDE, isOnlyWay: true }, 1000);
    void caller.bye();
    await clock.advance(100);
    expect(toNat).toEqual(['INVITE 203.0.113.5:50000', 'ACK 203.0.113.5:50000', 'ACK 203.0.113.5:50001', 'BYE 203.0.113.5:50001']);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('that has registered, and whose NAT gives it another port while it rings, gets the CANCEL there', async () => {
    const { clock, nat, server, toNat, invite, leftovers } = await scene(2, { answers: false });
    nat.outside(INSIDE);
    const { call, invite: ringing } = invite(server, { ...OUTSIDE, isOnlyWay: true });
    await clock.advance(100);
    ringing.cancel();
    await clock.advance(100);
    expect(toNat.slice(0, 2)).toEqual(['INVITE 203.0.113.5:50000', 'CANCEL 203.0.113.5:50001']);
    expect(call.failure).toMatchObject({ why: 'cancelled', status: 487 });
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('that has registered is followed with each of its answers and requests', async () => {
    const { clock, nat, server, toNat, place, leftovers } = await scene(1);
    nat.outside(INSIDE);
    const { caller, callee } = await place(server, { ...OUTSIDE, isOnlyWay: true });
    toNat.length = 0;
    const changed = caller.reinvite(OFFER, never);
    await clock.advance(100);
    await changed;
    void callee.tellDigit('1', 100);
    await clock.advance(100);
    void caller.bye();
    await clock.advance(100);
    const [first = 0, ...others] = toNat.map((line) => Number(line.split(':')[1]));
    expect(toNat.map((line) => line.split(' 2')[0])).toEqual(['INVITE', 'ACK', '200 INFO', 'BYE']);
    expect(others.map((port) => port > first)).toEqual([true, true, true]);
    expect(caller.ended).toBe(true);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});
