import { isNotPublic } from '../../wire/ip-address.ts';
import { endpointText } from './endpoint-text.ts';
import { estimateHeard, estimateSaid, type QualityEstimate } from './estimate-mos.ts';
import { findDeafTime } from './find-deaf-time.ts';
import { findUnheard, isMutedThroughout, isUnheardThere } from './find-unheard.ts';
import { finding, type MediaFinding, seconds } from './media-finding.ts';
import type { MediaReport } from './media-report.ts';

/** Shorter than this, a call proves nothing. */
const LEAST_MS = 2000;
/** How long only silence may come before it is worth a word. */
const SILENT_MS = 5000;
/** Nothing at the end of the call for so long. */
const STOPPED_MS = 5000;
/** How long the other side may hold a call from its answer on. */
const HELD_MS = 5000;
const LATE_START_MS = 1500;
/** Too few packets say nothing about a share. */
const LEAST_PACKETS = 100;
/** Shares of packets that callers begin to hear, of G.711 without loss concealment (ITU-T G.113 appendix I). */
const BAD_LOSS = 0.02;
const BAD_JITTER_MS = 30;
const BAD_LATE = 0.01;
/** What a network that repeats packets may add to what is heard, without a word. */
const BAD_UNAUTHENTIC = 0.25;
/** Below this many people are not content (ITU-T G.107 annex B: a rating of 70). */
const POOR_MOS = 3.6;
/** Beyond 400 ms from mouth to ear people talk into each other (ITU-T G.114); both ends add about 100 ms to each way of the network. */
const BAD_ROUND_TRIP_MS = 600;

/** What is wrong with the audio of a call that was answered, the worst first; nothing for one that was good or too short to tell. */
export function diagnose(report: MediaReport): readonly MediaFinding[] {
  const deaf = heardCount(report) > 0 ? findDeafTime(report) : undefined;
  const held = heldThroughout(report);
  const unheard = held ? undefined : findUnheard(report);
  return [nothingSent(report), held, nothingReceived(report), unheard, deaf, ...quality(report, deaf)].filter(
    (finding) => finding !== undefined,
  );
}

/**
 * Whether audio went one way only: although both were agreed, or because the other side allowed no other from the answer to the end. A hold of ours
 * is none.
 */
export function isOneWay(report: MediaReport): boolean {
  const { sent, sendingMs, receivingMs } = report;
  if (heardCount(report) === 0) {
    return sent > 0 && (receivingMs >= LEAST_MS || (sendingMs >= LEAST_MS && isHeldThroughout(report)));
  }
  return (sent === 0 && sendingMs >= LEAST_MS) || isUnheardThere(report) || isMutedThroughout(report);
}

/** Packets since the answer. */
function heardCount({ received, receivedEarly }: MediaReport): number {
  return Math.max(0, received - receivedEarly);
}

function nothingSent({ sent, sendingMs }: MediaReport): MediaFinding | undefined {
  if (sent > 0 || sendingMs < LEAST_MS) return undefined;
  return finding(
    'NothingSent',
    'No audio was sent although the call was to carry it: the media threads did not run. Look at the load of the machine and the log of the server.',
  );
}

/** Whether the other side let nothing of its own through, as its SDP says. */
function isHeldThroughout(report: MediaReport): boolean {
  const { heldMs, receivingMs } = report;
  return heardCount(report) === 0 && receivingMs < LEAST_MS && heldMs >= HELD_MS;
}

function heldThroughout(report: MediaReport): MediaFinding | undefined {
  if (!isHeldThroughout(report)) return undefined;
  return finding(
    'HeldThroughout',
    `The other side let no audio of its own through: for ${seconds(report.heldMs)} its SDP said recvonly or inactive, as for a call on hold, so the caller was heard by nobody. Have it answer with sendrecv: take the call off hold there, or let its gateway switch the speech path through both ways.`,
  );
}

function nothingReceived(report: MediaReport): MediaFinding | undefined {
  const {
    receivingMs,
    receivedEarly,
    refused,
    refusedFrom,
    unagreed,
    unagreedType,
    unauthentic = 0,
    unencrypted = 0,
    expectedFrom,
  } = report;
  if (heardCount(report) > 0 || receivingMs < LEAST_MS) return undefined;
  const told = expectedFrom ? ` from ${endpointText(expectedFrom)}` : '';
  if (unencrypted > unauthentic) {
    return finding(
      'Unencrypted',
      'Audio came in clear although SRTP was agreed on, so none of it was heard. Switch SRTP on for the audio of the other side, not only in its SDP, or set srtp of the trunk to Off.',
    );
  }
  if (unauthentic > 0) {
    return finding(
      'Unauthentic',
      'Audio came, but not encrypted with the key in the SDP of the other side, so none of it was heard. Switch SRTP on there with the suite that was agreed, or set srtp of the trunk to Off.',
    );
  }
  if (unagreed > 0) {
    return finding(
      'UnagreedType',
      `Audio came, but as payload type ${unagreedType ?? 'unknown'}, which was not agreed, so none of it was heard. Set the other side to send the codec that its SDP answer names first.`,
    );
  }
  if (refused > 0) {
    const source = `Audio was expected${told} but came${refusedFrom ? ` from ${endpointText(refusedFrom)}` : ' from elsewhere'}`;
    return finding(
      'RefusedSource',
      report.onlyExpected
        ? `${source}, and rtpSource of the trunk is Offered, which takes none from there. Let the other side send from the address in its SDP, or set rtpSource to Latch.`
        : `${source}, too little or too broken to trust. Let the other side send from the address in its SDP, or in one unbroken stream.`,
    );
  }
  if (receivedEarly > 0) {
    return finding(
      'NothingReceived',
      `Audio came while it rang, and none${told} since the answer: a media server of the carrier spoke before, and the one that took over does not reach this server. Let UDP to RINGFLOW_RTP_PORTS from every address of the carrier through the firewall, and give it the SIP Call-ID of this call.`,
    );
  }
  if (expectedFrom && isNotPublic(expectedFrom.address)) {
    return finding(
      'NothingReceived',
      `No audio came${told}, a private address: the other side is behind NAT and does not know its public address. Set its public (external) address, or have it send audio first.`,
    );
  }
  return finding(
    'NothingReceived',
    `No audio came${told}: the caller was heard by nobody. Let UDP to RINGFLOW_RTP_PORTS through every firewall and forward it at NAT, and set RINGFLOW_PUBLIC_ADDRESS to the address that the other side reaches.`,
  );
}

function quality(report: MediaReport, deaf: MediaFinding | undefined): readonly (MediaFinding | undefined)[] {
  const { received, receivingMs, lost, late, sent, audible, quietMs = 0, firstReceivedMs = 0, jitterMs = 0, maxJitterMs = 0 } = report;
  const {
    remoteLost = 0,
    remoteJitterMs = 0,
    remoteMaxJitterMs = 0,
    roundTripMs = 0,
    maxRoundTripMs = 0,
    saidBye,
    sourceMoves,
    receivedFrom,
  } = report;
  const { unencrypted = 0, unauthentic = 0 } = report;
  const isDeafAtEnd = deaf !== undefined && report.deaf?.ended === false;
  const silent = heardCount(report) >= LEAST_PACKETS && receivingMs >= SILENT_MS && !audible;
  const lossShare = lost / Math.max(1, received + lost);
  const sentLossShare = remoteLost / Math.max(1, sent);
  const lateShare = late / Math.max(1, sent);
  return [
    silent
      ? finding(
          'OnlySilence',
          'Audio came, but from the answer to the end it was silence: the microphone is muted, or the carrier has connected the speech path one way only. Try another phone; if it stays, give the carrier the SIP Call-ID of this call.',
        )
      : undefined,
    quietMs >= STOPPED_MS && !isDeafAtEnd
      ? finding(
          'AudioStopped',
          saidBye
            ? `The audio of the other side stopped ${seconds(quietMs)} before the end, and it said so by RTCP without hanging up: its media server has ended the call on its side only. Give its operator the SIP Call-ID of this call.`
            : `The audio of the other side stopped ${seconds(quietMs)} before the end: its network path was lost, or it suppresses silence. Look for address changes and NAT timeouts on its side, and switch silence suppression (VAD) off.`,
        )
      : undefined,
    firstReceivedMs >= LATE_START_MS && receivingMs >= LEAST_MS
      ? finding(
          'LateStart',
          `The first audio came ${seconds(firstReceivedMs)} after the answer: what was said before is lost. Usually a NAT or a session border controller opens its media path only then; let it open with the answer.`,
        )
      : undefined,
    sourceMoves > 0 && receivedFrom
      ? finding(
          'SourceMoved',
          `The audio of the other side went on from another port or address ${times(sourceMoves)}, at last from ${endpointText(receivedFrom)}, though it had not said so: its NAT had forgotten it, or its network changed. Each time it was deaf and dumb for a moment. Lengthen the UDP timeout of its NAT, or switch silence suppression (VAD) off, so that packets keep the way open.`,
        )
      : undefined,
    received > 0 && unencrypted >= LEAST_PACKETS && deaf?.problem !== 'Unencrypted'
      ? finding(
          'Unencrypted',
          `${unencrypted} packets came in clear during an encrypted call and were dropped: the other side, or a media server between, encrypts only some of its audio, such as announcements or after a transfer. Switch SRTP on there, or set srtp of the trunk to Off.`,
        )
      : undefined,
    received > 0 && deaf?.problem !== 'Unauthentic' && unauthentic >= Math.max(LEAST_PACKETS, BAD_UNAUTHENTIC * received)
      ? finding(
          'Unauthentic',
          `${unauthentic} packets were not protected with the key of the other side, or were changed or repeated on the way, and were dropped. See whether a media server between speaks with a key of its own after a transfer or a change of keys, and whether a link sends packets twice; let one device encrypt all audio of a call.`,
        )
      : undefined,
    received >= LEAST_PACKETS && lossShare >= BAD_LOSS
      ? finding(
          'LossReceived',
          `${percent(lossShare)} of the packets of the other side were lost on the way here. Look for overloaded links and Wi-Fi between it and this server, and give voice priority there.`,
        )
      : undefined,
    sent >= LEAST_PACKETS && sentLossShare >= BAD_LOSS
      ? finding(
          'LossSent',
          `${percent(sentLossShare)} of our packets were lost on the way to the other side, as it reports. Look for overloaded links and Wi-Fi between this server and it, and give voice priority there.`,
        )
      : undefined,
    received >= LEAST_PACKETS && jitterMs >= BAD_JITTER_MS
      ? finding(
          'JitterReceived',
          `Packets of the other side came unevenly: ${Math.round(jitterMs)} ms of jitter, ${Math.round(maxJitterMs)} ms at worst. Give voice priority (DSCP EF) on the links between it and this server, and avoid Wi-Fi.`,
        )
      : undefined,
    sent >= LEAST_PACKETS && remoteJitterMs >= BAD_JITTER_MS
      ? finding(
          'JitterSent',
          `Our packets came unevenly at the other side, as it reports: ${Math.round(remoteJitterMs)} ms of jitter, ${Math.round(remoteMaxJitterMs)} ms at worst. Give voice priority (DSCP EF) on the links between this server and it; if our packets left late too, look at this machine first.`,
        )
      : undefined,
    roundTripMs >= BAD_ROUND_TRIP_MS
      ? finding(
          'LongRoundTrip',
          `The network took ${Math.round(roundTripMs)} ms there and back, ${Math.round(maxRoundTripMs)} ms at worst: the two sides talk into each other. Use a trunk or a server nearer to the other side, and look for full queues (bufferbloat) on its link.`,
        )
      : undefined,
    sent >= LEAST_PACKETS && lateShare >= BAD_LATE
      ? finding(
          'LateFrames',
          `${percent(lateShare)} of our packets left more than 10 ms late: this machine was too busy. Give it more CPU, or let fewer calls run at once.`,
        )
      : undefined,
    poor('PoorReceived', 'The other side', estimateHeard(report)),
    poor('PoorSent', 'This side', estimateSaid(report)),
  ];
}

function poor(problem: 'PoorReceived' | 'PoorSent', whose: string, estimate: QualityEstimate | undefined): MediaFinding | undefined {
  if (!estimate || estimate.mos >= POOR_MOS) return undefined;
  const { mos, worst, lossShare, delayMs } = estimate;
  const why =
    worst === 'delay'
      ? `mostly because of the ${Math.round(delayMs)} ms from mouth to ear. Shorten the way: a nearer trunk or server, and no full queues on the links`
      : `mostly because ${percent(lossShare)} of it was not heard. Find the link that loses or delays packets, and give voice priority on it`;
  return finding(problem, `${whose} sounded poor, an estimated MOS of ${mos.toFixed(1)} of 4.4, ${why}.`);
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
