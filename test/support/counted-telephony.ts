import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { Engine } from '../../src/telephony/engine.ts';
import { openMediaWorkers } from '../../src/telephony/media/worker-client.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { openUdp } from '../../src/wire/udp.ts';
import { dnsTable } from './dns-table.ts';
import { SkippingClock } from './skipping-clock.ts';

/** How long all timers of SIP together last at the most, and in which steps they are let run out. */
const LONGEST_MS = 200_000;
const STEP_MS = 4_000;

/** Telephony on real sockets, which can say what is left of its calls. */
export interface CountedTelephony {
  readonly telephony: Engine;
  readonly sipPort: number;
  /** Lets every timer run out. Answers what is left: `nothingLeft` when nothing leaks. */
  leftovers(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

export const nothingLeft = { legs: 0, streams: 0, dialogs: 0, transactions: 0, timers: 0 };

/** `portRange` is of its RTP. */
export async function countedTelephony(portRange: { first: number; last: number }): Promise<CountedTelephony> {
  const clock = new SkippingClock();
  const parts = { clock, random: systemRandom, log: silentLogger };
  const media = await openMediaWorkers({ count: 1, host: '127.0.0.1', portRange, log: silentLogger });
  const wire = await openUdp({ local: { address: '127.0.0.1', port: 0 }, log: silentLogger });
  const userAgent = new UserAgent({ ...parts, wires: [wire], product: 'Ringflow' });
  const telephony = new Engine({ ...parts, media, dns: dnsTable({}), userAgent });
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
