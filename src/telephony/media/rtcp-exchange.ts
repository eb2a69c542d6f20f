import type { Clock } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import type { Endpoint } from '../../wire/wire.ts';
import { type HeardSoFar, type RtcpSeen, RtcpSession, type SentSoFar } from '../rtp/rtcp-session.ts';
import type { RtpSocket } from '../rtp/rtp-socket.ts';
import type { Latch } from './latch.ts';
import { type AgreedMedia, clockRates } from './media-port.ts';

interface Parts {
  /** The socket of the audio, which carries RTCP too when the peer wants it where its audio goes (RFC 5761). */
  readonly audio: Pick<RtpSocket, 'send'>;
  readonly own: RtpSocket;
  readonly latch: Latch;
  readonly clock: Clock;
  readonly ssrc: number;
  readonly random: Random;
  /** What was sent and heard so far. */
  readonly sent: () => SentSoFar;
  readonly heard: () => HeardSoFar | undefined;
  /** Called for each report of the peer. */
  readonly reported: () => void;
}

/**
 * The reports that one stream sends and takes, over a port of their own or that of the audio. They go where the SDP says (RFC 3605), to
 * the port above that of the audio when it says nothing, and to where the peer's own reports come from when that is another port
 * (RFC 4961). Only reports from the address of the peer's audio, or the one that the SDP names, are taken.
 */
export class RtcpExchange {
  readonly #parts: Parts;
  #session: RtcpSession | undefined;
  #told: Endpoint | undefined;
  /** Where the peer's reports come from, once some have. */
  #from: Endpoint | undefined;
  #isWithAudio = false;
  /** Whether the SDP names another address than that of the audio. */
  #isElsewhere = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.own.onReceive((bytes, from) => {
      if (this.#take(bytes, from)) this.#from = { address: from.address, port: from.port };
    });
  }

  /** What the reports told so far. */
  get seen(): RtcpSeen {
    return this.#session?.seen ?? { reportsSent: 0, reportsReceived: 0, saidBye: false };
  }

  /** The agreement begins or changes. */
  agree({ remote, codec, rtcp = { address: remote.address, port: remote.port + 1 } }: AgreedMedia): void {
    const { ssrc, random, clock } = this.#parts;
    this.#session ??= new RtcpSession(ssrc, random, clock.now());
    this.#session.useClock(clockRates[codec]);
    if (!this.#told || !same(this.#told, rtcp)) this.#from = undefined;
    this.#told = { address: rtcp.address, port: rtcp.port };
    this.#isWithAudio = same(remote, rtcp);
    this.#isElsewhere = remote.address !== rtcp.address;
  }

  /** The call is answered: only what the peer reports from now on tells whether it hears us. */
  answered(): void {
    this.#session?.answered(this.#parts.sent().packets);
  }

  /** Time has passed: sends a report when one is due. */
  tick(nowMs: number): void {
    if (this.#session?.isDue(nowMs)) this.#send(nowMs, false);
  }

  /** A datagram of RTCP came to the port of the audio. */
  receive(bytes: Uint8Array, from: Endpoint): void {
    if (from.port === this.#parts.latch.target?.port) this.#take(bytes, from);
  }

  /** Says goodbye, and gives the port back. */
  close(): void {
    this.#send(this.#parts.clock.now(), true);
    this.#parts.own.close();
  }

  #take(bytes: Uint8Array, { address }: Endpoint): boolean {
    const { latch, clock, sent, heard, reported } = this.#parts;
    if (address !== latch.target?.address && !(this.#isElsewhere && address === this.#told?.address)) return false;
    const isReport = this.#session?.receive(bytes, clock.now(), heard()?.ssrc, sent().packets) ?? false;
    if (isReport) reported();
    return isReport;
  }

  #send(nowMs: number, isLast: boolean): void {
    const to = this.#to();
    if (!to) return;
    const { audio, own, sent, heard } = this.#parts;
    const report = this.#session?.report(nowMs, sent(), heard(), isLast);
    if (report) (this.#isWithAudio ? audio : own).send(report, to);
  }

  #to(): Endpoint | undefined {
    const target = this.#parts.latch.target;
    const told = this.#told;
    // An old way to hold a call (RFC 3264 section 8.4): there is nobody.
    if (!target || !told || isNobody(target) || isNobody(told)) return undefined;
    if (this.#isWithAudio) return target;
    // Behind NAT the address is known by the audio only; when that has moved, what is known of the reports is old.
    const from = this.#isElsewhere || this.#from?.address === target.address ? this.#from : undefined;
    return from ?? (this.#isElsewhere ? told : { address: target.address, port: told.port });
  }
}

function isNobody({ address }: Endpoint): boolean {
  return address === '0.0.0.0' || address === '::';
}

function same(left: Endpoint, right: Endpoint): boolean {
  return left.port === right.port && left.address === right.address;
}
