import { HeaderList } from '../../src/telephony/sip/header-list.ts';
import type { SipMessage, SipRequest } from '../../src/telephony/sip/message.ts';
import { parseMessage } from '../../src/telephony/sip/parse-message.ts';
import { writeMessage } from '../../src/telephony/sip/write-message.ts';
import type { Endpoint, Wire } from '../../src/wire/wire.ts';
import { startLine } from './sip-agents.ts';

export interface RawReply {
  readonly tag?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly sdp?: string;
}

/** A SIP peer that does nothing by itself: a test says what it sends. */
export class RawPeer {
  readonly received: SipMessage[] = [];
  readonly #wire: Wire;
  /** Called for each message after it was kept. */
  onMessage: (message: SipMessage, from: Endpoint) => void = () => {};

  constructor(wire: Wire) {
    this.#wire = wire;
    wire.onReceive((bytes, from) => {
      const message = parseMessage(bytes);
      this.received.push(message);
      this.onMessage(message, from);
    });
  }

  /** What was received, in short: `INVITE`, `200 BYE` and the like. */
  get names(): string[] {
    return this.received.map((message) => startLine(Buffer.from(writeMessage(message)).toString()));
  }

  /** The latest request of this method. */
  last(method: string): SipRequest {
    const found = this.received.filter((message) => message.kind === 'request' && message.method === method).at(-1);
    if (found?.kind !== 'request') throw new Error(`No ${method} was received`);
    return found;
  }

  /** Answers a request of the user agent. */
  reply(request: SipRequest, status: number, to: Endpoint, reply: RawReply = {}): void {
    const headers = new HeaderList();
    for (const name of ['Via', 'From', 'Call-ID', 'CSeq']) headers.add(name, request.headers.first(name) ?? '');
    const tag = reply.tag === undefined ? '' : `;tag=${reply.tag}`;
    headers.add('To', `${request.headers.first('To')}${request.headers.first('To')?.includes('tag=') ? '' : tag}`);
    for (const [name, value] of reply.headers ?? []) headers.add(name, value);
    if (reply.sdp !== undefined) headers.add('Content-Type', 'application/sdp');
    const body = Buffer.from(reply.sdp ?? '');
    this.send(writeMessage({ kind: 'response', status, reason: 'Test', headers, body }), to);
  }

  /** Nothing reaches it any more. */
  close(): Promise<void> {
    return this.#wire.close();
  }

  /** Sends anything. Lines of a text end with CR LF on the wire, whatever they end with here. */
  send(message: Uint8Array | string, to: Endpoint): void {
    const bytes = typeof message === 'string' ? Buffer.from(message.replace(/\r?\n/g, '\r\n')) : message;
    void this.#wire.send(bytes, to);
  }
}
