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
import { readForwarders } from '../../src/telephony/sip/forwarders.ts';
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
import { fuzz, fuzzParties, fuzzRuns, fuzzSeed } from '../support/fuzz.ts';
import { peerDatagrams } from '../support/peer-datagrams.ts';
import { readableRequests } from '../support/readable-requests.ts';
import { rfc4475, rfc5118 } from '../support/torture-messages.ts';

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
  expect(readForwarders(message.headers).length).toBeLessThanOrEqual(20);
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
  codecs: ['PCMU', 'PCMA', 'G722', 'opus'] as const,
  ...(srtp && { srtp }),
};

describe(`readers of the telephone network: damaged input (${fuzzRuns} of each, seed ${fuzzSeed})`, { timeout: 60_000 + fuzzRuns }, () => {
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

  it('SIP', () => fuzz([...captured.sip, ...readableRequests, ...torture], { read: readSip, refusal: SipParseError }));

  it('SDP', () =>
    fuzz(bodies, {
      read: (bytes) => void answerOffer(Buffer.from(bytes).toString(), local),
      refusal: SdpError,
    }));

  it('SDP that answers ours', async () => {
    let agreed = 0;
    await fuzz([...bodies, Buffer.from(answerOffer(Buffer.from(bodies[0] ?? []).toString(), local).answer)], {
      read: (bytes) => {
        readAnswer({ ...local, telephoneEvent: 101 }, Buffer.from(bytes).toString());
        agreed++;
      },
      refusal: SdpError,
    });
    // Some damage leaves them as good as they were.
    expect(agreed).toBeGreaterThan(0);
  });

  it('RTP and its digits', async () => {
    const header = newRtpHeader();
    await fuzz(captured.media, {
      read: (bytes) => {
        if (!readRtpHeader(bytes, header)) return;
        expect(header.payloadStart).toBeGreaterThanOrEqual(12);
        expect(header.payloadEnd).toBeLessThanOrEqual(bytes.length);
        expect(header.payloadStart).toBeLessThanOrEqual(header.payloadEnd);
        readTelephoneEvent(bytes, header.payloadStart, header.payloadEnd);
      },
    });
  });

  it('RTCP', async () => {
    const reports = captured.media.filter((bytes) => readRtcp(bytes) !== undefined);
    expect(reports.length).toBeGreaterThan(0);
    await fuzz(reports, { read: (bytes) => void readRtcp(bytes) });
  });

  it('SRTP: only what its sender has protected gets in', async () => {
    const master = { suite: 'AES_CM_128_HMAC_SHA1_80', keyAndSalt: seededRandom(2).bytes(30) } as const;
    const protect = new SrtpProtect(master);
    const whole = captured.media.flatMap((bytes) => Uint8Array.from(protect.protect(bytes) ?? []));
    const genuine = new Set(whole.map((bytes) => Buffer.from(bytes).toString('base64')));
    await fuzzParties(whole, {
      // A new one now and then: what an old one has seen is refused before it is checked.
      inputs: 20,
      begin: async () => {
        const unprotect = new SrtpUnprotect(master);
        return {
          take: (bytes) => {
            if (unprotect.unprotect(Uint8Array.from(bytes))) expect(genuine).toContain(Buffer.from(bytes).toString('base64'));
          },
        };
      },
    });
  });
});
