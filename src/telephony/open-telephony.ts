import { availableParallelism } from 'node:os';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import { openTcp } from '../wire/tcp.ts';
import { openUdp } from '../wire/udp.ts';
import type { Endpoint, Wire } from '../wire/wire.ts';
import { Engine } from './engine.ts';
import { openMediaWorkers } from './media/worker-client.ts';
import { UserAgent } from './sip/user-agent.ts';

export interface TelephonyOptions {
  /** Where SIP listens, UDP and TCP; port 0 for a free one. RTP is bound to the same address. */
  readonly sip: Endpoint;
  readonly publicAddress?: string | undefined;
  readonly rtpPorts: { readonly first: number; readonly last: number };
  readonly product: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface OpenTelephony {
  readonly telephony: Engine;
  /** Where SIP listens. */
  readonly sip: Endpoint;
}

/**
 * Opens the SIP ports and starts the media threads.
 * @throws AppError BAD_SETTING when a port is in use or an address is not one of this machine
 */
export async function openTelephony(options: TelephonyOptions): Promise<OpenTelephony> {
  const { clock, random, log, publicAddress, rtpPorts, product } = options;
  const wires = await openWires(options);
  try {
    // One core is left to signalling, flows and the database.
    const count = Math.max(1, availableParallelism() - 1);
    const media = await openMediaWorkers({ count, host: options.sip.address, portRange: rtpPorts, log });
    const address = publicAddress === undefined ? {} : { publicAddress };
    const userAgent = new UserAgent({ wires, clock, random, log, product, ...address });
    return { telephony: new Engine({ userAgent, media, clock, random, log, ...address }), sip: wires[0].local };
  } catch (error) {
    await Promise.all(wires.map((wire) => wire.close()));
    throw error;
  }
}

async function openWires({ sip, clock, log }: TelephonyOptions): Promise<[Wire, Wire]> {
  const udp = await openUdp({ local: sip, log }).catch((error: unknown) => cannotListen('UDP', sip, error));
  try {
    return [udp, await openTcp({ local: udp.local, clock, log })];
  } catch (error) {
    await udp.close();
    return cannotListen('TCP', udp.local, error);
  }
}

function cannotListen(transport: string, { address, port }: Endpoint, cause: unknown): never {
  const code = cause instanceof Error ? Reflect.get(cause, 'code') : undefined;
  const name = code === 'EADDRNOTAVAIL' ? 'RINGFLOW_SIP_HOST' : 'RINGFLOW_SIP_PORT';
  const why =
    code === 'EADDRINUSE' ? 'another program uses it' : code === 'EADDRNOTAVAIL' ? 'it is not an address of this machine' : String(code);
  throw new AppError(
    'BAD_SETTING',
    { name, reason: `does not work: cannot listen on ${transport} ${address}:${port}, ${why}.` },
    { cause },
  );
}
