import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { DialogEnd } from '../../src/telephony/sip/dialog-ending.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import type { InviteEvents, InviteFailure, OutgoingInviteRequest } from '../../src/telephony/sip/outgoing-invite.ts';
import { UserAgent, type UserAgentOptions } from '../../src/telephony/sip/user-agent.ts';
import { type Faults, MemoryNetwork } from '../../src/wire/memory-network.ts';
import type { Endpoint, WireKind } from '../../src/wire/wire.ts';

export const CALLER: Endpoint = { address: '10.0.0.1', port: 5060 };
export const CALLEE: Endpoint = { address: '10.0.0.2', port: 5060 };
export const OFFER = 'v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';
export const ANSWER = 'v=0\r\no=- 7 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n';

/** Two user agents, UDP and TCP each, on a network in memory that moves with a virtual clock. */
export interface SipScene {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly caller: UserAgent;
  readonly callee: UserAgent;
  /** Start lines and source of all messages handed to the UDP network, in order. */
  readonly seen: string[];
  /** What is left after everything has run out: timers, transactions and dialogs of both sides. All zero when nothing leaks. */
  leftovers(): readonly number[];
  close(): Promise<void>;
}

export function sipScene(
  onInvite: ((invite: IncomingInvite) => void) | undefined,
  filter: Faults['filter'] = () => 'pass',
  options: Partial<Pick<UserAgentOptions, 'publicAddresses' | 'maxServerTransactions' | 'onReplace'>> = {},
  callerOptions: Partial<Pick<UserAgentOptions, 'dns' | 'onInvite' | 'onReplace'>> = {},
): SipScene {
  const clock = new VirtualClock();
  const seen: string[] = [];
  const network = new MemoryNetwork(clock, seededRandom(1), {
    filter: (bytes, from, to, nth) => {
      const text = Buffer.from(bytes).toString();
      seen.push(`${from.address === CALLER.address ? '->' : '<-'} ${startLine(text)}`);
      return filter(bytes, from, to, nth);
    },
  });
  const agent = (local: Endpoint, seed: number, own: Partial<UserAgentOptions>): UserAgent =>
    new UserAgent({
      wires: [network.wire('udp', local), network.wire('tcp', local)],
      clock,
      random: seededRandom(seed),
      log: silentLogger,
      product: 'test',
      ...own,
    });
  const caller = agent(CALLER, 2, callerOptions);
  const callee = agent(CALLEE, 3, { ...(onInvite && { onInvite }), ...options });
  return {
    clock,
    network,
    caller,
    callee,
    seen,
    leftovers: () => [clock.pendingTimers, caller.liveTransactions, caller.liveDialogs, callee.liveTransactions, callee.liveDialogs],
    close: async () => {
      await caller.close();
      await callee.close();
    },
  };
}

/** A user agent at the address of the caller, over UDP and TCP. */
export function callerOn(network: MemoryNetwork, clock: VirtualClock): UserAgent {
  return new UserAgent({
    wires: [network.wire('udp', CALLER), network.wire('tcp', CALLER)],
    clock,
    random: seededRandom(2),
    log: silentLogger,
    product: 'test',
  });
}

/** `INVITE`, `180 INVITE` and the like: what a message is, in short. */
export function startLine(message: string): string {
  const first = message.slice(0, message.indexOf(' '));
  if (first !== 'SIP/2.0') return first;
  return `${message.slice(8, 11)} ${/^CSeq: \d+ (\w+)/im.exec(message)?.[1]}`;
}

export function request(transport: WireKind = 'udp', more: Partial<OutgoingInviteRequest> = {}): OutgoingInviteRequest {
  return {
    to: { ...CALLEE, transport },
    requestUri: 'sip:+15550002@10.0.0.2',
    from: 'sip:+15550001@10.0.0.1',
    toUri: 'sip:+15550002@10.0.0.2',
    offer: OFFER,
    ...more,
  };
}

/** Keeps what happened to one outgoing call. */
export class CallLog implements InviteEvents {
  readonly events: string[] = [];
  dialog: Dialog | undefined;
  /** The early dialog of the latest provisional response. */
  early: Dialog | undefined;
  sdp: string | undefined;
  failure: InviteFailure | undefined;
  end: DialogEnd | undefined;
  /** Called after an answer was noted. */
  onAnswered: (dialog: Dialog) => void = () => {};

  sent(): void {
    this.events.push('sent');
  }

  provisional(status: number, _reason?: string, _sdp?: string, early?: Dialog): void {
    this.events.push(String(status));
    this.early = early;
  }

  answered(dialog: Dialog, sdp: string | undefined): void {
    this.events.push('answered');
    this.dialog = dialog;
    this.sdp = sdp;
    dialog.onEnded((end) => {
      this.events.push(`ended by ${end.by}`);
      this.end = end;
    });
    this.onAnswered(dialog);
  }

  failed(failure: InviteFailure): void {
    this.events.push(`failed ${failure.why}`);
    this.failure = failure;
  }
}
