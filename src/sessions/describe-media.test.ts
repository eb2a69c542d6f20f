import { describe, expect, it } from 'vitest';
import type { MediaReport } from '../telephony/port.ts';
import { describeMedia } from './describe-media.ts';

/** Every number is another, so that none can stand in the place of one. */
const report: MediaReport = {
  sent: 3001,
  received: 2902,
  receivedEarly: 53,
  lost: 14,
  late: 5,
  digits: 6,
  repeated: 7,
  reordered: 8,
  firstSentMs: 9.44,
  firstReceivedMs: 90.46,
  sendingMs: 60_000,
  receivingMs: 60_010,
  longestGapMs: 111.11,
  quietMs: 12.3,
  heldMs: 13,
  mutedMs: 14.5,
  jitterMs: 15.55,
  maxJitterMs: 16.66,
  audible: true,
  codec: 'opus',
  clockRate: 48_000,
  expectedFrom: { address: '203.0.113.5', port: 4000 },
  receivedFrom: { address: '2001:db8::7', port: 5002 },
  sourceMoves: 0,
  refused: 17,
  unagreed: 18,
  unauthentic: 19,
  unencrypted: 20,
  buffer: { tooLate: 1, discarded: 22, repeated: 23, skipped: 24, jumps: 25, concealed: 26, delayMs: 61.26 },
  reportsSent: 27,
  reportsReceived: 28,
  remoteLost: 55,
  remoteJitterMs: 25.25,
  remoteMaxJitterMs: 70.04,
  roundTripMs: 80.08,
  maxRoundTripMs: 130.13,
  saidBye: false,
};

describe('the audio of a call as the API shows it', () => {
  it('has each member from its own source, and times to a tenth of a millisecond', () => {
    const { mos, remoteMos, ...members } = describeMedia(report, true) ?? {};
    expect(members).toEqual({
      codec: 'opus',
      clockRate: 48_000,
      packetsSent: 3001,
      packetsReceived: 2902,
      packetsEarly: 53,
      packetsLost: 14,
      packetsReordered: 8,
      packetsRepeated: 7,
      packetsRefused: 17 + 18 + 19 + 20,
      packetsUnauthentic: 19,
      packetsUnencrypted: 20,
      packetsLate: 5,
      digits: 6,
      firstSentMs: 9.4,
      firstAudioMs: 90.5,
      longestGapMs: 111.1,
      jitterMs: 15.6,
      maxJitterMs: 16.7,
      remotePacketsLost: 55,
      remoteJitterMs: 25.3,
      remoteMaxJitterMs: 70,
      roundTripMs: 80.1,
      maxRoundTripMs: 130.1,
      reportsReceived: 28,
      packetsTooLate: 1,
      packetsDiscarded: 22,
      framesConcealed: 26,
      framesRepeated: 23,
      framesSkipped: 24,
      bufferMs: 61.3,
      expectedFrom: '203.0.113.5:4000',
      receivedFrom: '[2001:db8::7]:5002',
      sourceMoves: 0,
      audioReceived: true,
      silent: false,
      oneWayAudio: false,
      problems: [],
    });
    // 0.5 % here, and 1.8 % there, were not heard.
    expect([mos, remoteMos]).toEqual([4.3, 4.2]);
  });

  it.each([
    ['lost here', { lost: 700 }, 'mos', 'remoteMos'],
    ['lost there', { remoteLost: 700 }, 'remoteMos', 'mos'],
  ] as const)('rates the direction in which packets were %s worse, and that alone', (_, changes, worse, same) => {
    const [before, after] = [describeMedia(report, true), describeMedia({ ...report, ...changes }, true)];
    expect(after?.[worse]).toBeLessThan(3.2);
    expect(after?.[same]).toBe(before?.[same]);
  });

  it('leaves out what nobody knows', () => {
    const { buffer, remoteLost, roundTripMs, unauthentic, receivedFrom, firstReceivedMs, ...rest } = report;
    const described = describeMedia({ ...rest, receivedEarly: 0 }, true) ?? {};
    for (const absent of [
      'packetsTooLate',
      'bufferMs',
      'remotePacketsLost',
      'remoteMos',
      'roundTripMs',
      'packetsUnauthentic',
      'receivedFrom',
      'firstAudioMs',
      'packetsEarly',
    ])
      expect(described).not.toHaveProperty(absent);
    expect(described.packetsRefused).toBe(17 + 18 + 20);
  });

  it.each([
    ['audio since the answer', {}, { audioReceived: true, silent: false, oneWayAudio: false, problems: [] }],
    ['silence alone', { audible: false }, { audioReceived: true, silent: true, oneWayAudio: false, problems: ['OnlySilence'] }],
    [
      'audio before the answer alone',
      { received: 53, refused: 0, unagreed: 0, unauthentic: 0, unencrypted: 0, lost: 0, audible: false },
      { audioReceived: false, silent: false, oneWayAudio: true, problems: ['NothingReceived'] },
    ],
    [
      'that the other side hears nothing',
      { heardThere: false },
      { audioReceived: true, silent: false, oneWayAudio: true, problems: ['NothingHeardThere'] },
    ],
  ])('tells of %s, and of nothing wrong when nobody answered', (_, changes, told) => {
    const shown = (answered: boolean) => {
      const { audioReceived, silent, oneWayAudio, problems } = describeMedia({ ...report, ...changes }, answered) ?? {};
      return { audioReceived, silent, oneWayAudio, problems: problems?.map(({ problem }) => problem) };
    };
    expect(shown(true)).toEqual(told);
    expect(shown(false)).toEqual({ ...told, oneWayAudio: false, problems: [] });
  });

  it('is none when no audio was ever agreed on', () => {
    const { codec, ...rest } = report;
    expect(codec).toBe('opus');
    expect(describeMedia(rest, true)).toBeUndefined();
  });
});
