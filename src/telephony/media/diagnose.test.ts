import { describe, expect, it } from 'vitest';
import { diagnose, isOneWay } from './diagnose.ts';
import { type MediaReport, nothingSeen } from './media-report.ts';

/** A minute of good audio both ways. */
const good: MediaReport = {
  ...nothingSeen,
  sent: 3000,
  received: 3000,
  sendingMs: 60_000,
  receivingMs: 60_000,
  firstSentMs: 0,
  firstReceivedMs: 40,
  longestGapMs: 30,
  quietMs: 12,
  jitterMs: 2,
  maxJitterMs: 6,
  audible: true,
  codec: 'PCMU',
  expectedFrom: { address: '203.0.113.5', port: 4000 },
  receivedFrom: { address: '203.0.113.5', port: 4000 },
};

const untouched = { tooLate: 0, discarded: 0, repeated: 0, skipped: 0, jumps: 0, concealed: 0 };

const deaf: Partial<MediaReport> = { received: 0, audible: false };

const cases: readonly [string, Partial<MediaReport>, readonly string[], RegExp?][] = [
  ['a good call', {}, []],
  ['a call too short to tell', { ...deaf, sent: 50, sendingMs: 1000, receivingMs: 1000 }, []],
  ['a call that was held all the time', { ...deaf, receivingMs: 0 }, []],
  ['nothing heard', deaf, ['NothingReceived'], /203\.0\.113\.5:4000.*RINGFLOW_RTP_PORTS.*RINGFLOW_PUBLIC_ADDRESS/],
  ...['10.1.2.3', '172.16.0.9', '172.31.9.9', '192.168.1.2', '100.64.0.1', '169.254.1.1', 'fd00::1'].map(
    (address): [string, Partial<MediaReport>, readonly string[], RegExp] => [
      `nothing heard from ${address}`,
      { ...deaf, expectedFrom: { address, port: 7 } },
      ['NothingReceived'],
      /private address/,
    ],
  ),
  ...['172.32.0.1', '192.169.1.1', '100.128.0.1', '11.0.0.1', '2001:db8::1'].map(
    (address): [string, Partial<MediaReport>, readonly string[], RegExp] => [
      `nothing heard from ${address}`,
      { ...deaf, expectedFrom: { address, port: 7 } },
      ['NothingReceived'],
      /RINGFLOW_PUBLIC_ADDRESS/,
    ],
  ),
  ['audio while it rang only', { ...deaf, received: 40, receivedEarly: 40 }, ['NothingReceived'], /while it rang, and none from 203/],
  [
    'audio from elsewhere',
    { ...deaf, refused: 9, refusedFrom: { address: '2001:db8::1', port: 7 } },
    ['RefusedSource'],
    /from \[2001:db8::1\]:7/,
  ],
  [
    'audio from elsewhere, on a trunk that takes none from there',
    { ...deaf, refused: 9, onlyExpected: true },
    ['RefusedSource'],
    /rtpSource of the trunk is Offered.*or set rtpSource to Latch/,
  ],
  ['many packets of another key', { unauthentic: 1500 }, ['Unauthentic'], /^1500 packets.*one device/],
  ['packets that came once more', { unauthentic: 400 }, []],
  ['a payload type that nobody agreed on', { ...deaf, unagreed: 400, unagreedType: 18 }, ['UnagreedType'], /type 18/],
  ['audio that is not encrypted as agreed', { ...deaf, unauthentic: 400 }, ['Unauthentic'], /SRTP/],
  [
    'audio in clear',
    { ...deaf, unauthentic: 1, unencrypted: 400 },
    ['Unencrypted'],
    /in clear although SRTP was agreed on.*srtp of the trunk to Off/,
  ],
  ['some audio in clear', { unauthentic: 0, unencrypted: 300 }, ['Unencrypted'], /^300 packets/],
  ['a few packets in clear', { unauthentic: 0, unencrypted: 5 }, []],
  ['some packets that are not encrypted as agreed', { unauthentic: 4 }, []],
  ['nothing sent', { sent: 0 }, ['NothingSent']],
  [
    'nothing heard there',
    { heardThere: false },
    ['NothingHeardThere'],
    /although 3000 packets were sent to 203\.0\.113\.5:4000.*SRTP.*RINGFLOW_PUBLIC_ADDRESS/,
  ],
  ['audio heard there', { heardThere: true }, []],
  ['nothing heard on either side', { ...deaf, heardThere: false }, ['NothingReceived', 'NothingHeardThere']],
  ['nothing heard there in a short time', { heardThere: false, sendingMs: 1999 }, []],
  [
    'an answer that lets nothing of ours through',
    { sendingMs: 0, mutedMs: 60_000 },
    ['HeldThroughout'],
    /60\.0 s.*sendonly or inactive.*sendrecv/,
  ],
  ['a time on hold in a call that was heard', { sendingMs: 40_000, mutedMs: 20_000 }, []],
  ['only silence', { audible: false }, ['OnlySilence'], /muted/],
  ['silence of a second', { audible: false, receivingMs: 3000, received: 150 }, []],
  ['audio that stopped', { quietMs: 7500 }, ['AudioStopped'], /7\.5 s before the end/],
  ['audio that came late', { firstReceivedMs: 2500 }, ['LateStart'], /2\.5 s/],
  ['loss', { received: 2900, lost: 100 }, ['LossReceived'], /3\.3 %/],
  ['a little loss', { received: 2990, lost: 10 }, []],
  ['loss of few packets', { received: 10, lost: 10 }, []],
  ['jitter', { jitterMs: 45.4, maxJitterMs: 80 }, ['JitterReceived'], /45 ms.*80 ms/],
  ['loss on the way there', { remoteLost: 120 }, ['LossSent'], /^4\.0 % of our packets/],
  ['a little loss on the way there', { remoteLost: 20 }, []],
  ['much loss there', { remoteLost: 600 }, ['LossSent', 'PoorSent']],
  ['jitter there', { remoteJitterMs: 50, remoteMaxJitterMs: 90 }, ['JitterSent'], /50 ms.*90 ms/],
  [
    'audio that came too late to be heard',
    { buffer: { ...untouched, tooLate: 600, delayMs: 60 } },
    ['PoorReceived'],
    /MOS of 2\.\d.*20\.0 %/,
  ],
  ['what is held back for too long', { buffer: { ...untouched, delayMs: 400 } }, ['PoorReceived'], /MOS of 2\.8.*440 ms/],
  ['a long way', { roundTripMs: 700, maxRoundTripMs: 900 }, ['LongRoundTrip', 'PoorReceived'], /700 ms.*900 ms/],
  ['a way that is long enough', { roundTripMs: 300, maxRoundTripMs: 900 }, []],
  ['audio that stopped with a goodbye', { quietMs: 7500, saidBye: true }, ['AudioStopped'], /without hanging up/],
  ['a goodbye alone', { saidBye: true }, []],
  ['a busy machine', { late: 60 }, ['LateFrames'], /2\.0 %/],
  [
    'several things at once',
    { lost: 1000, jitterMs: 50, late: 300, remoteLost: 300 },
    ['LossReceived', 'LossSent', 'JitterReceived', 'LateFrames', 'PoorReceived', 'PoorSent'],
  ],
];

describe('diagnose', () => {
  it.each(cases)('%s', (_name, changes, problems, says) => {
    const findings = diagnose({ ...good, ...changes });
    expect(findings.map(({ problem }) => problem)).toEqual(problems);
    if (says) expect(findings[0]?.advice).toMatch(says);
    for (const { advice } of findings) expect(advice).toMatch(/^[A-Z0-9].*\.$/);
  });

  it('has nothing to say of a stream that never began', () => {
    expect(diagnose(nothingSeen)).toEqual([]);
  });
});

describe('one-way audio', () => {
  it.each([
    ['both ways', {}, false],
    ['we hear nothing', deaf, true],
    ['we send nothing', { sent: 0 }, true],
    ['they hear nothing', { heardThere: false }, true],
    ['they hear us', { heardThere: true }, false],
    ['neither', { ...deaf, sent: 0 }, false],
    ['on hold', { ...deaf, receivingMs: 0 }, false],
    ['the other side takes none', { sent: 0, sendingMs: 0, mutedMs: 60_000 }, true],
    ['it takes none for a while', { sendingMs: 40_000, mutedMs: 20_000 }, false],
    ['it takes none, in a call that is too short to tell', { sent: 0, sendingMs: 0, mutedMs: 4999 }, false],
    ['it lets none of its own through', { ...deaf, receivingMs: 0, heldMs: 60_000 }, true],
    ['it lets none of its own through since the answer', { received: 9, receivedEarly: 9, receivingMs: 0, heldMs: 60_000 }, true],
    ['it lets none of its own through for a while', { receivingMs: 40_000, heldMs: 20_000 }, false],
    ['it lets none through either way', { ...deaf, sent: 9, sendingMs: 0, receivingMs: 0, heldMs: 60_000, mutedMs: 60_000 }, false],
    ['we hold, and send nothing', { sent: 0, sendingMs: 0, mutedMs: 0 }, false],
  ])('%s: %o', (_name, changes, expected) => {
    expect(isOneWay({ ...good, ...changes })).toBe(expected);
  });
});
