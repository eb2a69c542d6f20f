import { beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import { newRtpHeader, readRtpHeader } from '../../src/telephony/rtp/packet.ts';
import { readRtcp } from '../../src/telephony/rtp/rtcp-packet.ts';
import { SrtpProtect } from '../../src/telephony/rtp/srtp-protect.ts';
import { SrtpUnprotect } from '../../src/telephony/rtp/srtp-unprotect.ts';
import { readTelephoneEvent } from '../../src/telephony/rtp/telephone-event.ts';
import { answerOffer, readAnswer } from '../../src/telephony/sdp/negotiate.ts';
import { SdpError } from '../../src/telephony/sdp/sdp-error.ts';
import { newLocalSrtp } from '../../src/telephony/sdp/srtp-offer.ts';
import { readAssertedIdentity } from '../../src/telephony/sip/asserted-identity.ts';
import { parseChallenge } from '../../src/telephony/sip/digest.ts';
import { readDigitBody } from '../../src/telephony/sip/digit-body.ts';
import type { SipMessage } from '../../src/telephony/sip/message.ts';
import { parseNameAddress } from '../../src/telephony/sip/parse-address.ts';
import { parseCredentials } from '../../src/telephony/sip/parse-credentials.ts';
import { parseCSeq } from '../../src/telephony/sip/parse-cseq.ts';
import { parseMessage } from '../../src/telephony/sip/parse-message.ts';
import { parseRAck } from '../../src/telephony/sip/parse-rack.ts';
import { parseVia } from '../../src/telephony/sip/parse-via.ts';
import { readBody } from '../../src/telephony/sip/read-body.ts';
import { readRegistration } from '../../src/telephony/sip/read-registration.ts';
import { redirectTargets } from '../../src/telephony/sip/redirect-targets.ts';
import { parseReferTo, referrerOf } from '../../src/telephony/sip/refer-to.ts';
import { parseReplaces } from '../../src/telephony/sip/replaces.ts';
import { retryAfterMs } from '../../src/telephony/sip/retry-after.ts';
import { sessionExpiresOf, smallestIntervalOf } from '../../src/telephony/sip/session-expires.ts';
import { SipParseError } from '../../src/telephony/sip/sip-parse-error.ts';
import { readSipfrag } from '../../src/telephony/sip/sipfrag.ts';
import { splitList } from '../../src/telephony/sip/split-list.ts';
import { parseUri } from '../../src/telephony/sip/uri.ts';
import { writeMessage } from '../../src/telephony/sip/write-message.ts';
import { capturedCalls } from '../support/captured-call.ts';
import { mutatedBytes } from '../support/mutated-bytes.ts';
import { peerDatagrams } from '../support/peer-datagrams.ts';
import { readableRequests } from '../support/readable-requests.ts';
import { settledMemory } from '../support/settled-memory.ts';
import { rfc4475, rfc5118 } from '../support/torture-messages.ts';

const { RINGFLOW_FUZZ_RUNS, RINGFLOW_FUZZ_SEED = '1' } = process.env;
const runs = Number(RINGFLOW_FUZZ_RUNS ?? 20_000);
const seed = Number(RINGFLOW_FUZZ_SEED);

const MOST_MS = 50;
const MOST_GROWTH_BYTES = 4 * 1024 * 1024;
/** Until caches are full and code is compiled. */
const WARM_UP_RUNS = 5_000;
/** A slow reading counts only when it is slow twice: a busy machine may stop any of them. */
const TRIES = 2;

type Reader = (bytes: Uint8Array) => void;

/** Feeds `read` with damaged seeds. It has to return, or to throw nothing but `refusal`. */
async function fuzz(seeds: readonly Uint8Array[], read: Reader, refusal: new (...args: never[]) => Error): Promise<void> {
  const random = seededRandom(seed);
  let memory = 0;
  for (let run = 0; run < WARM_UP_RUNS + runs; run++) {
    if (run === WARM_UP_RUNS) memory = await settledMemory();
    const bytes = mutatedBytes(seeds, random);
    const tookMs = timed(() => {
      try {
        read(bytes);
      } catch (error) {
        if (!(error instanceof refusal)) throw new Error(`run ${run} of seed ${seed}: ${shown(bytes)}`, { cause: error });
      }
    });
    if (tookMs > MOST_MS) throw new Error(`run ${run} of seed ${seed} took ${tookMs} ms: ${shown(bytes)}`);
  }
  expect((await settledMemory()) - memory).toBeLessThan(MOST_GROWTH_BYTES);
}

/** How long it took at least. */
function timed(work: () => void): number {
  let leastMs = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < TRIES && leastMs > MOST_MS; tries++) {
    const start = performance.now();
    work();
    leastMs = Math.min(leastMs, performance.now() - start);
  }
  return leastMs;
}

const shown = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, 4000)).toString('base64');

const headerReaders: readonly (readonly [name: string, read: (value: string) => unknown])[] = [
  ['Via', (value) => splitList([value]).map(parseVia)],
  ['From', parseNameAddress],
  ['To', parseNameAddress],
  ['Contact', (value) => splitList([value]).map(parseNameAddress)],
  ['Record-Route', (value) => splitList([value]).map(parseNameAddress)],
  ['CSeq', parseCSeq],
  ['Replaces', parseReplaces],
  ['RAck', parseRAck],
  ['WWW-Authenticate', parseChallenge],
  ['Authorization', parseCredentials],
];

/** Reads everything of a message that we ever read, and writes what was read: it must be the same when it is read again. */
function readSip(bytes: Uint8Array): void {
  const message = parseMessage(bytes);
  expect(headersOf(parseMessage(writeMessage(message)))).toEqual(headersOf(message));
  if (message.kind === 'request') attempt(() => parseUri(message.uri));
  for (const [name, read] of headerReaders) for (const value of message.headers.all(name)) attempt(() => read(value));
  for (const read of [parseReferTo, referrerOf, redirectTargets, retryAfterMs, sessionExpiresOf, smallestIntervalOf])
    attempt(() => read(message.headers));
  // Of an identity that cannot be read there is none: it is no reason to refuse a call.
  expect(readAssertedIdentity(message.headers).users.length).toBeLessThanOrEqual(2);
  if (message.kind === 'request') attempt(() => readRegistration(message));
  readBody(message.headers, message.body);
  attempt(() => readSipfrag(message.body));
  for (const type of ['application/dtmf-relay', 'application/dtmf']) attempt(() => readDigitBody(type, message.body));
}

/** Content-Length is written anew. */
const headersOf = ({ headers }: SipMessage): (readonly [string, string])[] =>
  [...headers.entries()].filter(([name]) => name !== 'Content-Length');

/** A header that is refused must not hide the others from the test. */
function attempt(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
  }
}

const srtp = newLocalSrtp('optional', seededRandom(1));
const local = {
  address: '10.0.0.1',
  port: 20_000,
  sessionId: '1',
  version: 1,
  codecs: ['PCMU', 'PCMA'] as const,
  ...(srtp && { srtp }),
};

describe(`readers of the telephone network: damaged input (${runs} of each, seed ${seed})`, { timeout: 60_000 + runs }, () => {
  const peers = peerDatagrams();
  const torture = [...rfc4475(), ...rfc5118()].map(({ bytes }) => bytes);
  let captured: Awaited<ReturnType<typeof capturedCalls>>;
  let bodies: Uint8Array[];
  beforeAll(async () => {
    const own = await capturedCalls();
    captured = { sip: [...own.sip, ...peers.sip], media: [...own.media, ...peers.rtp, ...peers.rtcp] };
    bodies = captured.sip.map((bytes) => parseMessage(bytes).body).filter((body) => body.length > 0);
    expect(own.sip.length).toBeGreaterThan(15);
    expect(own.media.length).toBeGreaterThan(100);
    expect(bodies.length).toBeGreaterThan(20);
    const texts = bodies.map((body) => Buffer.from(body).toString());
    for (const said of ['opus/48000', 'G722/8000', 'PCMA/8000', 'PCMU/8000', 'a=crypto:'])
      expect(texts.some((text) => text.includes(said))).toBe(true);
  });

  it('SIP', () => fuzz([...captured.sip, ...readableRequests, ...torture], readSip, SipParseError));

  it('SDP', () =>
    fuzz(
      bodies,
      (bytes) => {
        answerOffer(Buffer.from(bytes).toString(), local);
      },
      SdpError,
    ));

  it('SDP that answers ours', async () => {
    let agreed = 0;
    await fuzz(
      [...bodies, Buffer.from(answerOffer(Buffer.from(bodies[0] ?? []).toString(), local).answer)],
      (bytes) => {
        readAnswer({ ...local, telephoneEvent: 101 }, Buffer.from(bytes).toString());
        agreed++;
      },
      SdpError,
    );
    // Some damage leaves them as good as they were.
    expect(agreed).toBeGreaterThan(0);
  });

  it('RTP and its digits', async () => {
    const header = newRtpHeader();
    await fuzz(
      captured.media,
      (bytes) => {
        if (!readRtpHeader(bytes, header)) return;
        expect(header.payloadStart).toBeGreaterThanOrEqual(12);
        expect(header.payloadEnd).toBeLessThanOrEqual(bytes.length);
        expect(header.payloadStart).toBeLessThanOrEqual(header.payloadEnd);
        readTelephoneEvent(bytes, header.payloadStart, header.payloadEnd);
      },
      SipParseError,
    );
  });

  it('RTCP', async () => {
    const reports = captured.media.filter((bytes) => readRtcp(bytes) !== undefined);
    expect(reports.length).toBeGreaterThan(0);
    await fuzz(reports, (bytes) => void readRtcp(bytes), SipParseError);
  });

  it('SRTP: only what its sender has protected gets in', async () => {
    const master = { suite: 'AES_CM_128_HMAC_SHA1_80', keyAndSalt: seededRandom(2).bytes(30) } as const;
    const protect = new SrtpProtect(master);
    let unprotect = new SrtpUnprotect(master);
    let reads = 0;
    const whole = captured.media.flatMap((bytes) => Uint8Array.from(protect.protect(bytes) ?? []));
    const genuine = new Set(whole.map((bytes) => Buffer.from(bytes).toString('base64')));
    await fuzz(
      whole,
      (bytes) => {
        // A new one now and then: what an old one has seen is refused before it is checked.
        if (++reads % 20 === 0) unprotect = new SrtpUnprotect(master);
        if (unprotect.unprotect(Uint8Array.from(bytes))) expect(genuine).toContain(Buffer.from(bytes).toString('base64'));
      },
      SipParseError,
    );
  });
});
