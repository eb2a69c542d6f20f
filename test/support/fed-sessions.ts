import { expect } from 'vitest';
import type { FlowInfo } from '../../src/contracts/flows.ts';
import { tagOf } from '../../src/telephony/sip/dialog-state.ts';
import { isKnownMethod } from '../../src/telephony/sip/known-methods.ts';
import type { SipRequest, SipResponse } from '../../src/telephony/sip/message.ts';
import { callerId, callWorld, nothingLeft, SERVER } from './call-world.ts';
import { RawPeer } from './raw-peer.ts';
import { ANSWER } from './sip-agents.ts';

const PEER = { address: '10.0.0.2', port: 5060 };
const SERVER_AT = { address: SERVER, port: 5060 };
const CONTACT = '<sip:peer@10.0.0.2:5060>';
const TYPE = 'Content-Type: application/sdp';
/** Marks what was damaged, and what answers it. */
const FED = 'z9hG4bKfed';

/** Whom a damaged request asks for: one who answers, after a time in which others may say something, and one who does not. */
export const TAKES = '+18144043111';
const TAKES_AFTER_MS = 150;
export const IS_BUSY = '+18144043222';
/** Stands in a request for the Replaces that names a call of the next talk. */
export const OTHER_CALL = 'OTHER-CALL';

/** A call of the server and the peer, as the peer sees it. */
interface PeerCall {
  readonly callId: string;
  readonly local: string;
  readonly remote: string;
  cSeq: number;
}

/**
 * Sessions of a server whose calls are all with one peer, which is the test: it calls as `callers`, and takes what the server dials. Each damaged
 * request comes in one of these calls. When a caller has been hung up, it calls again.
 */
export async function fedSessions(flow: FlowInfo, callers: readonly string[]) {
  const errors: unknown[] = [];
  const keep = (fields: unknown): void => void errors.push(fields);
  const log = { debug: () => {}, info: () => {}, warn: keep, error: keep };
  const world = callWorld({ flow, phoneIsThere: false, log, maxChannels: 100 });
  const { clock, network } = world;
  const peer = new RawPeer(network.wire('udp', PEER));
  /** Of the responses to damaged requests, by method and status. */
  const counts = new Map<string, number>();
  const calls = new Map<string, PeerCall>();
  /** The call of each caller; absent: none is up. */
  const placed = new Map<string, string>();
  /** Calls of callers that are not answered yet. */
  const beginning = new Set<string>();
  let made = 0;
  let inputs = 0;

  const send = (lines: readonly string[], body = ''): void =>
    peer.send(Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1'), SERVER_AT);
  const via = (branch = 'z9hG4bKpeer'): string => `Via: SIP/2.0/UDP 10.0.0.2:5060;branch=${branch}${++made};rport`;

  const acknowledge = ({ status, headers }: SipResponse): void => {
    const isAnswer = status < 300;
    const named = ['From', 'To', 'Call-ID'].map((name) => `${name}: ${headers.first(name)}`);
    const number = Number.parseInt(headers.first('CSeq') ?? '', 10);
    const head = ['ACK sip:us@10.0.0.1 SIP/2.0', isAnswer ? via() : `Via: ${headers.first('Via')}`, ...named, `CSeq: ${number} ACK`];
    send(isAnswer ? [...head, TYPE] : head, isAnswer ? ANSWER : '');
  };
  const over = (callId: string): void => {
    calls.delete(callId);
    for (const [caller, own] of placed) if (own === callId) placed.delete(caller);
  };
  const answered = (response: SipResponse): void => {
    const { status, headers } = response;
    const [, method = ''] = headers.first('CSeq')?.split(' ') ?? [];
    const callId = headers.first('Call-ID') ?? '';
    if (headers.first('Via')?.includes(FED) && isKnownMethod(method)) {
      const what = `${method} ${status}`;
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
    if (method === 'BYE' && (status < 300 || status === 481)) over(callId);
    if (method !== 'INVITE' || status < 200) return;
    acknowledge(response);
    if (!beginning.delete(callId)) return;
    if (status >= 300) over(callId);
    else calls.set(callId, { callId, local: headers.first('From') ?? '', remote: headers.first('To') ?? '', cSeq: 1 });
  };
  const invited = (request: SipRequest, callId: string): void => {
    if (request.uri.includes(IS_BUSY)) {
      peer.reply(request, 486, SERVER_AT, { tag: 'busy' });
      return;
    }
    const tag = `p${callId.replace(/\W/g, '')}`;
    const [local = '', remote = ''] = ['To', 'From'].map((name) => request.headers.first(name) ?? '');
    if (tagOf(local) === undefined && !calls.has(callId)) calls.set(callId, { callId, local: `${local};tag=${tag}`, remote, cSeq: 0 });
    const answer = (): void => peer.reply(request, 200, SERVER_AT, { tag, headers: [['Contact', CONTACT]], sdp: ANSWER });
    if (request.uri.includes(TAKES)) clock.after(TAKES_AFTER_MS, answer);
    else answer();
  };
  const asked = (request: SipRequest): void => {
    const { method, headers } = request;
    const callId = headers.first('Call-ID') ?? '';
    switch (method) {
      case 'ACK':
        break;
      case 'REFER':
        peer.reply(request, 202, SERVER_AT, { headers: [['Contact', CONTACT]] });
        break;
      case 'INVITE':
        invited(request, callId);
        break;
      default:
        peer.reply(request, 200, SERVER_AT);
        if (method === 'BYE') over(callId);
    }
  };
  peer.onMessage = (message) => {
    peer.received.length = 0;
    if (message.kind === 'response') answered(message);
    else asked(message);
  };

  /** Who has no call places one. */
  const begin = async (): Promise<void> => {
    for (const caller of callers) {
      if (placed.has(caller)) continue;
      const callId = `call${++made}`;
      placed.set(caller, callId);
      beginning.add(callId);
      const [from, to] = [`From: <sip:${caller}@10.0.0.2>;tag=c${made}`, `To: <sip:${callerId}@10.0.0.1>`];
      const head = [`INVITE sip:${callerId}@10.0.0.1 SIP/2.0`, via(), from, to, `Call-ID: ${callId}`];
      send([...head, 'CSeq: 1 INVITE', `Contact: ${CONTACT}`, 'Max-Forwards: 70', TYPE], ANSWER);
      await clock.advance(20);
    }
  };
  await begin();
  return {
    world,
    counts,
    calls,
    /** Sends a request in one of the calls: `bytes` is all of it but what names the call. */
    take: (bytes: Uint8Array): void => {
      const all = [...calls.values()];
      const call = all[inputs++ % Math.max(1, all.length)];
      if (!call) return;
      const other = all[inputs % all.length] ?? call;
      const text = Buffer.from(bytes).toString('latin1').replace(OTHER_CALL, namedInReplaces(other));
      const [line = '', ...rest] = (inputs % 8 === 0 ? text : mended(text)).split('\r\n');
      const [method = ''] = line.split(' ');
      const named = [`From: ${call.local}`, `To: ${call.remote}`, `Call-ID: ${call.callId}`, `CSeq: ${++call.cSeq} ${method}`];
      peer.send(Buffer.from([line, via(FED), ...named, ...rest].join('\r\n'), 'latin1'), SERVER_AT);
    },
    pass: async (): Promise<void> => {
      await clock.advance(10);
      await begin();
    },
    end: async (): Promise<void> => {
      await world.stop();
      const { ports = 0, ...left } = await world.finish();
      expect({ ...left, ports: ports - 1 }).toEqual(nothingLeft);
      expect(errors).toEqual([]);
      await peer.close();
    },
  };
}

/** As the server is told of this call by its peer (RFC 3891). */
function namedInReplaces({ callId, local, remote }: PeerCall): string {
  return encodeURIComponent(`${callId};to-tag=${tagOf(remote) ?? ''};from-tag=${tagOf(local) ?? ''}`);
}

/** With a first line and an end of the headers that can be read: most damage there ends before it comes to a call. */
function mended(text: string): string {
  const line = text.replace(/^([A-Z]+) [^\r]*/, '$1 sip:us@10.0.0.1 SIP/2.0');
  return line.includes('\r\n\r\n') ? line : `${line}\r\n\r\n`;
}
