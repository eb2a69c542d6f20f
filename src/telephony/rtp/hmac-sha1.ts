const BLOCK_BYTES = 64;
/** What a last block has room for, before the length. */
const LAST_BYTES = 56;
const TAG_BYTES = 20;
const TAG_WORDS = TAG_BYTES / 4;

/** Where SHA-1 begins. */
const BEGIN = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);

// One for all: nothing of them is needed from one tag to the next, and memory that is used all the time stays near.
const words = new Int32Array(80);
const state = new Int32Array(TAG_WORDS);
const last = new Uint8Array(2 * BLOCK_BYTES);
const tag = new Uint8Array(TAG_BYTES);

/**
 * HMAC-SHA1 with one key, for many short messages (RFC 2104; SHA-1 as in FIPS 180-4). The one of `node:crypto` makes three objects for each message, which
 * costs more than to compute it. Nothing here depends on the key or the message in time, but for the length.
 */
export class HmacSha1 {
  readonly #inner: Int32Array;
  readonly #outer: Int32Array;

  /** @throws RangeError when the key is longer than 64 bytes: those of SRTP have 20 */
  constructor(key: Uint8Array) {
    this.#inner = stateAfter(key, 0x36);
    this.#outer = stateAfter(key, 0x5c);
  }

  /** The 20 bytes of the tag; the next call, with any key, overwrites them. */
  tag(message: Uint8Array): Uint8Array {
    const { length } = message;
    state.set(this.#inner);
    let at = 0;
    for (; at + BLOCK_BYTES <= length; at += BLOCK_BYTES) takeBlock(message, at);
    const rest = length - at;
    last.fill(0);
    for (let index = 0; index < rest; index++) last[index] = message[at + index] ?? 0;
    last[rest] = 0x80;
    const end = rest < LAST_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;
    const bits = 8 * (BLOCK_BYTES + length);
    for (let index = 1; index <= 4; index++) last[end - index] = bits >>> (8 * (index - 1));
    for (let from = 0; from < end; from += BLOCK_BYTES) takeBlock(last, from);
    for (let index = 0; index < TAG_WORDS; index++) words[index] = state[index] ?? 0;
    words[TAG_WORDS] = 0x8000_0000;
    words.fill(0, TAG_WORDS + 1, 15);
    words[15] = 8 * (BLOCK_BYTES + TAG_BYTES);
    state.set(this.#outer);
    mixWords();
    for (let index = 0; index < TAG_WORDS; index++) {
      const word = state[index] ?? 0;
      tag[4 * index] = word >>> 24;
      tag[4 * index + 1] = word >>> 16;
      tag[4 * index + 2] = word >>> 8;
      tag[4 * index + 3] = word;
    }
    return tag;
  }
}

/** The state of SHA-1 after the first block of an HMAC, which is the key and padding. */
function stateAfter(key: Uint8Array, padding: number): Int32Array {
  if (key.length > BLOCK_BYTES) throw new RangeError(`A key of ${key.length} bytes is too long for HMAC-SHA1 here`);
  const block = Uint8Array.from({ length: BLOCK_BYTES }, (_, index) => (key[index] ?? 0) ^ padding);
  state.set(BEGIN);
  takeBlock(block, 0);
  return state.slice();
}

function takeBlock(bytes: Uint8Array, from: number): void {
  for (let index = 0, at = from; index < 16; index++, at += 4) {
    words[index] = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  }
  mixWords();
}

/** One block of SHA-1, the first 16 words of which are there (FIPS 180-4 section 6.1.2). */
function mixWords(): void {
  for (let index = 16; index < 80; index++) {
    const word = (words[index - 3] ?? 0) ^ (words[index - 8] ?? 0) ^ (words[index - 14] ?? 0) ^ (words[index - 16] ?? 0);
    words[index] = (word << 1) | (word >>> 31);
  }
  let a = state[0] ?? 0;
  let b = state[1] ?? 0;
  let c = state[2] ?? 0;
  let d = state[3] ?? 0;
  let e = state[4] ?? 0;
  // One loop that chooses the function in each round takes 45 % longer.
  let next = 0;
  let index = 0;
  for (; index < 20; index++) {
    next = (((a << 5) | (a >>> 27)) + ((b & c) | (~b & d)) + e + 0x5a827999 + (words[index] ?? 0)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (; index < 40; index++) {
    next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0x6ed9eba1 + (words[index] ?? 0)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (; index < 60; index++) {
    next = (((a << 5) | (a >>> 27)) + ((b & c) | (b & d) | (c & d)) + e + 0x8f1bbcdc + (words[index] ?? 0)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (; index < 80; index++) {
    next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0xca62c1d6 + (words[index] ?? 0)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0] = (state[0] ?? 0) + a;
  state[1] = (state[1] ?? 0) + b;
  state[2] = (state[2] ?? 0) + c;
  state[3] = (state[3] ?? 0) + d;
  state[4] = (state[4] ?? 0) + e;
}
