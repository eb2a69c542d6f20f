import { describe, expect, it } from 'vitest';
import { findMpegAudio, readMpegFrame, skipId3 } from './mpeg-frame.ts';

function frame(...header: number[]): Uint8Array {
  const size = readMpegFrame(Uint8Array.from(header), 0)?.bytes ?? 4;
  const bytes = new Uint8Array(size);
  bytes.set(header);
  return bytes;
}

/** MPEG 1 layer 3, 128 kbit/s, 44100 Hz. */
const usual = frame(0xff, 0xfb, 0x90, 0xc0);

describe('frame header', () => {
  it.each([
    ['MPEG 1 layer 3, 128 kbit/s, 44.1 kHz', [0xff, 0xfb, 0x90, 0x00], 44_100, 3, 417],
    ['the same, padded', [0xff, 0xfb, 0x92, 0x00], 44_100, 3, 418],
    ['MPEG 1 layer 3, 320 kbit/s, 48 kHz', [0xff, 0xfb, 0xe4, 0x00], 48_000, 3, 960],
    ['MPEG 2 layer 3, 64 kbit/s, 22.05 kHz', [0xff, 0xf3, 0x80, 0x00], 22_050, 3, 208],
    ['MPEG 2.5 layer 3, 16 kbit/s, 8 kHz', [0xff, 0xe3, 0x28, 0x00], 8000, 3, 144],
    ['MPEG 1 layer 2, 192 kbit/s, 48 kHz', [0xff, 0xfd, 0xa4, 0x00], 48_000, 2, 576],
    ['MPEG 1 layer 1, 384 kbit/s, 32 kHz', [0xff, 0xff, 0xc8, 0x00], 32_000, 1, 576],
  ] as const)('of %s', (_name, header, sampleRate, layer, bytes) => {
    expect(readMpegFrame(Uint8Array.from(header), 0)).toEqual({ sampleRate, layer, bytes });
  });

  it.each([
    ['no sync', [0xff, 0x1b, 0x90, 0x00]],
    ['reserved version', [0xff, 0xeb, 0x90, 0x00]],
    ['reserved layer', [0xff, 0xf9, 0x90, 0x00]],
    ['free bit rate', [0xff, 0xfb, 0x00, 0x00]],
    ['bad bit rate', [0xff, 0xfb, 0xf0, 0x00]],
    ['reserved sample rate', [0xff, 0xfb, 0x9c, 0x00]],
    ['cut off', [0xff, 0xfb, 0x90]],
  ])('is refused: %s', (_name, header) => {
    expect(readMpegFrame(Uint8Array.from(header), 0)).toBeUndefined();
  });
});

describe('finding the audio', () => {
  const tag = (size: number, flags = 0): Uint8Array => {
    const bytes = new Uint8Array(10 + size);
    bytes.set([0x49, 0x44, 0x33, 4, 0, flags, 0, 0, size >> 7, size & 0x7f]);
    return bytes;
  };

  it('takes two frames, or one that fills the file', () => {
    expect(findMpegAudio(Buffer.concat([usual, usual]))?.at).toBe(0);
    expect(findMpegAudio(usual)?.at).toBe(0);
  });

  it('wants the second frame to fit the first', () => {
    expect(findMpegAudio(Buffer.concat([usual, Buffer.from('something else')]))).toBeUndefined();
    expect(findMpegAudio(Buffer.concat([usual, frame(0xff, 0xf3, 0x80, 0x00)]))).toBeUndefined();
  });

  it('skips tags, also two of them, with a footer, and padding behind them', () => {
    expect(skipId3(tag(300))).toBe(310);
    expect(skipId3(Buffer.concat([tag(300), tag(5)]))).toBe(325);
    expect(skipId3(tag(10, 0x10))).toBe(30);
    expect(findMpegAudio(Buffer.concat([tag(300), new Uint8Array(77), usual, usual]))?.at).toBe(387);
  });

  it('finds nothing behind a tag that claims more than there is', () => {
    expect(findMpegAudio(tag(300).subarray(0, 50))).toBeUndefined();
    expect(findMpegAudio(new Uint8Array(0))).toBeUndefined();
  });
});
