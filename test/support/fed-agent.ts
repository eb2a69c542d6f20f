import type { Logger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import type { ReceivedRequest } from '../../src/telephony/sip/transaction-layer.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import type { Endpoint, Wire } from '../../src/wire/wire.ts';

/** A user agent on a wire that the test feeds by hand, as if `peer` had sent it. What it sends and the errors in its log are kept. */
export function fedAgent(
  local: Endpoint,
  peer: Endpoint,
  onInvite: (invite: IncomingInvite, clock: VirtualClock) => void,
  onRegister?: (received: ReceivedRequest, clock: VirtualClock) => void,
) {
  const clock = new VirtualClock();
  const errors: unknown[] = [];
  const keep = (fields: unknown): void => void errors.push(fields);
  const log: Logger = { debug: () => {}, info: () => {}, warn: keep, error: keep };
  const sent: Uint8Array[] = [];
  let receive: (bytes: Uint8Array) => void = () => {};
  const wire: Wire = {
    kind: 'udp',
    local,
    send: async (bytes) => void sent.push(bytes),
    onReceive: (handler) => {
      receive = (bytes) => handler(bytes, peer);
    },
    close: async () => {},
  };
  const agent = new UserAgent({
    wires: [wire],
    clock,
    random: seededRandom(1),
    log,
    product: 'test',
    onInvite: (invite) => onInvite(invite, clock),
    ...(onRegister && { onRegister: (received: ReceivedRequest) => onRegister(received, clock) }),
  });
  return { clock, errors, sent, agent, feed: (bytes: Uint8Array) => receive(bytes) };
}
