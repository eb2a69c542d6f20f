import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agreedWith, countingPrompt, MediaRig } from '../../../test/support/media-rig.ts';
import { RTP_HEADER_BYTES, writeRtpHeader } from '../rtp/packet.ts';

const never = new AbortController().signal;

/** Packets that pass the first checks more or less: right types, any numbers, any payload, a few bytes changed. */
const packet = fc
  .record({
    payloadType: fc.constantFrom(0, 0, 101, 101, 8, 72),
    marker: fc.boolean(),
    sequence: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.nat(65_535)),
    timestamp: fc.oneof(
      fc.integer({ min: 0, max: 40 }).map((frame) => frame * 160),
      fc.nat(0xffff_ffff),
    ),
    ssrc: fc.constantFrom(1, 1, 1, 2),
    payload: fc.uint8Array({ maxLength: 400 }),
    changes: fc.array(fc.tuple(fc.nat(15), fc.nat(255)), { maxLength: 2 }),
  })
  .map(({ payloadType, marker, sequence, timestamp, ssrc, payload, changes }) => {
    const bytes = new Uint8Array(RTP_HEADER_BYTES + payload.length);
    writeRtpHeader(bytes, marker, payloadType, sequence, timestamp, ssrc);
    bytes.set(payload, RTP_HEADER_BYTES);
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
    return bytes;
  });

describe('a stream under hostile packets', () => {
  it('keeps its beat, and every wait is settled once', async () => {
    const rig = new MediaRig({ ports: 1 });
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { minLength: 1, maxLength: 60 }), async (packets) => {
        const stream = await rig.open();
        const peer = rig.peer();
        const socket = rig.network.datagramSocket({ address: '10.9.9.9', port: 9 });
        stream.start({ ...agreedWith(peer), remote: socket.local });
        const waits = [
          stream.play(countingPrompt('a', 16_000), { interruptible: true }, never),
          stream.collect({ max: 5, terminators: '#', firstMs: 700, betweenMs: 700 }, never),
          stream.record({ path: '/dev/null', maxMs: 900, terminators: '*', silenceMs: 400, trimSilence: true }, never),
        ];
        const settled = Promise.allSettled(waits);
        for (const bytes of packets) {
          socket.send(bytes, stream.local);
          await rig.clock.advance(10);
        }
        await rig.clock.advance(2_000 - packets.length * 10);
        const report = await stream.close();
        socket.close();
        expect(report.sent).toBe(101);
        expect(report.late).toBe(0);
        expect(report.received).toBeLessThanOrEqual(packets.length);
        expect(report.lost).toBeGreaterThanOrEqual(0);
        await settled;
        await rig.clock.advance(0);
        expect(rig.clock.pendingTimers).toBe(0);
      }),
      { numRuns: 40, seed: 9 },
    );
  });
});
