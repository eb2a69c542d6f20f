import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { Engine } from '../../src/telephony/engine.ts';
import { LocalMedia } from '../../src/telephony/media/local-media.ts';
import type { AnsweredCall, IncomingCall, LegEnd, LegEvents, SrtpPolicy } from '../../src/telephony/port.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { type Faults, MemoryNetwork } from '../../src/wire/memory-network.ts';
import { dnsTable } from './dns-table.ts';
import { startLine } from './sip-agents.ts';

const CALLER = '10.0.0.1';
const CALLEE = '10.0.0.2';

interface Side {
  call?: AnsweredCall;
  end?: LegEnd;
  state?: Readonly<Record<string, unknown>>;
}

function eventsOf(side: Side): LegEvents {
  return {
    sent() {},
    ringing() {},
    answered(call) {
      side.call = call;
    },
    stateChanged(state) {
      side.state = state;
    },
    ended(end) {
      side.end = end;
    },
  };
}

/** A call between two telephonies that is up, over a network in memory: each side as the layers above see it. */
export async function twoEngines({ srtp = 'off' as SrtpPolicy } = {}) {
  const clock = new VirtualClock();
  const faults: { filter: Faults['filter'] } = { filter: undefined };
  /** Start lines of the SIP messages, and how many packets of RTP went each way. */
  const seen: string[] = [];
  const texts: string[] = [];
  const packets = { fromCaller: 0, fromCallee: 0 };
  const network = new MemoryNetwork(clock, seededRandom(5), {
    filter: (bytes, from, to, nth) => {
      if ((bytes[0] ?? 0) >> 6 === 2) {
        if (bytes[1] !== undefined && (bytes[1] & 0x7f) < 64) packets[from.address === CALLER ? 'fromCaller' : 'fromCallee'] += 1;
      } else {
        const text = Buffer.from(bytes).toString();
        texts.push(text);
        seen.push(`${from.address === CALLER ? '->' : '<-'} ${startLine(text)}`);
      }
      return faults.filter?.(bytes, from, to, nth) ?? 'pass';
    },
  });
  const engineAt = (host: string, seed: number, onIncoming: (call: IncomingCall) => void): Engine => {
    const userAgent: UserAgent = new UserAgent({
      wires: [network.wire('udp', { address: host, port: 5060 })],
      clock,
      random: seededRandom(seed),
      log: silentLogger,
      product: 'test',
      onInvite: (invite) => engine.invited(invite),
    });
    const media = new LocalMedia({
      clock,
      random: seededRandom(seed + 1),
      host,
      portRange: { first: 20_000, last: 20_099 },
      openSocket: (local) => network.datagramSocket(local),
      maxStreams: 10,
    });
    const engine: Engine = new Engine({
      userAgent,
      media,
      clock,
      dns: dnsTable({}),
      random: seededRandom(seed + 2),
      log: silentLogger,
      onIncoming,
    });
    return engine;
  };
  const sides = { caller: {} as Side, callee: {} as Side };
  const callee = engineAt(CALLEE, 20, (incoming) => {
    void incoming
      .reserve()
      .then((slot) => slot.answer({ legId: 'in', from: incoming.from, to: incoming.to, srtp, codecs: ['PCMU'] }, eventsOf(sides.callee)));
  });
  const caller = engineAt(CALLER, 30, (incoming) => incoming.reject(480));
  const slot = await caller.reserve();
  const trunk = { host: CALLEE, port: 5060, transport: 'udp', srtp, codecs: ['PCMU'] } as const;
  slot.dial({ legId: 'out', to: '+15550002', from: '+15550001', trunk, ringTimeoutMs: 60_000 }, eventsOf(sides.caller));
  await clock.advance(100);
  if (!sides.caller.call || !sides.callee.call) throw new Error('The call is not up');
  seen.length = 0;
  return {
    clock,
    seen,
    texts,
    faults,
    sides,
    caller: sides.caller.call,
    callee: sides.callee.call,
    /** RTP with audio in the next second, each way. */
    async aSecond(): Promise<{ fromCaller: number; fromCallee: number }> {
      const before = { ...packets };
      await clock.advance(1000);
      return { fromCaller: packets.fromCaller - before.fromCaller, fromCallee: packets.fromCallee - before.fromCallee };
    },
    /** Hangs up, and answers what is left of both: legs, timers and ports. */
    async finish(): Promise<readonly number[]> {
      void sides.caller.call?.hangup();
      await clock.runUntil(() => clock.pendingTimers === 0, 300_000);
      const left = [caller.liveLegs, callee.liveLegs, clock.pendingTimers];
      await Promise.all([caller.close(), callee.close()]);
      return [...left, network.openPorts];
    },
  };
}
