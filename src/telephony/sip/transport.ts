import { defaultPort } from '../../wire/default-port.ts';
import { type ByFamily, canonicalAddress, type Family, familyOf } from '../../wire/ip-address.ts';
import type { Endpoint, Wire, WireKind } from '../../wire/wire.ts';
import { writeHostPort } from './host-port.ts';
import type { SipMessage, SipRequest } from './message.ts';
import type { Via } from './parse-via.ts';
import { splitList } from './split-list.ts';
import { writeMessage } from './write-message.ts';

/** Where a message goes and over which transport. */
export interface Hop extends Endpoint {
  readonly transport: WireKind;
  /** Whether nothing else leads to the peer, as to a phone behind NAT: what is too large for UDP goes over UDP too. Absent: no. */
  readonly isOnlyWay?: boolean;
}

/** A request as it goes on the wire: retransmissions send the very same bytes. */
export interface WrittenRequest {
  readonly bytes: Uint8Array;
  readonly hop: Hop;
}

/** Where a response goes: to the source of the request as the Via asks, else to the same address at the port that the Via names. */
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
  readonly #wires: Readonly<Record<Family, Map<WireKind, { readonly wire: Wire; readonly host: string }>>> = { 4: new Map(), 6: new Map() };

  readonly #onRequest: ((address: string) => void) | undefined;

  /**
   * @param publicAddresses the addresses under which peers reach us, where they are not those of the wires
   * @param onRequest called with the address to which a request is going to be sent
   */
  constructor(wires: readonly Wire[], publicAddresses: ByFamily = {}, onRequest?: (address: string) => void) {
    this.#onRequest = onRequest;
    for (const wire of wires) {
      const { address, port } = wire.local;
      const family = familyOf(address);
      this.#wires[family].set(wire.kind, { wire, host: writeHostPort(publicAddresses[family] ?? address, port) });
    }
  }

  /** Our own `host:port` as a peer at `address` can reach it over `kind`. @throws when there is no such wire. */
  sentBy(kind: WireKind, address: string): string {
    return this.#find(kind, address).host;
  }

  /** A Contact URI of ours that a peer at `to` reaches over its transport. @throws when there is no such wire. */
  contact(user: string, { transport, address }: Hop): string {
    return `sip:${user === '' ? '' : `${user}@`}${this.sentBy(transport, address)}${transportParam(transport)}`;
  }

  /** Whether there is a wire of this kind for addresses of this family. */
  canReach(kind: WireKind, family: Family): boolean {
    return this.#wires[family].has(kind);
  }

  /**
   * The way to the next hop of a dialog, of which `name` is the host name if it has one, that a peer at `source` has begun. It is the connection that the peer opened while that is up (RFC 5923),
   * when the hop is at the address of the peer, or the peer has proved by its certificate to be the hop. Nobody else gets what is meant for the hop.
   */
  reuse(source: Hop, hop: Hop, name = hop.address): Hop {
    if (hop.transport === 'udp' || hop.transport !== source.transport) return hop;
    const wire = this.#wires[familyOf(source.address)].get(source.transport)?.wire;
    const provesToBe = hop.address === source.address ? undefined : name;
    return wire?.isConnected?.(source, provesToBe) ? source : hop;
  }

  #find(kind: WireKind, address: string): { readonly wire: Wire; readonly host: string } {
    const found = this.#wires[familyOf(address)].get(kind);
    if (found === undefined) throw new Error(`There is no wire for ${kind} to IPv${familyOf(address)}`);
    return found;
  }

  /**
   * Makes our Via the only one of `request` and writes it. A request too large for UDP goes to TCP when there is a TCP wire
   * (RFC 3261 section 18.1.1), unless `asAsked` or the hop is the only way. @throws when there is no wire of that kind.
   */
  write(request: SipRequest, hop: Hop, branch: string, asAsked = false): WrittenRequest {
    this.#onRequest?.(hop.address);
    request.headers.remove('Via');
    request.headers.prepend(
      'Via',
      `SIP/2.0/${hop.transport.toUpperCase()} ${this.sentBy(hop.transport, hop.address)};branch=${branch};rport`,
    );
    const bytes = writeMessage(request);
    const fits = hop.transport !== 'udp' || bytes.length <= LARGEST_UDP_REQUEST;
    if (asAsked || hop.isOnlyWay || fits || !this.canReach('tcp', familyOf(hop.address))) return { bytes, hop };
    return this.write(request, { ...hop, transport: 'tcp' }, branch, true);
  }

  /** Sends bytes to a hop, unless `signal` is aborted before they leave. @throws when there is no such wire, or it cannot hand them over. */
  async send(bytes: Uint8Array, hop: Hop, signal?: AbortSignal): Promise<void> {
    await this.#find(hop.transport, hop.address).wire.send(bytes, hop, signal);
  }

  /**
   * Sends a response. When the connection of the request is gone, another one is opened to where the request came from, at the port that
   * its Via names (RFC 3261 section 18.2.2): nobody listens at the port from which the peer connected.
   */
  async respond(response: SipMessage | Uint8Array, route: ResponseRoute): Promise<void> {
    const bytes = response instanceof Uint8Array ? response : writeMessage(response);
    if (route.otherwise === undefined) return this.send(bytes, route.first);
    const { first, otherwise } = route;
    if (this.#find(first.transport, first.address).wire.isConnected?.(first) === false) return this.send(bytes, otherwise);
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
  if (!asked && canonicalAddress(via.host) === source.address) return line;
  const [top = line, ...others] = line.includes(',') ? splitList([line]) : [line];
  const stamped = top.replace(/;\s*received\s*=[^;]*/gi, '').replace(/;\s*rport\s*(?:=[^;]*)?(?=;|$)/i, `;rport=${source.port}`);
  // A zone means something on this machine only.
  return [`${stamped};received=${source.address.replace(/%.*$/, '')}`, ...others].join(', ');
}
