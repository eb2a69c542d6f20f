import { beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { LocalMedia } from '../../src/telephony/media/local-media.ts';
import type { AudioCodec } from '../../src/telephony/media/media-port.ts';
import { newRtpHeader, readRtpHeader } from '../../src/telephony/rtp/packet.ts';
import { isRtcp } from '../../src/telephony/rtp/srtcp-packet.ts';
import { FramingError, TcpFraming } from '../../src/wire/tcp-framing.ts';
import { callUnderWay, fittingMessages } from '../support/call-under-way.ts';
import { capturedCalls } from '../support/captured-call.ts';
import { fuzz, fuzzRuns, fuzzSeed } from '../support/fuzz.ts';
import { countingPrompt } from '../support/media-rig.ts';
import { peerDatagrams } from '../support/peer-datagrams.ts';

// Beside the readers: what is read goes on into those who remember, and act on it.

const PEER = { address: '10.0.1.1', port: 4000 };
const PAYLOAD_TYPES = { PCMU: 0, PCMA: 8, G722: 9, opus: 111 } as const;
const TELEPHONE_EVENT = 101;
const never = new AbortController().signal;

/** Inputs to one call, until another begins. */
const INPUTS = 400;

/** One after the other, each with so many inputs: `next` ends the one before, and begins one. */
class InTurn<T> {
  readonly #begin: () => Promise<T>;
  readonly #end: (one: T) => Promise<void>;
  #one: T;

  private constructor(begin: () => Promise<T>, end: (one: T) => Promise<void>, first: T) {
    this.#begin = begin;
    this.#end = end;
    this.#one = first;
  }

  static async of<T>(begin: () => Promise<T>, end: (one: T) => Promise<void>): Promise<InTurn<T>> {
    return new InTurn(begin, end, await begin());
  }

  get one(): T {
    return this.#one;
  }

  async next(run: number): Promise<void> {
    if (run % INPUTS !== INPUTS - 1) return;
    await this.#end(this.#one);
    this.#one = await this.#begin();
  }
}

/** A stream whose peer is the test, with all who listen to it, bridged with one of another codec. */
async function fedStream(codec: AudioCodec) {
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
  return { clock, media, stream, waits, receive: (bytes: Uint8Array) => handlers.get(stream.local.port)?.(bytes) };
}

describe(`parties of a call: damaged input (${fuzzRuns} each, seed ${fuzzSeed})`, { timeout: 120_000 + 2 * fuzzRuns }, () => {
  const peers = peerDatagrams();
  let captured: Awaited<ReturnType<typeof capturedCalls>>;
  beforeAll(async () => {
    captured = await capturedCalls();
  });

  it('a user agent in the middle of calls: no error, and nothing is left of them', async () => {
    const turns = await InTurn.of(
      async () => callUnderWay(),
      async ({ agent, clock, errors, invite }) => {
        invite.cancel();
        await clock.advance(300_000);
        expect(errors).toEqual([]);
        expect([clock.pendingTimers, agent.liveTransactions, agent.liveDialogs]).toEqual([0, 0, 0]);
      },
    );
    // All calls begin by the same INVITE: what fits the first fits all.
    const fitting = fittingMessages(turns.one.text()).map((text) => Buffer.from(text));
    await fuzz([...fitting, ...fitting, ...captured.sip, ...peers.sip], {
      read: (bytes) => turns.one.feed(bytes),
      after: async (run) => {
        await turns.one.clock.advance(run % 20 === 0 ? 1_000 : 5);
        await turns.next(run);
      },
    });
  });

  it.each(['PCMU', 'PCMA', 'G722', 'opus'] as const)('a stream of %s: it keeps its beat, and nothing is left of it', async (codec) => {
    const header = newRtpHeader();
    const wanted = new Set<number>([PAYLOAD_TYPES[codec], TELEPHONE_EVENT]);
    const all = [...captured.media, ...peers.rtp, ...peers.rtcp];
    const seeds = all.filter((bytes) => isRtcp(bytes) || (readRtpHeader(bytes, header) && wanted.has(header.payloadType)));
    expect(seeds.filter((bytes) => readRtpHeader(bytes, header) && header.payloadType === PAYLOAD_TYPES[codec]).length).toBeGreaterThan(20);
    let received = 0;
    const turns = await InTurn.of(
      () => fedStream(codec),
      async ({ clock, media, stream, waits }) => {
        await clock.advance(1_000);
        const report = await stream.close();
        await media.close();
        await waits;
        expect(report.late).toBe(0);
        received += report.received;
        await clock.advance(0);
        expect([clock.pendingTimers, media.openStreams]).toEqual([0, 0]);
      },
    );
    await fuzz(seeds, {
      read: (bytes) => turns.one.receive(Uint8Array.from(bytes)),
      after: async (run) => {
        if (run % 2 === 0) await turns.one.clock.advance(20);
        await turns.next(run);
      },
    });
    expect(received).toBeGreaterThan(fuzzRuns / 20);
  });

  it('a TCP connection: messages, or the error that ends it', async () => {
    let framing = new TcpFraming();
    let messages = 0;
    await fuzz([...captured.sip, ...peers.sip], {
      read: (bytes) => {
        try {
          messages += framing.push(Uint8Array.from(bytes)).messages.length;
        } catch (error) {
          framing = new TcpFraming();
          throw error;
        }
      },
      refusal: FramingError,
    });
    expect(messages).toBeGreaterThan(fuzzRuns / 100);
  });
});
