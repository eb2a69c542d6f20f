import type { Endpoint } from '../../wire/wire.ts';
import type { BufferCounts } from '../rtp/jitter-buffer.ts';

/** Why a packet that came was not heard. */
export type DropReason = 'refused' | 'unagreed' | 'unauthentic' | 'unencrypted';

/** What a listener has heard so far. */
export interface HeardCounts extends BufferCounts {
  /** Frames that were made up because their packets were lost or late. */
  readonly concealed: number;
}

/** What one stream saw: counts since it was opened, times from the answer, or from `start` when there was none. */
export interface MediaReport {
  readonly sent: number;
  readonly received: number;
  /** Of these, the packets that came before the answer. */
  readonly receivedEarly: number;
  readonly lost: number;
  /** Frames that left more than 10 ms after they were due, since the answer when there was one. */
  readonly late: number;
  readonly digits: number;
  /** Packets that came once more, and those that came after a later one. */
  readonly repeated: number;
  readonly reordered: number;
  /** To the first packet sent, and to the first valid packet received. */
  readonly firstSentMs?: number;
  readonly firstReceivedMs?: number;
  /** How long the agreement let us send, and had us expect audio. */
  readonly sendingMs: number;
  readonly receivingMs: number;
  /** The longest time between two packets, and from the last packet to the end, while audio was expected. */
  readonly longestGapMs?: number;
  readonly quietMs?: number;
  /** How long the peer allowed us no audio of its own, by its SDP and without a hold of ours. */
  readonly heldMs: number;
  /** How long it allowed us none, likewise. */
  readonly mutedMs: number;
  /** The longest time in which packets came and none was heard: why they were dropped, and whether audio was heard again. */
  readonly deaf?: { readonly ms: number; readonly ended: boolean; readonly dropped: Readonly<Record<DropReason, number>> };
  /** Interarrival jitter (RFC 3550 section 6.4.1): its mean over the call and its highest value. */
  readonly jitterMs?: number;
  readonly maxJitterMs?: number;
  /** Whether anything but silence was received, since the answer when there was one. */
  readonly audible: boolean;
  /** What was agreed last, by its name in SDP. */
  readonly codec?: string;
  /** The clock of its RTP timestamps, in Hz. */
  readonly clockRate?: number;
  /** Where the SDP said that the peer is, and where its audio came from. */
  readonly expectedFrom?: Endpoint;
  /** Whether audio is taken from there only, whoever proves to be the peer. */
  readonly onlyExpected?: boolean;
  readonly receivedFrom?: Endpoint;
  /** How often its audio went on from another port or address, though the SDP had not changed: its NAT has given it another. */
  readonly sourceMoves: number;
  /** Packets that were not taken because they came from elsewhere: from where the last did. Those that the kernel drops are not seen. */
  readonly refused: number;
  readonly refusedFrom?: Endpoint;
  /** Packets of a payload type that was not agreed, and the type of the last. */
  readonly unagreed: number;
  readonly unagreedType?: number;
  /** Packets that SRTP refused: not the peer's, changed or repeated; and those that came in clear. Absent when the call was in clear. */
  readonly unauthentic?: number;
  readonly unencrypted?: number;
  /** What the jitter buffer did, when somebody listened: a recording, or the search for digits in the audio. */
  readonly buffer?: HeardCounts;
  /** RTCP reports sent, and taken from the peer. */
  readonly reportsSent: number;
  readonly reportsReceived: number;
  /** What the peer says of our audio: packets that it lost, and their jitter there, its mean and highest. Absent when it never said. */
  readonly remoteLost?: number;
  readonly remoteJitterMs?: number;
  readonly remoteMaxJitterMs?: number;
  /** Of the network, there and back: its mean and highest. Absent when no report of ours was answered. */
  readonly roundTripMs?: number;
  readonly maxRoundTripMs?: number;
  /** Whether the reports of the peer since the answer tell of audio of ours, although enough was sent. Absent when they leave it open. */
  readonly heardThere?: boolean;
  /** Whether the peer has said by RTCP that its audio is over. */
  readonly saidBye: boolean;
}

/** The report of a stream that never began. */
export const nothingSeen: MediaReport = {
  sent: 0,
  received: 0,
  receivedEarly: 0,
  lost: 0,
  late: 0,
  digits: 0,
  repeated: 0,
  reordered: 0,
  sendingMs: 0,
  receivingMs: 0,
  heldMs: 0,
  mutedMs: 0,
  audible: false,
  refused: 0,
  unagreed: 0,
  sourceMoves: 0,
  reportsSent: 0,
  reportsReceived: 0,
  saidBye: false,
};
