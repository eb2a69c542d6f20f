/** What we need of the header of one frame of MPEG audio (ISO/IEC 11172-3 2.4.1.3, 13818-3, and the unofficial MPEG 2.5). */
export interface MpegFrame {
  readonly sampleRate: number;
  readonly layer: 1 | 2 | 3;
  /** Length in bytes, header included. */
  readonly bytes: number;
}

const LAYER_1 = [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448];
const LAYER_2 = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
const LAYER_3 = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const LOW_LAYER_1 = [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
const LOW_LAYER_2_AND_3 = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES = [44_100, 48_000, 32_000];

/** Reads the four bytes at `at`; undefined when they are no frame header. */
export function readMpegFrame(bytes: Uint8Array, at: number): MpegFrame | undefined {
  if (at + 4 > bytes.length) return undefined;
  const second = bytes[at + 1] ?? 0;
  const third = bytes[at + 2] ?? 0;
  if (bytes[at] !== 0xff || (second & 0xe0) !== 0xe0) return undefined;
  const versionBits = (second >> 3) & 3;
  const layerBits = (second >> 1) & 3;
  const baseRate = RATES[(third >> 2) & 3];
  if (versionBits === 1 || layerBits === 0 || baseRate === undefined) return undefined;
  const layer = layerBits === 3 ? 1 : layerBits === 2 ? 2 : 3;
  const full = versionBits === 3;
  const kilobits = bitRates(layer, full)[(third >> 4) - 1];
  if (kilobits === undefined) return undefined;
  const sampleRate = full ? baseRate : versionBits === 2 ? baseRate / 2 : baseRate / 4;
  const padding = (third >> 1) & 1;
  if (layer === 1) return { sampleRate, layer, bytes: (Math.floor((12_000 * kilobits) / sampleRate) + padding) * 4 };
  const slots = layer === 3 && !full ? 72_000 : 144_000;
  return { sampleRate, layer, bytes: Math.floor((slots * kilobits) / sampleRate) + padding };
}

function bitRates(layer: 1 | 2 | 3, full: boolean): readonly number[] {
  if (layer === 1) return full ? LAYER_1 : LOW_LAYER_1;
  if (!full) return LOW_LAYER_2_AND_3;
  return layer === 2 ? LAYER_2 : LAYER_3;
}

/** Where the audio begins: behind ID3v2 tags (id3.org, ID3v2.4 section 3.1), whose size is four bytes of seven bits. */
export function skipId3(bytes: Uint8Array): number {
  let at = 0;
  while (at + 10 <= bytes.length && bytes[at] === 0x49 && bytes[at + 1] === 0x44 && bytes[at + 2] === 0x33) {
    let size = 0;
    for (let index = 6; index < 10; index++) size = size * 128 + ((bytes[at + index] ?? 0) & 0x7f);
    const footer = ((bytes[at + 5] ?? 0) & 0x10) !== 0 ? 10 : 0;
    at += 10 + size + footer;
  }
  return at;
}

/** How far behind the tags the first frame may begin: some encoders leave padding. */
const SEARCH_BYTES = 64 * 1024;

/**
 * Finds the first frame: a header that is followed by another of the same layer and rate, or by the end.
 * Undefined when there is none near the beginning: then it is no MPEG audio.
 */
export function findMpegAudio(bytes: Uint8Array): { readonly at: number; readonly frame: MpegFrame } | undefined {
  const from = skipId3(bytes);
  const tagged = from > 0;
  const to = Math.min(bytes.length, from + (tagged ? SEARCH_BYTES : 1));
  for (let at = from; at < to; at++) {
    const frame = readMpegFrame(bytes, at);
    if (!frame) continue;
    const next = at + frame.bytes;
    const follower = readMpegFrame(bytes, next);
    if (next === bytes.length || (follower && follower.layer === frame.layer && follower.sampleRate === frame.sampleRate))
      return { at, frame };
  }
  return undefined;
}
