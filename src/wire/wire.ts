/** An IP address (never a host name) and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** TLS only: whom the peer must prove to be, a SIP domain or an IP address. `address` itself when absent. */
  readonly serverName?: string;
}

export type WireKind = 'udp' | 'tcp' | 'tls';

/** No SIP message is shorter; keep-alives of all kinds are. Shorter datagrams are dropped unread. */
export const SHORTEST_MESSAGE_BYTES = 16;

/** Something that carries whole SIP messages as bytes. A datagram on UDP; a message cut out of the stream on TCP and TLS. */
export interface Wire {
  readonly kind: WireKind;
  readonly local: Endpoint;
  /**
   * Sends one message. On TCP and TLS it opens a connection when there is none; what `signal` is aborted for meanwhile is not sent.
   * @throws when the bytes cannot be handed over, or are not any more.
   */
  send(bytes: Uint8Array, to: Endpoint, signal?: AbortSignal): Promise<void>;
  /**
   * Whether a connection to this endpoint is up, whoever opened it; with `provesToBe`, whose certificate is good and for that domain or
   * address. Absent: there are no connections.
   */
  isConnected?(to: Endpoint, provesToBe?: string): boolean;
  /**
   * The connection to this endpoint carries a registration until then, by the clock: nothing is closed for being idle, and the peer is pinged
   * (RFC 5626 section 4.4.1). A time that is past: not any more. Absent: there are no connections.
   */
  keep?(peer: Endpoint, untilMs: number): void;
  /** Calls `handler` when the connection to an endpoint is gone, unless it is we who close the wire. All handlers are called. */
  onClosed?(handler: (peer: Endpoint) => void): void;
  /** Calls `handler` for each message received. One handler at a time. */
  onReceive(handler: (bytes: Uint8Array, from: Endpoint) => void): void;
  /** Stops. Idempotent. */
  close(): Promise<void>;
}
