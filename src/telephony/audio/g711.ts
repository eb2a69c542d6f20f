/**
 * G.711 (ITU-T G.711, 1988; arithmetic as in the ITU-T G.191 reference) by tables. Linear samples are 16 bit signed;
 * mu-law looks at their upper 14 bits, A-law at their upper 13. Nothing here allocates after the module is loaded.
 */
export type G711Codec = 'PCMU' | 'PCMA';

/** The byte that stands for silence. */
export const silenceByte = { PCMU: 0xff, PCMA: 0xd5 } as const satisfies Record<G711Codec, number>;

const MU_BIAS = 33;
const MU_CLIP = 8191;
/** Even bits are inverted on the line (G.711 table 1, note 2). */
const A_TOGGLE = 0x55;

const linearOfMu = Int16Array.from({ length: 256 }, (_, code) => expandMu(code));
const linearOfA = Int16Array.from({ length: 256 }, (_, code) => expandA(code));
const muOfLinear = Uint8Array.from({ length: 1 << 14 }, (_, index) => compressMu((index << 18) >> 18));
const aOfLinear = Uint8Array.from({ length: 1 << 13 }, (_, index) => compressA((index << 19) >> 19));

/**
 * Encodes all of `pcm` into `target` from `at` on, one byte per sample.
 * @throws RangeError when `target` is too short.
 */
export function encodeG711(codec: G711Codec, pcm: Int16Array, target: Uint8Array, at = 0): void {
  checkRoom(pcm.length, target.length - at);
  const length = pcm.length;
  if (codec === 'PCMU') {
    for (let index = 0; index < length; index++) target[at + index] = muOfLinear[((pcm[index] ?? 0) >> 2) & 0x3fff] ?? 0;
  } else {
    for (let index = 0; index < length; index++) target[at + index] = aOfLinear[((pcm[index] ?? 0) >> 3) & 0x1fff] ?? 0;
  }
}

/**
 * Decodes all of `bytes` into `target` from `at` on, one 16 bit sample per byte.
 * @throws RangeError when `target` is too short.
 */
export function decodeG711(codec: G711Codec, bytes: Uint8Array, target: Int16Array, at = 0): void {
  checkRoom(bytes.length, target.length - at);
  const table = codec === 'PCMU' ? linearOfMu : linearOfA;
  const length = bytes.length;
  let index = 0;
  // Four at a time take half as long as one by one.
  for (; index + 4 <= length; index += 4) {
    target[at + index] = table[bytes[index] ?? 0] ?? 0;
    target[at + index + 1] = table[bytes[index + 1] ?? 0] ?? 0;
    target[at + index + 2] = table[bytes[index + 2] ?? 0] ?? 0;
    target[at + index + 3] = table[bytes[index + 3] ?? 0] ?? 0;
  }
  for (; index < length; index++) target[at + index] = table[bytes[index] ?? 0] ?? 0;
}

/**
 * The same into every second place of `target`, from `at` on: one channel of two.
 * @throws RangeError when `target` is too short.
 */
export function decodeG711Interleaved(codec: G711Codec, bytes: Uint8Array, target: Int16Array, at: number): void {
  const length = bytes.length;
  checkRoom(2 * length - 1, target.length - at);
  const table = codec === 'PCMU' ? linearOfMu : linearOfA;
  let index = 0;
  let place = at;
  for (; index + 4 <= length; index += 4, place += 8) {
    target[place] = table[bytes[index] ?? 0] ?? 0;
    target[place + 2] = table[bytes[index + 1] ?? 0] ?? 0;
    target[place + 4] = table[bytes[index + 2] ?? 0] ?? 0;
    target[place + 6] = table[bytes[index + 3] ?? 0] ?? 0;
  }
  for (; index < length; index++, place += 2) target[place] = table[bytes[index] ?? 0] ?? 0;
}

/** The 16 bit linear value of one code. */
export function linearOf(codec: G711Codec, code: number): number {
  return (codec === 'PCMU' ? linearOfMu : linearOfA)[code & 0xff] ?? 0;
}

function checkRoom(needed: number, room: number): void {
  if (needed > room) throw new RangeError(`G.711: ${needed} samples do not fit into ${room}`);
}

function compressMu(linear14: number): number {
  const negative = linear14 < 0;
  const magnitude = Math.min(negative ? ~linear14 : linear14, MU_CLIP - MU_BIAS) + MU_BIAS;
  const segment = 26 - Math.clz32(magnitude);
  const code = (segment << 4) | ((magnitude >> (segment + 1)) & 0x0f);
  return ~(negative ? code | 0x80 : code) & 0xff;
}

function expandMu(code: number): number {
  const bits = ~code & 0xff;
  const segment = (bits >> 4) & 7;
  const magnitude = (((bits & 0x0f) * 2 + MU_BIAS) << segment) - MU_BIAS;
  return ((bits & 0x80) !== 0 ? -magnitude : magnitude) * 4;
}

function compressA(linear13: number): number {
  const negative = linear13 < 0;
  const magnitude = negative ? ~linear13 : linear13;
  const segment = magnitude < 32 ? 0 : 27 - Math.clz32(magnitude);
  const code = (segment << 4) | ((segment === 0 ? magnitude >> 1 : magnitude >> segment) & 0x0f);
  return (negative ? code : code | 0x80) ^ A_TOGGLE;
}

function expandA(code: number): number {
  const bits = code ^ A_TOGGLE;
  const segment = (bits >> 4) & 7;
  const step = (bits & 0x0f) * 2 + 1;
  const magnitude = segment === 0 ? step : (step + 32) << (segment - 1);
  return ((bits & 0x80) !== 0 ? magnitude : -magnitude) * 8;
}
