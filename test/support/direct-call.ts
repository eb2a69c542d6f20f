import { vi } from 'vitest';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { Engine } from '../../src/telephony/engine.ts';
import { type MediaWorkersOptions, openMediaWorkers } from '../../src/telephony/media/worker-client.ts';
import type { AnsweredCall, DialRequest, IncomingCall, LegEnd, LegEvents, MediaReport, PlacedCall } from '../../src/telephony/port.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { openUdp } from '../../src/wire/udp.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import { deferred } from './deferred.ts';
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

interface Ended {
  readonly end: LegEnd;
  readonly media: MediaReport;
}

export interface DirectCall {
  /** Resolves when the phone rings. */
  readonly ringing: Promise<void>;
  /** @throws when it ends without an answer */
  readonly answered: Promise<AnsweredCall>;
  readonly ended: Promise<Ended>;
}

export interface PlacedDirectCall extends DirectCall {
  readonly placed: PlacedCall;
}

/** Calls a phone on 127.0.0.1. */
export async function directCall(
  telephony: Engine,
  number: string,
  port: number,
  more: Pick<DialRequest['trunk'], 'codecs' | 'srtp' | 'digits' | 'userName' | 'password' | 'transport'> = {},
  ringTimeoutMs = 20_000,
): Promise<PlacedDirectCall> {
  // A busy machine takes no call for a moment.
  const slot = await vi.waitFor(() => telephony.reserve(), { timeout: 15_000, interval: 500 });
  const trunk = { host: '127.0.0.1', port, transport: 'udp', ...more } as const;
  const { events, call } = watched();
  const placed = slot.dial({ legId: 'leg', to: number, from: '+18144043000', trunk, ringTimeoutMs }, events);
  return { ...call, placed };
}

/** Answers a call. */
export async function answeredCall(incoming: IncomingCall): Promise<DirectCall> {
  const slot = await incoming.reserve();
  const { events, call } = watched();
  slot.answer({ legId: 'leg', from: incoming.from, to: incoming.dialled }, events);
  return call;
}

function watched(): { readonly events: LegEvents; readonly call: DirectCall } {
  const ringing = deferred<void>();
  const answered = deferred<AnsweredCall>();
  const ended = deferred<Ended>();
  answered.promise.catch(() => {});
  const events: LegEvents = {
    sent() {},
    ringing: () => ringing.resolve(),
    answered: answered.resolve,
    stateChanged() {},
    ended: (end, media) => {
      answered.reject(new Error(`The call ended: ${JSON.stringify(end)}`));
      ended.resolve({ end, media });
    },
  };
  return { events, call: { ringing: ringing.promise, answered: answered.promise, ended: ended.promise } };
}
