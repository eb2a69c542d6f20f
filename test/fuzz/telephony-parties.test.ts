import { beforeAll, describe, expect, it } from 'vitest';
import { newRtpHeader, readRtpHeader } from '../../src/telephony/rtp/packet.ts';
import { isRtcp } from '../../src/telephony/rtp/srtcp-packet.ts';
import { FramingError, TcpFraming } from '../../src/wire/tcp-framing.ts';
import { callUnderWay, fittingMessages } from '../support/call-under-way.ts';
import { capturedCalls } from '../support/captured-call.ts';
import { fedStream, PAYLOAD_TYPES, TELEPHONE_EVENT } from '../support/fed-stream.ts';
import { fuzzParties, fuzzRuns, fuzzSeed } from '../support/fuzz.ts';
import { peerDatagrams } from '../support/peer-datagrams.ts';

// Beside the readers: what is read goes on into those who remember, and act on it.

describe(`parties of a call: damaged input (${fuzzRuns} each, seed ${fuzzSeed})`, { timeout: 120_000 + 2 * fuzzRuns }, () => {
  const peers = peerDatagrams();
  let captured: Awaited<ReturnType<typeof capturedCalls>>;
  beforeAll(async () => {
    captured = await capturedCalls();
  });

  it('a user agent in the middle of calls: no error, and nothing is left of them', async () => {
    // All calls begin by the same INVITE: what fits the first fits all.
    const fitting = fittingMessages(callUnderWay().text()).map((text) => Buffer.from(text));
    await fuzzParties([...fitting, ...fitting, ...captured.sip, ...peers.sip], {
      begin: async () => {
        const { agent, clock, errors, invite, feed } = callUnderWay();
        return {
          take: feed,
          pass: (nth) => clock.advance(nth % 20 === 0 ? 1_000 : 5),
          end: async () => {
            invite.cancel();
            await clock.advance(300_000);
            expect(errors).toEqual([]);
            expect([clock.pendingTimers, agent.liveTransactions, agent.liveDialogs]).toEqual([0, 0, 0]);
          },
        };
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
    await fuzzParties(seeds, {
      begin: async () => {
        const { clock, receive, end } = await fedStream(codec);
        return {
          take: (bytes) => receive(Uint8Array.from(bytes)),
          pass: async (nth) => {
            if (nth % 2 === 0) await clock.advance(20);
          },
          end: async () => {
            received += await end();
          },
        };
      },
    });
    expect(received).toBeGreaterThan(fuzzRuns / 20);
  });

  it('a TCP connection: messages, or the error that ends it', async () => {
    let messages = 0;
    await fuzzParties([...captured.sip, ...peers.sip], {
      begin: async () => {
        let framing = new TcpFraming();
        return {
          take: (bytes) => {
            try {
              messages += framing.push(Uint8Array.from(bytes)).messages.length;
            } catch (error) {
              if (!(error instanceof FramingError)) throw error;
              framing = new TcpFraming();
            }
          },
        };
      },
    });
    expect(messages).toBeGreaterThan(fuzzRuns / 100);
  });
});
