import type { Random } from '../../kernel/random.ts';
import type { Endpoint } from '../../wire/wire.ts';
import { RTP_HEADER_BYTES, writeRtpHeader } from '../rtp/packet.ts';
import type { RtpSocket } from '../rtp/rtp-socket.ts';
import { SampleTimestamps } from '../rtp/sample-timestamps.ts';
import { TELEPHONE_EVENT_BYTES, type TelephoneEvent, writeTelephoneEvent } from '../rtp/telephone-event.ts';
import { FRAME_SAMPLES } from './frame-clock.ts';
import { type AudioCodec, clockRates } from './media-port.ts';
import { OutgoingAudio } from './outgoing-audio.ts';
import type { FramePlayer } from './player.ts';

const SAMPLE_RATE = 8000;

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
  /** From the timestamps of what is passed on to ours; undefined when there is nothing to go on from. */
  #passedOffset: number | undefined;
  readonly #event = new Uint8Array(RTP_HEADER_BYTES + TELEPHONE_EVENT_BYTES);
  #sequence: number;
  #timestamp: number;
  #eventTimestamp = 0;
  #marker = true;
  #payloadType = 0;
  #clockRate: number = clockRates.PCMU;
  /** What a frame of 20 ms moves the timestamp on by. */
  #frameUnits = FRAME_SAMPLES;
  /** Of the clock of telephone-event, for each sample. */
  #eventUnits = 1;
  readonly #samples = new SampleTimestamps();
  #sent = 0;
  #payloadBytes = 0;

  constructor(socket: RtpSocket, random: Random) {
    this.#socket = socket;
    this.ssrc = random.below(0x1_0000_0000);
    this.#sequence = random.below(0x8000);
    this.#timestamp = random.below(0x1_0000_0000);
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

  /** The RTP timestamp of the next frame. */
  get timestamp(): number {
    return this.#timestamp;
  }

  /** The same, counted in samples, 8000 per second, whatever the clock is. */
  sampleTimestamp(timestamp = this.#timestamp): number {
    return this.#samples.of(timestamp, this.#clockRate);
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

  /** Sends the next frame of `player`, or silence when it has none. */
  sendAudio(player: FramePlayer | undefined, to: Endpoint): void {
    this.#passedOffset = undefined;
    const played = this.#audio.fill(player);
    const packet = this.#audio.packet();
    writeRtpHeader(packet, this.#marker, this.#payloadType, this.#sequence, this.#timestamp, this.ssrc);
    this.#socket.send(packet, to);
    this.#marker = false;
    this.#count(packet.length);
    this.#advance(1);
    if (played) player?.handedOver();
  }

  /** Sends a packet of a telephone-event in place of a frame. `first` is whether the event begins with it (RFC 4733 section 2.5.1). */
  sendEvent(payloadType: number, event: TelephoneEvent, first: boolean, to: Endpoint): void {
    if (first) this.#eventTimestamp = this.#timestamp;
    this.#passedOffset = undefined;
    writeRtpHeader(this.#event, first, payloadType, this.#sequence, this.#eventTimestamp, this.ssrc);
    writeTelephoneEvent(this.#event, RTP_HEADER_BYTES, event, this.#eventUnits);
    this.#socket.send(this.#event, to);
    this.#marker = true;
    this.#count(this.#event.length);
    this.#advance(1);
  }

  /**
   * Passes on a payload that is encoded as ours is. Its timestamps may begin anywhere; ours go on from what was sent before, and keep its
   * gaps. Answers the timestamp that it was sent with.
   */
  pass(payload: Uint8Array, timestamp: number, to: Endpoint): number {
    this.#passedOffset ??= this.#timestamp - timestamp;
    const own = (timestamp + this.#passedOffset) >>> 0;
    const length = RTP_HEADER_BYTES + payload.length;
    if (this.#passed.length !== length) this.#passed = new Uint8Array(length);
    this.#passed.set(payload, RTP_HEADER_BYTES);
    writeRtpHeader(this.#passed, this.#marker, this.#payloadType, this.#sequence, own, this.ssrc);
    this.#socket.send(this.#passed, to);
    this.#marker = false;
    this.#count(length);
    this.#timestamp = (own + this.#frameUnits) >>> 0;
    return own;
  }

  /** Sends a payload that is encoded as ours are, as the next frame. */
  sendPayload(payload: Uint8Array, to: Endpoint): void {
    this.#passedOffset = undefined;
    this.pass(payload, this.#timestamp, to);
  }

  /** What is passed on from now on is another source's, or begins anew. */
  passAnew(): void {
    this.#passedOffset = undefined;
  }

  /** Gives memory of the codec back. Idempotent; nothing is sent any more. */
  close(): void {
    this.#audio.close();
  }

  /** Plays a frame to nobody, because the agreement says that we may not send. */
  mute(player: FramePlayer): void {
    if (this.#audio.fill(player)) player.handedOver();
    this.skip(1);
  }

  /** So many frames are not sent. */
  skip(frames: number): void {
    this.#marker = true;
    this.#passedOffset = undefined;
    this.#advance(frames);
  }

  #count(packetBytes: number): void {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#sent++;
    this.#payloadBytes += packetBytes - RTP_HEADER_BYTES;
  }

  #advance(frames: number): void {
    this.#timestamp = (this.#timestamp + frames * this.#frameUnits) >>> 0;
  }
}
