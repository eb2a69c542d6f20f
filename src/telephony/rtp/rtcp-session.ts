import type { Random } from '../../kernel/random.ts';
import { HeardThere } from './heard-there.ts';
import { ntpTime, shortNtp, shortUnitsPerMs } from './ntp-time.ts';
import { rtcpIntervalMs } from './rtcp-interval.ts';
import { type ReportBlock, type RtcpReport, readRtcp, type SenderInfo, writeRtcp } from './rtcp-packet.ts';

/** What was sent so far. */
export interface SentSoFar {
  readonly packets: number;
  /** Of payload only. */
  readonly bytes: number;
  /** The RTP timestamp that belongs to now. */
  readonly timestamp: number;
}

/** What was heard so far of the source that speaks now. */
export interface HeardSoFar {
  readonly ssrc: number;
  readonly highestSequence: number;
  readonly expected: number;
  readonly received: number;
  /** In units of the timestamps. */
  readonly jitter: number;
}

/** What the reports of both sides told. */
export interface RtcpSeen {
  readonly reportsSent: number;
  readonly reportsReceived: number;
  /** Packets of ours that never came there, and their mean and highest jitter there, in ms. Absent when no report of ours came back. */
  readonly remoteLost?: number;
  readonly remoteJitterMs?: number;
  readonly remoteMaxJitterMs?: number;
  /** There and back, its mean and highest. */
  readonly roundTripMs?: number;
  readonly maxRoundTripMs?: number;
  /** Whether its reports since the answer tell of audio of ours, although enough was sent. Absent when they leave it open. */
  readonly heardThere?: boolean;
  /** The other side has said goodbye. */
  readonly saidBye: boolean;
}

/** Headers of UDP and IPv4, which count for the bandwidth (RFC 3550 section 6.2). */
const HEADER_BYTES = 28;
const NAME_BYTES = 12;
/** Our last sender reports, which the peer may refer to. */
const REMEMBERED_REPORTS = 8;
/** Longer is no round trip: the peer is wrong about its own delay. */
const LONGEST_ROUND_TRIP_MS = 60_000;
/** A peer that sends more reports than this in a second is not listened to for the rest of it. */
const MOST_PER_SECOND = 10;

/**
 * The RTCP of one stream with one peer (RFC 3550 section 6): when to report, what, and what the other side reports. It is told the time
 * and moves no bytes itself. Our name is new in each session (RFC 7022 section 4.2). A goodbye is noted and ends nothing.
 */
export class RtcpSession {
  readonly #ssrc: number;
  readonly #random: Random;
  #clockRate: number;
  readonly #name: string;
  /** When the last report was sent, or the session began, and when the next one may be due. */
  #lastMs: number;
  #nextMs: number;
  #meanBytes = HEADER_BYTES + 80;
  #sent = 0;
  /** Packets sent at the last report and the one before: whoever has sent nothing since is no sender any more (section 6.4). */
  #packetsAtLast = 0;
  #packetsBefore = 0;
  #weSend = true;
  readonly #ownReports: number[] = [];
  /** Of the source that we reported on last. */
  #about: HeardSoFar | undefined;
  #senderReport: { readonly ssrc: number; readonly short: number; readonly atMs: number } | undefined;
  #received = 0;
  #secondBegan = 0;
  #inSecond = 0;
  #saidBye = false;
  #reporter: number | undefined;
  #lostBefore = 0;
  #lostNow: number | undefined;
  readonly #heardThere: HeardThere;
  readonly #jitter = new Mean();
  readonly #roundTrip = new Mean();

  /** `clockRate` is that of the timestamps, in Hz. */
  constructor(ssrc: number, random: Random, nowMs: number, clockRate = 8000) {
    this.#ssrc = ssrc;
    this.#heardThere = new HeardThere(ssrc);
    this.#random = random;
    this.#clockRate = clockRate;
    this.#name = Buffer.from(random.bytes(NAME_BYTES)).toString('base64');
    this.#lastMs = nowMs;
    this.#nextMs = nowMs + this.#interval();
  }

  /** Timestamps are of another clock from now on. */
  useClock(clockRate: number): void {
    this.#clockRate = clockRate;
  }

  /** The call is answered, `sentPackets` of ours were sent: only now is the other side to hear us. */
  answered(sentPackets: number): void {
    this.#heardThere.answered(sentPackets);
  }

  /** What was told so far. */
  get seen(): RtcpSeen {
    const heardThere = this.#heardThere.verdict;
    const lost = this.#lostNow === undefined ? undefined : Math.max(0, this.#lostBefore + this.#lostNow);
    return {
      reportsSent: this.#sent,
      reportsReceived: this.#received,
      ...(lost !== undefined && { remoteLost: lost }),
      ...(this.#jitter.count > 0 && { remoteJitterMs: this.#jitter.mean, remoteMaxJitterMs: this.#jitter.max }),
      ...(this.#roundTrip.count > 0 && { roundTripMs: this.#roundTrip.mean, maxRoundTripMs: this.#roundTrip.max }),
      ...(heardThere !== undefined && { heardThere }),
      saidBye: this.#saidBye,
    };
  }

  /** Whether a report is to be sent now. When the time has come the interval is drawn anew, and may put it off (section 6.3.6). */
  isDue(nowMs: number): boolean {
    if (nowMs < this.#nextMs) return false;
    this.#nextMs = this.#lastMs + this.#interval();
    return nowMs >= this.#nextMs;
  }

  /** The report to send now, with a goodbye when it is the last; undefined for the last of somebody who never sent anything (section 6.3.7). */
  report(nowMs: number, sent: SentSoFar, heard: HeardSoFar | undefined, isLast: boolean): Uint8Array | undefined {
    if (isLast && sent.packets === 0 && this.#sent === 0) return undefined;
    this.#weSend = sent.packets > this.#packetsBefore;
    this.#packetsBefore = this.#packetsAtLast;
    this.#packetsAtLast = sent.packets;
    const bytes = writeRtcp({
      ssrc: this.#ssrc,
      name: this.#name,
      isLast,
      ...(this.#weSend && { sender: this.#senderInfo(nowMs, sent) }),
      ...(heard && { block: this.#block(nowMs, heard) }),
    });
    this.#sent++;
    this.#count(bytes);
    this.#lastMs = nowMs;
    this.#nextMs = nowMs + this.#interval();
    return bytes;
  }

  /**
   * One datagram came. `source` is the RTP source that is heard, if any: only its reports count. `sentPackets` of ours were sent so far. Answers
   * whether it was a report of the peer; our own that come back (section 8.2), and more than ten in a second, are none.
   */
  receive(bytes: Uint8Array, nowMs: number, source: number | undefined, sentPackets = 0): boolean {
    if (nowMs - this.#secondBegan >= 1000) {
      this.#secondBegan = nowMs;
      this.#inSecond = 0;
    }
    if (this.#inSecond++ >= MOST_PER_SECOND) return false;
    const compound = readRtcp(bytes);
    if (!compound) return false;
    const { reports, names, byes } = compound;
    if (reports.some(({ ssrc }) => ssrc === this.#ssrc) || names.some(({ name }) => name === this.#name)) return false;
    const ofPeer = source === undefined ? reports : reports.filter(({ ssrc }) => ssrc === source);
    const peer = ofPeer[0]?.ssrc;
    if (peer === undefined) return false;
    this.#received++;
    this.#count(bytes);
    for (const report of ofPeer) this.#take(report, nowMs);
    if (byes.includes(peer)) this.#saidBye = true;
    else for (const report of ofPeer) this.#heardThere.report(report, sentPackets);
    return true;
  }

  #take({ ssrc, sender, blocks }: RtcpReport, nowMs: number): void {
    if (sender) this.#senderReport = { ssrc, short: shortNtp({ seconds: sender.ntpSeconds, fraction: sender.ntpFraction }), atMs: nowMs };
    const block = blocks.find(({ source }) => source === this.#ssrc);
    if (!block) return;
    // Somebody else listens from now on, and has begun to count anew.
    if (this.#reporter !== ssrc) this.#lostBefore += this.#lostNow ?? 0;
    this.#reporter = ssrc;
    this.#lostNow = block.lost;
    this.#jitter.add((block.jitter * 1000) / this.#clockRate);
    const roundTripMs = this.#roundTripOf(block, nowMs);
    if (roundTripMs !== undefined) this.#roundTrip.add(roundTripMs);
  }

  #roundTripOf({ lastSenderReport, sinceSenderReport }: ReportBlock, nowMs: number): number | undefined {
    if (lastSenderReport === 0 || !this.#ownReports.includes(lastSenderReport)) return undefined;
    const units = (shortNtp(ntpTime(nowMs)) - lastSenderReport - sinceSenderReport) | 0;
    const ms = units / shortUnitsPerMs;
    // Both clocks are rounded down, so a short one may come out a little below zero.
    return ms < -1 || ms > LONGEST_ROUND_TRIP_MS ? undefined : Math.max(0, ms);
  }

  #senderInfo(nowMs: number, { packets, bytes, timestamp }: SentSoFar): SenderInfo {
    const time = ntpTime(nowMs);
    this.#ownReports.push(shortNtp(time));
    if (this.#ownReports.length > REMEMBERED_REPORTS) this.#ownReports.shift();
    return { ntpSeconds: time.seconds, ntpFraction: time.fraction, rtpTimestamp: timestamp, packets, bytes };
  }

  #block(nowMs: number, heard: HeardSoFar): ReportBlock {
    const { ssrc, expected, received } = heard;
    const before = this.#about?.ssrc === ssrc ? this.#about : undefined;
    this.#about = heard;
    const expectedSince = expected - (before?.expected ?? 0);
    const lostSince = expectedSince - (received - (before?.received ?? 0));
    const fraction = expectedSince <= 0 || lostSince <= 0 ? 0 : Math.min(255, Math.floor((lostSince * 256) / expectedSince));
    const sender = this.#senderReport?.ssrc === ssrc ? this.#senderReport : undefined;
    return {
      source: ssrc,
      fractionLost: fraction,
      lost: expected - received,
      highestSequence: heard.highestSequence,
      jitter: heard.jitter,
      lastSenderReport: sender?.short ?? 0,
      sinceSenderReport: sender ? Math.min(0xffff_ffff, Math.max(0, Math.round((nowMs - sender.atMs) * shortUnitsPerMs))) : 0,
    };
  }

  #count({ length }: Uint8Array): void {
    this.#meanBytes += (length + HEADER_BYTES - this.#meanBytes) / 16;
  }

  #interval(): number {
    const theyAre = this.#received > 0 && !this.#saidBye;
    const theySend = theyAre && this.#senderReport !== undefined;
    return rtcpIntervalMs(
      {
        members: theyAre ? 2 : 1,
        senders: (this.#weSend ? 1 : 0) + (theySend ? 1 : 0),
        weSend: this.#weSend,
        meanBytes: this.#meanBytes,
        isFirst: this.#sent === 0,
      },
      this.#random,
    );
  }
}

class Mean {
  count = 0;
  max = 0;
  #sum = 0;

  get mean(): number {
    return this.#sum / this.count;
  }

  add(value: number): void {
    this.count++;
    this.#sum += value;
    if (value > this.max) this.max = value;
  }
}
