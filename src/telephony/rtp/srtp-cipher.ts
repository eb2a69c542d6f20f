import { type Cipher, createCipheriv } from 'node:crypto';
import { HmacSha1 } from './hmac-sha1.ts';
import type { SessionKeys } from './srtp-session-keys.ts';

/** Longer packets are neither sent nor taken: no network carries them in one piece. */
export const MAX_SRTP_BYTES = 2048;

const BLOCK_BYTES = 16;
const MAX_BLOCKS = MAX_SRTP_BYTES / BLOCK_BYTES;

/**
 * AES in counter mode and the tag of HMAC-SHA1, for the packets of one direction (RFC 3711 sections 4.1.1 and 4.2). The counters are
 * encrypted by one cipher that is made once: a cipher in counter mode would have to be made for each packet, at four times the cost.
 */
export class SrtpCipher {
  readonly #cipher: Cipher;
  readonly #hmac: HmacSha1;
  readonly #salt: DataView;
  readonly #counters = new Uint8Array(MAX_SRTP_BYTES);
  readonly #counterView = new DataView(this.#counters.buffer);
  /** The counters of so many blocks. Packets mostly have the same length, so the part is mostly the same as before. */
  #part = this.#counters;

  constructor({ cipherKey, tagKey, salt }: SessionKeys) {
    this.#cipher = createCipheriv(cipherKey.length === 32 ? 'aes-256-ecb' : 'aes-128-ecb', cipherKey, null);
    this.#cipher.setAutoPadding(false);
    this.#hmac = new HmacSha1(tagKey);
    const padded = new Uint8Array(BLOCK_BYTES);
    padded.set(salt);
    this.#salt = new DataView(padded.buffer);
  }

  /** Encrypts or decrypts `bytes` from `start` to `end` in place. The packet index is given as its upper 32 and lower 16 bits. */
  apply(bytes: Uint8Array, start: number, end: number, ssrc: number, indexHigh: number, indexLow: number): void {
    const blocks = Math.ceil((end - start) / BLOCK_BYTES);
    if (blocks <= 0) return;
    if (blocks > MAX_BLOCKS) throw new RangeError('A packet is too long for SRTP');
    const salt = this.#salt;
    const view = this.#counterView;
    const first = salt.getUint32(0);
    const second = salt.getUint32(4) ^ ssrc;
    const third = salt.getUint32(8) ^ indexHigh;
    const fourth = salt.getUint32(12) ^ (indexLow << 16);
    for (let block = 0, at = 0; block < blocks; block++, at += BLOCK_BYTES) {
      view.setUint32(at, first);
      view.setUint32(at + 4, second);
      view.setUint32(at + 8, third);
      view.setUint32(at + 12, fourth + block);
    }
    if (this.#part.length !== blocks * BLOCK_BYTES) this.#part = this.#counters.subarray(0, blocks * BLOCK_BYTES);
    const keyStream = this.#cipher.update(this.#part);
    for (let at = start, from = 0; at < end; at++, from++) bytes[at] = (bytes[at] ?? 0) ^ (keyStream[from] ?? 0);
  }

  /** The whole tag of `bytes`, until the next one is asked for; a suite uses the beginning of it. */
  tag(bytes: Uint8Array): Uint8Array {
    return this.#hmac.tag(bytes);
  }

  /** Whether `bytes` have the tag that stands in `packet` from `at` on. Takes the same time whatever the tags are. */
  hasTag(bytes: Uint8Array, packet: Uint8Array, at: number, tagBytes: number): boolean {
    const tag = this.tag(bytes);
    let difference = 0;
    for (let index = 0; index < tagBytes; index++) difference |= (tag[index] ?? 0) ^ (packet[at + index] ?? 0);
    return difference === 0;
  }
}
