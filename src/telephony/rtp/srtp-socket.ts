import type { Endpoint } from '../../wire/wire.ts';
import type { RtpSocket } from './rtp-socket.ts';
import type { SrtpSession } from './srtp-session.ts';

/**
 * A socket that encrypts what is sent and decrypts what comes, as its session says. What does not prove to be the peer's is dropped
 * and counted, so that who is behind it need not know of SRTP.
 */
export class SrtpSocket implements RtpSocket {
  readonly #socket: RtpSocket;
  readonly #session: SrtpSession;
  readonly #onRefused: (bytes: Uint8Array) => void;
  #refused = 0;

  /** `onRefused` is told each datagram that is dropped; its bytes may be used again afterwards. */
  constructor(socket: RtpSocket, session: SrtpSession, onRefused: (bytes: Uint8Array) => void = () => {}) {
    this.#onRefused = onRefused;
    this.#socket = socket;
    this.#session = session;
  }

  get local(): Endpoint {
    return this.#socket.local;
  }

  /** Datagrams that were dropped because they were not protected by the peer, were changed, or have come before. */
  get refused(): number {
    return this.#refused;
  }

  send(bytes: Uint8Array, to: Endpoint): void {
    const out = this.#session.protect(bytes);
    if (out) this.#socket.send(out, to);
  }

  onReceive(handler: (bytes: Uint8Array, from: Endpoint) => void): void {
    this.#socket.onReceive((bytes, from) => {
      const plain = this.#session.unprotect(bytes);
      if (plain) {
        handler(plain, from);
        return;
      }
      this.#refused++;
      this.#onRefused(bytes);
    });
  }

  only(peer: Endpoint | undefined): void {
    this.#socket.only?.(peer);
  }

  close(): void {
    this.#socket.close();
  }
}
