import { SrtpProtect } from './srtp-protect.ts';
import type { SrtpKeys } from './srtp-suite.ts';
import { SrtpUnprotect } from './srtp-unprotect.ts';

/**
 * The SRTP of one stream, shared by its sockets for RTP and RTCP: from `secure` on packets are encrypted and decrypted; until then, and after
 * `clear`, they pass as they are. What does not prove to be the peer's is nothing.
 */
export class SrtpSession {
  #protect: SrtpProtect | undefined;
  #unprotect: SrtpUnprotect | undefined;
  #sendKey: Uint8Array | undefined;
  #receiveKey: Uint8Array | undefined;
  #isSecure = false;

  /** Whether packets are encrypted. */
  get isSecure(): boolean {
    return this.#isSecure;
  }

  /**
   * Uses these keys from now on. A direction whose key is the same goes on counting: its packet index must not begin anew, or key stream
   * would be used twice (RFC 3711 section 9.1); when the suite is another one, only the length of its tags changes. @throws RangeError when a key
   * has the wrong size
   */
  secure({ suite, send, receive }: SrtpKeys): void {
    const protect = (same(this.#sendKey, send) && this.#protect) || new SrtpProtect({ suite, keyAndSalt: send });
    const unprotect = (same(this.#receiveKey, receive) && this.#unprotect) || new SrtpUnprotect({ suite, keyAndSalt: receive });
    protect.changeSuite(suite);
    unprotect.changeSuite(suite);
    this.#protect = protect;
    this.#unprotect = unprotect;
    this.#sendKey = send;
    this.#receiveKey = receive;
    this.#isSecure = true;
  }

  /** Goes over to a party without keys. Whoever calls this has made sure that it is another one than before: a dialog never falls back. */
  clear(): void {
    this.#isSecure = false;
  }

  /** What is to be sent for `bytes`, in bytes that the next call overwrites; undefined when they are no packet. */
  protect(bytes: Uint8Array): Uint8Array | undefined {
    return this.#isSecure ? this.#protect?.protect(bytes) : bytes;
  }

  /** The packet that came as `bytes`, in the same bytes if it is RTP; undefined when it is not the peer's, or repeated. */
  unprotect(bytes: Uint8Array): Uint8Array | undefined {
    return this.#isSecure ? this.#unprotect?.unprotect(bytes) : bytes;
  }
}

/** Ours are drawn anew for each suite; a peer may give two suites one key, whose session keys are then the same too (RFC 3711 section 4.3). */
function same(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && Buffer.compare(one, other) === 0;
}
