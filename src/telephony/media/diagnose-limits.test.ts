import { describe, expect, it } from 'vitest';
import { diagnose } from './diagnose.ts';
import type { MediaProblem } from './media-finding.ts';
import { type MediaReport, nothingSeen } from './media-report.ts';

const good: MediaReport = {
  ...nothingSeen,
  sent: 1000,
  received: 1000,
  sendingMs: 20_000,
  receivingMs: 20_000,
  firstReceivedMs: 40,
  quietMs: 12,
  audible: true,
  codec: 'PCMU',
  expectedFrom: { address: '203.0.113.5', port: 4000 },
  receivedFrom: { address: '203.0.113.5', port: 4000 },
};
/** A time in which so many packets of a reason came and none was heard. */
const deaf = (ms: number, packets: number): NonNullable<MediaReport['deaf']> => ({
  ms,
  ended: true,
  dropped: { refused: 0, unagreed: packets, unauthentic: 1, unencrypted: 2 },
});
const nothing = { received: 0, receivingMs: 0 };
const moved = { address: '203.0.113.5', port: 4002 };

/** What is said of a report that reaches a limit, and not of one that nearly does. */
const limits: readonly [MediaProblem, Partial<MediaReport>, Partial<MediaReport>][] = [
  ['NothingSent', { sent: 0, sendingMs: 2000 }, { sent: 0, sendingMs: 1999 }],
  ['NothingReceived', { received: 0, receivingMs: 2000 }, { received: 0, receivingMs: 1999 }],
  ['OnlySilence', { audible: false, receivingMs: 5000 }, { audible: false, receivingMs: 4999 }],
  ['OnlySilence', { audible: false, received: 100 }, { audible: false, received: 99 }],
  ['AudioStopped', { quietMs: 5000 }, { quietMs: 4999 }],
  ['LateStart', { firstReceivedMs: 1500 }, { firstReceivedMs: 1499 }],
  ['LateStart', { firstReceivedMs: 1600, receivingMs: 2000 }, { firstReceivedMs: 1600, receivingMs: 1999 }],
  ['SourceMoved', { sourceMoves: 1, receivedFrom: moved }, { sourceMoves: 0, receivedFrom: moved }],
  ['Unencrypted', { unencrypted: 100 }, { unencrypted: 99 }],
  ['HeldThroughout', { ...nothing, heldMs: 5000 }, { ...nothing, heldMs: 4999 }],
  ['HeldThroughout', { ...nothing, heldMs: 5000 }, { ...nothing, heldMs: 5000, receivingMs: 2000 }],
  ['HeldThroughout', { received: 9, receivedEarly: 9, receivingMs: 0, heldMs: 5000 }, { received: 9, receivingMs: 0, heldMs: 5000 }],
  ['HeldThroughout', { sendingMs: 0, mutedMs: 5000 }, { sendingMs: 0, mutedMs: 4999 }],
  ['HeldThroughout', { sendingMs: 1999, mutedMs: 5000 }, { sendingMs: 2000, mutedMs: 5000 }],
  ['NothingHeardThere', { heardThere: false, sendingMs: 2000 }, { heardThere: false, sendingMs: 1999 }],
  ['UnagreedType', { deaf: deaf(5000, 25) }, { deaf: deaf(4999, 25) }],
  ['UnagreedType', { deaf: deaf(5000, 25) }, { deaf: deaf(5000, 24) }],
  ['Unauthentic', { unauthentic: 250 }, { unauthentic: 249 }],
  ['Unauthentic', { unauthentic: 100, received: 99 }, { unauthentic: 99, received: 99 }],
  ['LossReceived', { received: 980, lost: 20 }, { received: 981, lost: 19 }],
  ['LossReceived', { received: 100, lost: 5 }, { received: 99, lost: 5 }],
  ['LossSent', { remoteLost: 20 }, { remoteLost: 19 }],
  ['LossSent', { sent: 100, remoteLost: 5 }, { sent: 99, remoteLost: 5 }],
  ['JitterReceived', { jitterMs: 30 }, { jitterMs: 29.9 }],
  ['JitterReceived', { jitterMs: 40, received: 100 }, { jitterMs: 40, received: 99 }],
  ['JitterSent', { remoteJitterMs: 30 }, { remoteJitterMs: 29.9 }],
  ['JitterSent', { remoteJitterMs: 40, sent: 100 }, { remoteJitterMs: 40, sent: 99 }],
  ['LongRoundTrip', { roundTripMs: 600 }, { roundTripMs: 599 }],
  ['LateFrames', { late: 10 }, { late: 9 }],
  ['LateFrames', { late: 50, sent: 100 }, { late: 50, sent: 99 }],
  // The loss that leaves a MOS of 3.6 with a buffer of 20 ms; as a share of 1000 that came, and of 1000 that were sent.
  ['PoorReceived', { lost: 81 }, { lost: 80 }],
  ['PoorSent', { remoteLost: 75 }, { remoteLost: 74 }],
];

describe('the media doctor', () => {
  it.each(limits)('says %s when it is reached: %o, and not: %o', (problem, reached, missed) => {
    const problems = (changes: Partial<MediaReport>): MediaProblem[] => diagnose({ ...good, ...changes }).map((finding) => finding.problem);
    expect(problems(reached)).toContain(problem);
    expect(problems(missed)).not.toContain(problem);
  });

  it('says how often and where to a source has moved', () => {
    const adviceOf = (sourceMoves: number): string => diagnose({ ...good, sourceMoves, receivedFrom: moved })[0]?.advice ?? '';
    expect(adviceOf(1)).toContain('once, at last from 203.0.113.5:4002');
    expect(adviceOf(3)).toContain('3 times, at last from 203.0.113.5:4002');
  });
});
