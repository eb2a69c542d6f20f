import { isIP } from 'node:net';
import { defaultPort } from '../../wire/default-port.ts';
import type { Endpoint, Wire, WireKind } from '../../wire/wire.ts';
import { writeHostPort } from './host-port.ts';
import type { SipMessage, SipRequest } from './message.ts';
import type { Via } from './parse-via.ts';
import { splitList } from './split-list.ts';
import { writeMessage } from './write-message.ts';

/** Where a message goes and over which transport. */
export interface Hop extends Endpoint {
  readonly transport: WireKind;
}

/** A request as it goes on the wire: retransmissions send the very same bytes. */
export interface WrittenRequest {
  readonly bytes: Uint8Array;
  readonly hop: Hop;
}

/** Where a response goes: to the source of the request as the Via asks, else to the address that the Via names. */
export interface ResponseRoute {
  readonly first: Hop;
  readonly otherwise?: Hop;
}

/** The parameter of a URI that asks for `kind`; '' for UDP, which needs none. */
export function transportParam(kind: WireKind): string {
  return kind === 'udp' ? '' : `;transport=${kind}`;
}

/** Largest request sent over UDP when the path MTU is not known (RFC 3261 section 18.1.1). Bytes. */
const LARGEST_UDP_REQUEST = 1300;

/** The transport layer (RFC 3261 section 18) over some wires: adds Via, chooses the wire, finds the way back for responses. */
export class SipTransport {
  readonly #wires = new Map<WireKind, Wire>();
  readonly #hosts = new Map<WireKind, string>();

  constructor(wires: readonly Wire[], publicAddress: string | undefined) {
    for (const wire of wires) {
      this.#wires.set(wire.kind, wire);
      this.#hosts.set(wire.kind, writeHostPort(publicAddress ?? wire.local.address, wire.local.port));
    }
  }

  /** Our own `host:port` as peers can reach it over `kind`. @throws when there is no such wire. */
  sentBy(kind: WireKind): string {
    const host = this.#hosts.get(kind);
    if (host === undefined) throw new Error(`There is no wire for ${kind}`);
    return host;
  }

  /** A Contact URI of ours that the peer reaches over `kind`. @throws when there is no such wire. */
  contact(user: string, kind: WireKind): string {
    return `sip:${user === '' ? '' : `${user}@`}${this.sentBy(kind)}${transportParam(kind)}`;
  }

  /** Whether there is a wire of this kind. */
  has(kind: WireKind): boolean {
    return this.#wires.has(kind);
  }

  /** Whether there is a wire of this kind for addresses of this family. */
  canReach(kind: WireKind, family: 4 | 6): boolean {
    const wire = this.#wires.get(kind);
    return wire !== undefined && isIP(wire.local.address) === family;
  }

  /**
   * Makes our Via the only one of `request` and writes it. A request too large for UDP goes to TCP when there is a TCP wire
   * (RFC 3261 section 18.1.1), unless `asAsked`. @throws when there is no wire of that kind.
   */
  write(request: SipRequest, hop: Hop, branch: string, asAsked = false): WrittenRequest {
    request.headers.remove('Via');
    request.headers.prepend('Via', `SIP/2.0/${hop.transport.toUpperCase()} ${this.sentBy(hop.transport)};branch=${branch};rport`);
    const bytes = writeMessage(request);
    if (asAsked || hop.transport !== 'udp' || bytes.length <= LARGEST_UDP_REQUEST || !this.has('tcp')) return { bytes, hop };
    return this.write(request, { ...hop, transport: 'tcp' }, branch, true);
  }

  /** Sends bytes to a hop. @throws when there is no such wire, or it cannot hand them over. */
  async send(bytes: Uint8Array, hop: Hop): Promise<void> {
    const wire = this.#wires.get(hop.transport);
    if (wire === undefined) throw new Error(`There is no wire for ${hop.transport}`);
    await wire.send(bytes, hop);
  }

  /** Sends a response. A connection that is gone is opened again to the address in the Via (RFC 3261 section 18.2.2). */
  async respond(response: SipMessage | Uint8Array, route: ResponseRoute): Promise<void> {
    const bytes = response instanceof Uint8Array ? response : writeMessage(response);
    if (route.otherwise === undefined) return this.send(bytes, route.first);
    const { otherwise } = route;
    return this.send(bytes, route.first).catch(() => this.send(bytes, otherwise));
  }
}

/** The way back for responses to a request that came from `source` (RFC 3261 section 18.2.2, RFC 3581 section 4). */
export function responseRoute(via: Via, kind: WireKind, source: Endpoint): ResponseRoute {
  const sentByPort = via.port ?? defaultPort(kind);
  if (kind !== 'udp') {
    return { first: { ...source, transport: kind }, otherwise: { ...source, port: sentByPort, transport: kind } };
  }
  const port = via.params.has('rport') ? source.port : sentByPort;
  return { first: { address: source.address, port, transport: 'udp' } };
}

/**
 * The topmost Via line with `received` and `rport` filled in, for the response (RFC 3261 section 18.2.1, RFC 3581 section 4).
 * `line` may hold more values after a comma; they stay as they are.
 */
export function stampVia(line: string, via: Via, source: Endpoint): string {
  const asked = via.params.has('rport');
  if (!asked && via.host === source.address) return line;
  const [top = line, ...others] = line.includes(',') ? splitList([line]) : [line];
  const stamped = top.replace(/;\s*received\s*=[^;]*/gi, '').replace(/;\s*rport\s*(?:=[^;]*)?(?=;|$)/i, `;rport=${source.port}`);
  return [`${stamped};received=${source.address}`, ...others].join(', ');
}
