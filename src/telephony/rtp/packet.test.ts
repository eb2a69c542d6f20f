import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newRtpHeader, RTP_HEADER_BYTES, readRtpHeader, writeRtpHeader } from './packet.ts';

function packet(options: { csrc?: number; extensionWords?: number; payload?: number; padding?: number } = {}): Uint8Array {
  const { csrc = 0, extensionWords, payload = 160, padding = 0 } = options;
  const extension =
    extensionWords === undefined ? [] : [0xbe, 0xde, extensionWords >> 8, extensionWords & 0xff, ...Array(extensionWords * 4).fill(0x33)];
  const header = new Uint8Array(RTP_HEADER_BYTES);
  writeRtpHeader(header, false, 0, 1, 2, 3);
  header[0] = 0x80 | csrc | (extensionWords === undefined ? 0 : 0x10) | (padding > 0 ? 0x20 : 0);
  const pad = Array.from({ length: padding }, (_, index) => (index === padding - 1 ? padding : 0));
  return Uint8Array.from([...header, ...Array(csrc * 4).fill(0x22), ...extension, ...Array(payload).fill(0x44), ...pad]);
}

describe('writeRtpHeader and readRtpHeader', () => {
  it('are the inverse of each other', () => {
    const bits = (count: number) => fc.integer({ min: 0, max: 2 ** count - 1 });
    fc.assert(
      fc.property(fc.boolean(), bits(7), bits(16), bits(32), bits(32), (marker, payloadType, sequence, timestamp, ssrc) => {
        const bytes = new Uint8Array(RTP_HEADER_BYTES + 160);
        writeRtpHeader(bytes, marker, payloadType, sequence, timestamp, ssrc);
        const header = newRtpHeader();
        expect(readRtpHeader(bytes, header)).toBe(true);
        expect(header).toEqual({ marker, payloadType, sequence, timestamp, ssrc, payloadStart: 12, payloadEnd: 172 });
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('lays the bits out as RFC 3550 section 5.1 draws them', () => {
    const bytes = new Uint8Array(RTP_HEADER_BYTES);
    writeRtpHeader(bytes, true, 101, 0x1234, 0x89abcdef, 0xfedcba98);
    expect(Buffer.from(bytes).toString('hex')).toBe('80e5123489abcdeffedcba98');
  });
});

describe('readRtpHeader', () => {
  it('skips contributing sources, extension and padding', () => {
    const header = newRtpHeader();
    const bytes = packet({ csrc: 3, extensionWords: 2, payload: 20, padding: 4 });
    expect(readRtpHeader(bytes, header)).toBe(true);
    const payload = bytes.subarray(header.payloadStart, header.payloadEnd);
    expect([...payload]).toEqual(Array(20).fill(0x44));
  });

  it('takes a packet without payload', () => {
    const header = newRtpHeader();
    expect(readRtpHeader(packet({ payload: 0 }), header)).toBe(true);
    expect(header.payloadEnd - header.payloadStart).toBe(0);
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['a cut header', packet().subarray(0, 11)],
    ['another version', packet().with(0, 0x40)],
    ['more contributing sources than bytes', packet({ payload: 8 }).with(0, 0x8f)],
    ['an extension whose length is cut off', packet({ payload: 2 }).with(0, 0x90)],
    ['an extension longer than the packet', packet({ extensionWords: 2, payload: 0 }).with(15, 200)],
    ['padding of no bytes', packet({ payload: 3 }).with(0, 0xa0).with(14, 0)],
    ['more padding than payload', packet({ payload: 3 }).with(0, 0xa0).with(14, 4)],
  ])('refuses %s', (_what, bytes) => {
    expect(readRtpHeader(bytes, newRtpHeader())).toBe(false);
  });

  it('never throws, and never points outside of the bytes, whatever comes', () => {
    const header = newRtpHeader();
    const mutated = fc
      .tuple(fc.integer({ min: 0, max: 15 }), fc.option(fc.integer({ min: 0, max: 5 })), fc.integer({ min: 0, max: 40 }))
      .chain(([csrc, words, payload]) => {
        const bytes = packet({ csrc, payload, ...(words !== null && { extensionWords: words }) });
        const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
        return fc.tuple(fc.constant(bytes), fc.array(change, { maxLength: 6 }), fc.nat(bytes.length));
      })
      .map(([bytes, changes, length]) => {
        for (const [at, value] of changes) bytes[at] = value;
        return bytes.subarray(0, length);
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        if (!readRtpHeader(bytes, header)) return;
        expect(header.payloadStart).toBeGreaterThanOrEqual(RTP_HEADER_BYTES);
        expect(header.payloadEnd).toBeGreaterThanOrEqual(header.payloadStart);
        expect(header.payloadEnd).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 3000, seed: 7 },
    );
  });
});
