import { systemClock as clock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { Engine } from '../../src/telephony/engine.ts';
import { type MediaWorkersOptions, openMediaWorkers } from '../../src/telephony/media/worker-client.ts';
import type { AnsweredCall, DialRequest, LegEnd, MediaReport } from '../../src/telephony/port.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { openUdp } from '../../src/wire/udp.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import { dnsTable } from './dns-table.ts';

type Spawn = Pick<MediaWorkersOptions, 'spawn'>;

/** Telephony on real sockets of this machine, without the server around it. */
export async function directTelephony(more: Spawn = {}): Promise<Engine> {
  return (await directTelephonyAt(more)).telephony;
}

/** The same, and where its SIP is. */
export async function directTelephonyAt(more: Spawn = {}): Promise<{ telephony: Engine; sip: Endpoint }> {
  const parts = { clock, random: systemRandom, log: silentLogger };
  const portRange = { first: 44_000, last: 44_999 };
  const media = await openMediaWorkers({ count: 1, host: '127.0.0.1', portRange, log: silentLogger, ...more });
  const wire = await openUdp({ local: { address: '127.0.0.1', port: 0 }, log: silentLogger });
  const userAgent = new UserAgent({ ...parts, wires: [wire], product: 'Ringflow' });
  return { telephony: new Engine({ ...parts, media, dns: dnsTable({}), userAgent }), sip: wire.local };
}

export interface DirectCall {
  /** @throws when it ends without an answer */
  readonly answered: Promise<AnsweredCall>;
  readonly ended: Promise<{ readonly end: LegEnd; readonly media: MediaReport }>;
}

/** Calls a phone on 127.0.0.1. */
export async function directCall(
  telephony: Engine,
  number: string,
  port: number,
  more: Pick<DialRequest['trunk'], 'codecs' | 'srtp' | 'digits' | 'userName' | 'password'> = {},
): Promise<DirectCall> {
  const slot = await telephony.reserve();
  const trunk = { host: '127.0.0.1', port, transport: 'udp', ...more } as const;
  let end: (over: Awaited<DirectCall['ended']>) => void = () => {};
  const ended = new Promise<Awaited<DirectCall['ended']>>((resolve) => {
    end = resolve;
  });
  const answered = new Promise<AnsweredCall>((resolve, reject) => {
    slot.dial(
      { legId: 'leg', to: number, from: '+18144043000', trunk, ringTimeoutMs: 20_000 },
      {
        sent() {},
        ringing() {},
        answered: resolve,
        stateChanged() {},
        ended: (why, media) => {
          reject(new Error(`The call ended: ${JSON.stringify(why)}`));
          end({ end: why, media });
        },
      },
    );
  });
  answered.catch(() => {});
  return { answered, ended };
}
