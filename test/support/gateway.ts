import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { openUdp } from '../../src/wire/udp.ts';

/** Who gets the calls of a proxy on 127.0.0.1, over UDP. */
export interface Gateway {
  readonly port: number;
  /** How many calls it got. */
  calls(): number;
  close(): Promise<void>;
}

/** Opens one that does this with every call. */
export async function openGateway(takes: (invite: IncomingInvite) => void): Promise<Gateway> {
  const udp = await openUdp({ local: { address: '127.0.0.1', port: 0 }, log: silentLogger });
  let calls = 0;
  const agent = new UserAgent({
    wires: [udp],
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    product: 'gateway',
    onInvite: (invite) => {
      calls += 1;
      takes(invite);
    },
  });
  return { port: udp.local.port, calls: () => calls, close: () => agent.close() };
}

/** Opens one that refuses every call with this status. */
export function refusingGateway(status = 503): Promise<Gateway> {
  return openGateway((invite) => invite.reject(status));
}

/** A port where nothing listens. */
export async function deadGateway(): Promise<Gateway> {
  const gateway = await refusingGateway();
  await gateway.close();
  return gateway;
}
