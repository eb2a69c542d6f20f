import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { Engine } from '../../src/telephony/engine.ts';
import { openMediaWorkers } from '../../src/telephony/media/worker-client.ts';
import type { IncomingCall } from '../../src/telephony/port.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { openTcp } from '../../src/wire/tcp.ts';
import { openTls } from '../../src/wire/tls.ts';
import { openUdp } from '../../src/wire/udp.ts';
import type { Wire } from '../../src/wire/wire.ts';
import { dnsTable } from './dns-table.ts';
import { SkippingClock } from './skipping-clock.ts';
import { testPort } from './test-port.ts';

/** How long all timers of SIP together last at the most, and in which steps they are let run out. */
const LONGEST_MS = 200_000;
const STEP_MS = 4_000;
/** Longer than any session timer of ours. */
const LONGEST_WAIT_MS = 2_000_000;
const WAIT_STEP_MS = 500;

/** Telephony on real sockets, which can say what is left of its calls. */
export interface CountedTelephony {
  readonly telephony: Engine;
  /** Of SIP over UDP, and over TCP when it has that. */
  readonly sipPort: number;
  /** Of SIP over TLS; 0 when it has none. */
  readonly tlsPort: number;
  /** Leaves the time out until `event`; answers how much of it passed. Half an hour at the most. */
  passTimeUntil(event: Promise<unknown>): Promise<number>;
  /** Lets every timer run out. Answers what is left: `nothingLeft` when nothing leaks. */
  leftovers(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

export const nothingLeft = { legs: 0, streams: 0, dialogs: 0, transactions: 0, timers: 0 };

export interface CountedOptions {
  /** Takes calls. Absent: they are refused. */
  readonly onIncoming?: (call: IncomingCall) => void;
  /** Speaks SIP over TCP too, and when it has a certificate over TLS. */
  readonly streams?: 'tcp' | { readonly identity: { readonly certificate: string; readonly key: string }; readonly ca: string };
}

/** `portRange` is of its RTP. */
export async function countedTelephony(
  portRange: { first: number; last: number },
  { onIncoming, streams }: CountedOptions = {},
): Promise<CountedTelephony> {
  const clock = new SkippingClock();
  const parts = { clock, random: systemRandom, log: silentLogger };
  const media = await openMediaWorkers({ count: 1, host: '127.0.0.1', portRange, log: silentLogger });
  // One that is free for TCP too.
  const port = streams === undefined ? 0 : await testPort();
  const wire = await openUdp({ local: { address: '127.0.0.1', port }, log: silentLogger });
  const wires: Wire[] = [wire];
  const stream = { clock, log: silentLogger, pings: { random: systemRandom } };
  if (streams !== undefined) wires.push(await openTcp({ ...stream, local: wire.local }));
  if (typeof streams === 'object') wires.push(await openTls({ ...stream, ...streams, local: { ...wire.local, port: 0 } }));
  const onInvite = (invite: IncomingInvite): void => telephony.invited(invite);
  const userAgent = new UserAgent({ ...parts, wires, product: 'Ringflow', onInvite });
  const telephony: Engine = new Engine({ ...parts, media, dns: dnsTable({}), userAgent, ...(onIncoming && { onIncoming }) });
  const left = () => ({
    legs: telephony.liveLegs,
    streams: media.openStreams,
    dialogs: userAgent.liveDialogs,
    transactions: userAgent.liveTransactions,
    timers: clock.pendingTimers,
  });
  return {
    telephony,
    sipPort: wire.local.port,
    tlsPort: wires.find(({ kind }) => kind === 'tls')?.local.port ?? 0,
    passTimeUntil: async (event) => {
      const startMs = clock.now();
      let isThere = false;
      const seen = (): void => {
        isThere = true;
      };
      event.then(seen, seen);
      for (let skippedMs = 0; !isThere && skippedMs < LONGEST_WAIT_MS; skippedMs += WAIT_STEP_MS) {
        clock.skip(WAIT_STEP_MS);
        await delay(10);
      }
      return clock.now() - startMs;
    },
    leftovers: async () => {
      for (let skippedMs = 0; skippedMs < LONGEST_MS && Object.values(left()).some((count) => count > 0); skippedMs += STEP_MS) {
        clock.skip(STEP_MS);
        await delay(20);
      }
      return left();
    },
    close: () => telephony.close(),
  };
}
