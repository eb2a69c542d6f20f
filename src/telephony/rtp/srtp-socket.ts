import type { Endpoint } from '../../wire/wire.ts';
import type { RtpSocket } from './rtp-socket.ts';
import { SrtpProtect } from './srtp-protect.ts';
import type { SrtpKeys } from './srtp-suite.ts';
import { SrtpUnprotect } from './srtp-unprotect.ts';

/**
 * A socket that encrypts what is sent and decrypts what comes, from `secure` on; until then everything passes as it is. What does not
 * prove to be the peer's is dropped and counted, so that who is behind it need not know of SRTP.
 */
export class SrtpSocket implements RtpSocket {
  readonly #socket: RtpSocket;
  #protect: SrtpProtect | undefined;
  #unprotect: SrtpUnprotect | undefined;
  #sendKey: Uint8Array | undefined;
  #receiveKey: Uint8Array | undefined;
  #refused = 0;

  constructor(socket: RtpSocket) {
    this.#socket = socket;
  }

  get local(): Endpoint {
    return this.#socket.local;
  }

  /** Whether `secure` was called. */
  get isSecure(): boolean {
    return this.#protect !== undefined;
  }

  /** Datagrams that were dropped because they were not protected by the peer, were changed, or have come before. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Uses these keys from now on. A direction whose key is the same goes on counting: its packet index must not begin anew, or key stream
   * would be used twice (RFC 3711 section 9.1). There is no way back to RTP in clear. @throws RangeError when a key has the wrong size
   */
  secure({ suite, send, receive }: SrtpKeys): void {
    const protect = same(this.#sendKey, send) ? this.#protect : new SrtpProtect({ suite, keyAndSalt: send });
    this.#unprotect = same(this.#receiveKey, receive) ? this.#unprotect : new SrtpUnprotect({ suite, keyAndSalt: receive });
    this.#protect = protect;
    this.#sendKey = send;
    this.#receiveKey = receive;
  }

  send(bytes: Uint8Array, to: Endpoint): void {
    const out = this.#protect ? this.#protect.protect(bytes) : bytes;
    if (out) this.#socket.send(out, to);
  }

  onReceive(handler: (bytes: Uint8Array, from: Endpoint) => void): void {
    this.#socket.onReceive((bytes, from) => {
      if (!this.#unprotect) return handler(bytes, from);
      const plain = this.#unprotect.unprotect(bytes);
      if (plain) handler(plain, from);
      else this.#refused++;
    });
  }

  only(peer: Endpoint | undefined): void {
    this.#socket.only?.(peer);
  }

  close(): void {
    this.#socket.close();
  }
}

/** Keys of two suites that have the same size differ as well, since each is drawn anew. */
function same(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && Buffer.compare(one, other) === 0;
}
