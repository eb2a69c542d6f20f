import type { Random } from '../../kernel/random.ts';
import type { Endpoint } from '../../wire/wire.ts';
import { RTP_HEADER_BYTES, writeRtpHeader } from '../rtp/packet.ts';
import type { RtpSocket } from '../rtp/rtp-socket.ts';
import { TELEPHONE_EVENT_BYTES, type TelephoneEvent, writeTelephoneEvent } from '../rtp/telephone-event.ts';
import { FRAME_SAMPLES } from './frame-clock.ts';
import { type AudioCodec, clockRates } from './media-port.ts';
import { OutgoingAudio } from './outgoing-audio.ts';
import { PassedNumbers } from './passed-numbers.ts';
import type { FramePlayer } from './player.ts';

const SAMPLE_RATE = 8000;
/** Timestamps that run ahead by no more fall back into time in the next pause: packets that are passed on come late, or beside a frame of ours. */
const MAX_AHEAD_FRAMES = 5;

/**
 * The RTP packets of one stream, written into buffers that are made once. Source, sequence and timestamp begin at random
 * (RFC 3550 section 5.1), the sequence in its lower half, so that with SRTP a loss at the start cannot hide a wrap (RFC 3711 section 3.3.1). Each frame moves the timestamp on by 20 ms of the clock of the codec, whether it is sent or not; the marker says that the packet does not
 * follow directly on the one before (RFC 3551 section 4.1).
 */
export class RtpSender {
  readonly #socket: RtpSocket;
  /** The source that our packets name. */
  readonly ssrc: number;
  readonly #audio = new OutgoingAudio();
  /** A packet of somebody else's that is passed on; made when the first one is. */
  #passed = new Uint8Array(0);
  readonly #numbers = new PassedNumbers();
  readonly #event = new Uint8Array(RTP_HEADER_BYTES + TELEPHONE_EVENT_BYTES);
  #sequence: number;
  #timestamp: number;
  /** The timestamp of a frame of our own at the next beat, were it for the time that has gone by alone. */
  #due: number;
  /** Whether another source speaks through us: its packets are sent when they come, and beats move only `#due` on. */
  #lent = false;
  #eventTimestamp = 0;
  #marker = true;
  #payloadType = 0;
  #clockRate: number = clockRates.PCMU;
  /** What a frame of 20 ms moves the timestamp on by. */
  #frameUnits = FRAME_SAMPLES;
  /** Of the clock of telephone-event, for each sample. */
  #eventUnits = 1;
  #sent = 0;
  #payloadBytes = 0;

  constructor(socket: RtpSocket, random: Random) {
    this.#socket = socket;
    this.ssrc = random.below(0x1_0000_0000);
    this.#sequence = random.below(0x8000);
    this.#timestamp = random.below(0x1_0000_0000);
    this.#due = this.#timestamp;
  }

  /** Packets sent so far. */
  get sent(): number {
    return this.#sent;
  }

  /** Bytes of payload sent so far. */
  get payloadBytes(): number {
    return this.#payloadBytes;
  }

  /** The frame that was sent last, in samples that the next call overwrites. */
  sentSamples(): Int16Array {
    return this.#audio.samples();
  }

  /** The sequence number of the next packet. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The RTP timestamp of the next frame. */
  get timestamp(): number {
    return this.#timestamp;
  }

  /** What audio is sent as from now on. `eventRate` is the clock of telephone-event in Hz, when it is not that of the codec. */
  use(codec: AudioCodec, payloadType: number, eventRate: number = clockRates[codec]): void {
    this.#audio.use(codec);
    if (payloadType !== this.#payloadType) this.#marker = true;
    this.#clockRate = clockRates[codec];
    this.#frameUnits = FRAME_SAMPLES * (this.#clockRate / SAMPLE_RATE);
    this.#eventUnits = eventRate / SAMPLE_RATE;
    this.#payloadType = payloadType;
  }

  /** Sends the next frame of `player`, or silence when it has none. Answers the timestamp that it was sent with. */
  sendAudio(player: FramePlayer | undefined, to: Endpoint): number {
    this.passAnew();
    const timestamp = this.#timestamp;
    const played = this.#audio.fill(player);
    const packet = this.#audio.packet();
    writeRtpHeader(packet, this.#marker, this.#payloadType, this.#sequence, timestamp, this.ssrc);
    this.#socket.send(packet, to);
    this.#marker = false;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#count(packet.length);
    this.#advance(1);
    if (played) player?.handedOver();
    return timestamp;
  }

  /** Sends a packet of a telephone-event in place of a frame. `first` is whether the event begins with it (RFC 4733 section 2.5.1). */
  sendEvent(payloadType: number, event: TelephoneEvent, first: boolean, to: Endpoint): void {
    this.passAnew();
    if (first) this.#eventTimestamp = this.#timestamp;
    writeRtpHeader(this.#event, first, payloadType, this.#sequence, this.#eventTimestamp, this.ssrc);
    writeTelephoneEvent(this.#event, RTP_HEADER_BYTES, event, this.#eventUnits);
    this.#socket.send(this.#event, to);
    this.#marker = true;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#count(this.#event.length);
    this.#advance(1);
  }

  /**
   * Passes on a payload that is encoded as ours is. Its numbers may begin anywhere; ours go on from what was sent before, and keep their gaps.
   * Unless it is the `newest`, it fills one. Answers the timestamp that it was sent with, or undefined when it came too late for that.
   */
  pass(payload: Uint8Array, timestamp: number, sequence: number, newest: boolean, to: Endpoint): number | undefined {
    if (newest) this.#lent = true;
    const numbers = this.#numbers;
    if (!numbers.place(sequence, timestamp, newest, this)) return undefined;
    this.#sendOther(payload, numbers.sequence, numbers.timestamp, newest, to);
    return numbers.timestamp;
  }

  /** The newest packet of the source that is passed on was not for passing on. */
  omit(sequence: number): void {
    this.#numbers.omit(sequence);
  }

  #sendOther(payload: Uint8Array, sequence: number, timestamp: number, newest: boolean, to: Endpoint): void {
    const length = RTP_HEADER_BYTES + payload.length;
    if (this.#passed.length !== length) this.#passed = new Uint8Array(length);
    this.#passed.set(payload, RTP_HEADER_BYTES);
    writeRtpHeader(this.#passed, newest && this.#marker, this.#payloadType, sequence, timestamp, this.ssrc);
    this.#socket.send(this.#passed, to);
    this.#count(length);
    if (!newest) return;
    this.#marker = false;
    this.#sequence = (sequence + 1) & 0xffff;
    this.#timestamp = (timestamp + this.#frameUnits) >>> 0;
  }

  /** What is passed on from now on is another source's, or begins anew: what is sent next is stamped with the time that has gone by. */
  passAnew(): void {
    this.#numbers.end();
    if (!this.#lent) return;
    this.#lent = false;
    this.#catchUp();
  }

  /** Gives memory of the codec back. Idempotent; nothing is sent any more. */
  close(): void {
    this.#audio.close();
  }

  /** Plays a frame to nobody, because the agreement says that we may not send. */
  mute(player: FramePlayer | undefined): void {
    this.passAnew();
    if (player && this.#audio.fill(player)) player.handedOver();
    this.skip(1);
  }

  /** So many frames of ours are not sent. */
  skip(frames: number): void {
    if (this.#lent) {
      this.#due = (this.#due + frames * this.#frameUnits) >>> 0;
      return;
    }
    this.#marker = true;
    this.#advance(frames);
  }

  /** Frames that were not sent take their time all the same (RFC 3550 section 5.1). */
  #catchUp(): void {
    const ahead = (this.#timestamp - this.#due) | 0;
    if (ahead < 0) {
      this.#timestamp = this.#due;
      this.#marker = true;
    } else if (ahead > MAX_AHEAD_FRAMES * this.#frameUnits) {
      this.#due = this.#timestamp;
    }
  }

  #count(packetBytes: number): void {
    this.#sent++;
    this.#payloadBytes += packetBytes - RTP_HEADER_BYTES;
  }

  #advance(frames: number): void {
    const units = frames * this.#frameUnits;
    this.#timestamp = (this.#timestamp + units) >>> 0;
    this.#due = (this.#due + units) >>> 0;
  }
}
