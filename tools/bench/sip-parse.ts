import type { SipMessage } from '../../src/telephony/sip/message.ts';
import { parseNameAddress } from '../../src/telephony/sip/parse-address.ts';
import { parseCSeq } from '../../src/telephony/sip/parse-cseq.ts';
import { parseMessage } from '../../src/telephony/sip/parse-message.ts';
import { parseVia } from '../../src/telephony/sip/parse-via.ts';
import { splitList } from '../../src/telephony/sip/split-list.ts';
import { parseUri } from '../../src/telephony/sip/uri.ts';

const MESSAGES_PER_ROUND = 200_000;

const heads = (first: string, cSeq: string, ...more: string[]): string =>
  [
    first,
    'Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKb7d3c5ab1f2e4d6c8a90b1c2d3e4f506;rport',
    'Max-Forwards: 70',
    'From: "Ringflow" <sip:+18144043093@trunk.example.com>;tag=5f0e1d2c3b4a5968',
    'To: <sip:+18144043094@trunk.example.com>',
    'Call-ID: 0f1e2d3c4b5a69788796a5b4c3d2e1f0@192.0.2.10',
    `CSeq: ${cSeq}`,
    'Contact: <sip:ringflow@192.0.2.10:5060;transport=udp>',
    'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, INFO, REFER, NOTIFY',
    'Supported: 100rel, replaces, timer',
    'User-Agent: Ringflow',
    'Date: Sat, 28 Nov 2026 10:00:00 GMT',
    ...more,
  ].join('\r\n');

const sdp = [
  'v=0',
  'o=- 1234567890 1 IN IP4 192.0.2.10',
  's=-',
  'c=IN IP4 192.0.2.10',
  't=0 0',
  'm=audio 20000 RTP/AVP 0 8 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  'a=ptime:20',
  'a=sendrecv',
  '',
].join('\r\n');

const withSdp = `Content-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`;
const empty = 'Content-Length: 0\r\n\r\n';

const recordRoute = 'Record-Route: <sip:198.51.100.1;lr;ftag=5f0e1d2c3b4a5968>';

/** The messages of an ordinary call through a proxy. */
const messages = [
  heads('INVITE sip:+18144043094@trunk.example.com SIP/2.0', '1 INVITE', recordRoute, withSdp),
  heads('SIP/2.0 200 OK', '1 INVITE', 'Server: Example', recordRoute, withSdp),
  heads('ACK sip:callee@198.51.100.7:5060 SIP/2.0', '1 ACK', empty),
  heads('BYE sip:callee@198.51.100.7:5060 SIP/2.0', '2 BYE', empty),
].map((text) => Buffer.from(text));

/** SIP messages read per second of CPU, those of an ordinary call in turn, by `read`. One value per round, after one to warm up. */
export function measureSipParse(rounds: number, read: (message: SipMessage) => number): number[] {
  const perCall = messages.reduce((sum, message) => sum + read(parseMessage(message)), 0);
  const round = (): number => {
    const before = process.cpuUsage();
    let parts = 0;
    for (let index = 0; index < MESSAGES_PER_ROUND; index += messages.length) {
      for (const message of messages) parts += read(parseMessage(message));
    }
    if (parts !== (perCall * MESSAGES_PER_ROUND) / messages.length) throw new Error('A message was misread');
    const { user, system } = process.cpuUsage(before);
    return MESSAGES_PER_ROUND / ((user + system) / 1_000_000);
  };
  round();
  return Array.from({ length: rounds }, round);
}

/** What the parser itself has made of a message. */
export function lengthOf({ headers, body }: SipMessage): number {
  return headers.size + body.length;
}

/**
 * Reads more than a user agent has to: the Request-URI, every Via, From, To, Call-ID, CSeq, Contact and Record-Route with their URIs. Answers a number
 * that depends on all of it.
 */
export function partsRead(message: SipMessage): number {
  const { headers, body } = message;
  let sum = body.length;
  if (message.kind === 'request') sum += parseUri(message.uri).host.length;
  for (const value of splitList(headers.all('Via'))) {
    const { host, branch = '' } = parseVia(value);
    sum += host.length + branch.length;
  }
  for (const name of ['From', 'To']) {
    const { uri, tag = '' } = parseNameAddress(headers.first(name) ?? '');
    sum += parseUri(uri).host.length + tag.length;
  }
  const { number, method } = parseCSeq(headers.first('CSeq') ?? '');
  sum += number + method.length + (headers.first('Call-ID') ?? '').length;
  for (const name of ['Contact', 'Record-Route']) {
    for (const value of splitList(headers.all(name))) sum += parseUri(parseNameAddress(value).uri).host.length;
  }
  return sum;
}
