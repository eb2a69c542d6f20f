import { expect } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { LocalMedia } from '../../src/telephony/media/local-media.ts';
import type { AudioCodec } from '../../src/telephony/media/media-port.ts';
import { countingPrompt } from './media-rig.ts';

const PEER = { address: '10.0.1.1', port: 4000 };
export const PAYLOAD_TYPES = { PCMU: 0, PCMA: 8, G722: 9, opus: 111 } as const;
export const TELEPHONE_EVENT = 101;
const never = new AbortController().signal;

/** A stream whose peer is the test, with all who listen to it, bridged with one of another codec. `end` answers the packets that it took. */
export async function fedStream(codec: AudioCodec) {
  const clock = new VirtualClock();
  const handlers = new Map<number, (bytes: Uint8Array) => void>();
  const media = new LocalMedia({
    clock,
    random: seededRandom(6),
    host: '10.0.0.1',
    portRange: { first: 20_000, last: 20_007 },
    openSocket: (local) => ({
      local,
      send: () => {},
      onReceive: (handler) => void handlers.set(local.port, (bytes) => handler(bytes, PEER)),
      only: () => {},
      close: () => {},
    }),
    maxStreams: 2,
  });
  const [stream, other] = [await media.open(), await media.open()];
  const accepts = (['PCMU', 'PCMA', 'G722', 'opus'] as const).map((one) => ({ payloadType: PAYLOAD_TYPES[one], codec: one }));
  const agreed = { remote: PEER, telephoneEvent: TELEPHONE_EVENT, direction: 'sendrecv' } as const;
  stream.start({ ...agreed, codec, payloadType: PAYLOAD_TYPES[codec], accepts, inbandDigits: true });
  other.start({ ...agreed, codec: codec === 'PCMU' ? 'PCMA' : 'PCMU', payloadType: codec === 'PCMU' ? 8 : 0 });
  stream.bridge(other);
  const waits = Promise.allSettled([
    stream.recordCall('/dev/null', 'stereo'),
    stream.record({ path: '/dev/null', maxMs: 3_600_000, terminators: '', silenceMs: 0, trimSilence: true }, never),
    stream.collect({ max: 5, terminators: '#', firstMs: 3_600_000, betweenMs: 700 }, never),
    other.play(countingPrompt('a', 800), { interruptible: false }, never),
  ]);
  return {
    clock,
    receive: (bytes: Uint8Array) => handlers.get(stream.local.port)?.(bytes),
    end: async (): Promise<number> => {
      await clock.advance(1_000);
      const report = await stream.close();
      await media.close();
      await waits;
      expect(report.late).toBe(0);
      await clock.advance(0);
      expect([clock.pendingTimers, media.openStreams]).toEqual([0, 0]);
      return report.received;
    },
  };
}
