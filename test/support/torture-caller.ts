import { expect } from 'vitest';
import type { IncomingCall } from '../../src/telephony/port.ts';
import { readSession } from '../../src/telephony/sdp/read-session.ts';
import { HeaderList } from '../../src/telephony/sip/header-list.ts';
import { emptyBody, type SipMessage, type SipRequest, type SipResponse } from '../../src/telephony/sip/message.ts';
import { parseNameAddress } from '../../src/telephony/sip/parse-address.ts';
import { parseMessage } from '../../src/telephony/sip/parse-message.ts';
import { sdpOf } from '../../src/telephony/sip/session-description.ts';
import { SipParseError } from '../../src/telephony/sip/sip-parse-error.ts';
import { splitList } from '../../src/telephony/sip/split-list.ts';
import { writeMessage } from '../../src/telephony/sip/write-message.ts';
import { callWorld, nothingLeft, type WorldOptions } from './call-world.ts';
import { flowOf, to } from './flow-builder.ts';
import { RawPeer } from './raw-peer.ts';

const SERVER = { address: '10.0.0.1', port: 5060 };
const flow = flowOf({ wait: ['WaitNode', { Timeout: 1, Done: to('bye') }], bye: ['HangUpNode', { Outcome: 'Served' }] });

/** The number of the account that is called: the only one that stands in an INVITE of the documents. */
export const OWN_NUMBER = '+16505552222';
/** Where the trunk is. */
export const CARRIER = '192.0.2.254';

/** What the server has made of an INVITE. */
export interface Told {
  readonly called: string;
  readonly caller: string;
}

/**
 * Somebody at `address` who sends a server with one trunk an INVITE as its bytes are, and acknowledges what comes back. `port` is that which the
 * INVITE wants its responses at.
 */
export function tortureCaller(address: string, port = 5060, options: Partial<WorldOptions> = {}) {
  const errors: unknown[] = [];
  const keep = (fields: unknown): void => void errors.push(fields);
  const log = { debug: () => {}, info: () => {}, warn: keep, error: keep };
  const world = callWorld({ flow, phoneIsThere: false, phoneAt: CARRIER, ownNumber: OWN_NUMBER, log, ...options });
  const told: Told[] = [];
  const take = world.service.incoming.bind(world.service);
  world.service.incoming = (call: IncomingCall): void => {
    told.push({ called: call.dialled, caller: call.from });
    take(call);
  };

  const received: SipMessage[] = [];
  let invite: SipRequest | undefined;
  const sender = new RawPeer(world.network.wire('udp', { address, port: 5060 }));
  const peers = port === 5060 ? [sender] : [sender, new RawPeer(world.network.wire('udp', { address, port }))];
  for (const peer of peers) {
    peer.onMessage = (message, from) => {
      received.push(message);
      if (message.kind === 'request') {
        if (message.method !== 'ACK') peer.reply(message, 200, from);
      } else if (message.status >= 200 && invite) sender.send(acknowledgement(invite, message), SERVER);
    };
  }
  const responses = () => received.filter((message): message is SipResponse => message.kind === 'response');
  return {
    world,
    told,
    /** Of all responses, in order. */
    statuses: () => responses().map(({ status }) => status),
    /** The media of what answers it. */
    answered: () => responses().flatMap((response) => mediaOf(sdpOf(response))),
    requests: () => received.filter((message): message is SipRequest => message.kind === 'request'),
    session: () => [...world.sessions.values()][0],
    /** Sends an INVITE, and lets its call come to its end. */
    async send(bytes: Uint8Array): Promise<void> {
      invite = readable(bytes);
      sender.send(bytes, SERVER);
      await world.clock.advance(10_000);
    },
    /** Nothing may be left of the call, and no warning or error of it may have been written. */
    async finish(): Promise<void> {
      await world.clock.advance(60_000);
      const left = await world.finish();
      expect({ ...left, ports: (left.ports ?? 0) - peers.length }).toEqual(nothingLeft);
      await Promise.all(peers.map((peer) => peer.close()));
      expect(errors).toEqual([]);
    },
  };
}

const mediaOf = (sdp: string | undefined) => (sdp === undefined ? [] : readSession(sdp).media);

/** The same INVITE, for the number of the account. */
export function forOwnNumber(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(/^(INVITE sip:)[^@ ]*@/, `$1${OWN_NUMBER}@`), 'latin1');
}

/** Undefined when it cannot be read: its refusal is sent once, and forgotten. */
function readable(bytes: Uint8Array): SipRequest | undefined {
  try {
    const message = parseMessage(bytes);
    return message.kind === 'request' ? message : undefined;
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}

/** The ACK of a refusal has the Request-URI and the topmost Via of the INVITE (RFC 3261 section 17.1.1.3); that of a 2xx is a request of its own. */
function acknowledgement({ uri, headers }: SipRequest, { status, headers: answered }: SipResponse): Uint8Array {
  const [via = ''] = splitList(headers.all('Via'));
  const isAnswer = status < 300;
  const ack = new HeaderList();
  ack.add('Via', isAnswer ? 'SIP/2.0/UDP 192.0.2.254;branch=z9hG4bKack' : via);
  for (const name of ['From', 'Call-ID']) ack.add(name, headers.first(name) ?? '');
  ack.add('To', answered.first('To') ?? '');
  ack.add('CSeq', `${Number.parseInt(headers.first('CSeq') ?? '', 10)} ACK`);
  const target = isAnswer ? parseNameAddress(answered.first('Contact') ?? '').uri : uri;
  return writeMessage({ kind: 'request', method: 'ACK', uri: target, headers: ack, body: emptyBody });
}
