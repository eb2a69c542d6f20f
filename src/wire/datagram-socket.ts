import type { Endpoint } from './wire.ts';

/** A bound UDP socket as the media path needs it: sending does not wait, and tells nobody when a datagram is lost. */
export interface DatagramSocket {
  readonly local: Endpoint;
  /** Sends one datagram. The bytes are free for use again when it returns. After `close` it does nothing. */
  send(bytes: Uint8Array, to: Endpoint): void;
  /** Calls `handler` for each datagram received: its bytes are the handler's own from then on. One handler at a time. */
  onReceive(handler: (bytes: Uint8Array, from: Endpoint) => void): void;
  /** Gives the port back. Idempotent. */
  close(): void;
}
