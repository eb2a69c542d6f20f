import type { MediaReport } from './media-report.ts';

/** How good one direction of a call sounds, and what takes most away from it. */
export interface QualityEstimate {
  /** Mean opinion score, from 1 (nobody would go on) to 4.4 (the best that a telephone of narrow band can be). */
  readonly mos: number;
  readonly worst: 'loss' | 'delay' | 'none';
  /** Share of packets that were not heard. */
  readonly lossShare: number;
  /** From mouth to ear, in ms. */
  readonly delayMs: number;
}

/** Too few packets say nothing. */
const LEAST_PACKETS = 100;
/** What all that is not counted here leaves of the scale: the default values of ITU-T G.107. */
const BEST_RATING = 93.2;
/**
 * How well G.711 stands loss with loss concealment (ITU-T G.113 appendix I, Bpl); its own impairment is 0. This is the scale of narrow
 * band, which flows hear and speak in every codec. On it G.722 has no impairment of its own either: its 13 of 129 on the scale of wide band
 * (ITU-T G.107.1, G.113 appendix IV) leave more than the 93.2 that narrow band can be. For Opus ITU-T has no figures.
 */
const LOSS_ROBUSTNESS = 25.1;
/** A frame, and what both ends need to take in, encode and play it. */
const END_DELAY_MS = 40;
/** How long a jitter buffer holds audio back when we do not know: as most do, twice the jitter, and never less than a frame. */
const LEAST_BUFFER_MS = 20;
const BUFFER_PER_JITTER = 2;

/** How good what we heard sounded. Undefined when too little came. */
export function estimateHeard(report: MediaReport): QualityEstimate | undefined {
  const { received, lost, buffer, jitterMs = 0, roundTripMs = 0 } = report;
  if (received < LEAST_PACKETS) return undefined;
  const unheard = lost + (buffer?.tooLate ?? 0);
  return estimate(unheard / (received + lost), roundTripMs / 2 + (buffer?.delayMs ?? usualBufferMs(jitterMs)));
}

/** How good what we said sounded there, as the other side reports. Undefined when it reports nothing, or too little was sent. */
export function estimateSaid(report: MediaReport): QualityEstimate | undefined {
  const { sent, remoteLost, remoteJitterMs = 0, roundTripMs = 0 } = report;
  if (sent < LEAST_PACKETS || remoteLost === undefined) return undefined;
  return estimate(remoteLost / sent, roundTripMs / 2 + usualBufferMs(remoteJitterMs));
}

/** The E-model of ITU-T G.107 with its default values, so that only loss and delay are left. */
function estimate(lossShare: number, networkMs: number): QualityEstimate {
  const delayMs = networkMs + END_DELAY_MS;
  const percent = Math.min(1, lossShare) * 100;
  const lossImpairment = (95 * percent) / (percent + LOSS_ROBUSTNESS);
  // The usual approximation of the delay impairment (Cole and Rosenbluth): delay hurts beyond 177 ms.
  const delayImpairment = 0.024 * delayMs + 0.11 * Math.max(0, delayMs - 177.3);
  const worst = Math.max(lossImpairment, delayImpairment) < 5 ? 'none' : lossImpairment >= delayImpairment ? 'loss' : 'delay';
  return { mos: mosOf(BEST_RATING - lossImpairment - delayImpairment), worst, lossShare: percent / 100, delayMs };
}

/** ITU-T G.107 annex B. */
function mosOf(rating: number): number {
  if (rating <= 0) return 1;
  return Math.max(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}

function usualBufferMs(jitterMs: number): number {
  return Math.max(LEAST_BUFFER_MS, BUFFER_PER_JITTER * jitterMs);
}
