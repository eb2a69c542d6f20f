import type { Clock } from '../../kernel/clock.ts';
import type { Endpoint } from '../../wire/wire.ts';
import type { BridgePartner } from './bridge-partner.ts';
import type { CallRecorder } from './call-recorder.ts';
import type { DecodedAudio } from './decoded-audio.ts';
import { type BridgeEnd, FarSide } from './far-side.ts';
import type { AgreedMedia, AudioCodec } from './media-port.ts';
import { NoisePlayer } from './noise-player.ts';
import type { FramePlayer } from './player.ts';
import type { RtpSender } from './rtp-sender.ts';
import type { StreamWatch } from './stream-watch.ts';
import { Transcoder } from './transcoder.ts';

/** How long one side may say nothing before the other is sent silence: longer than packets are late on ordinary networks. */
const PATIENCE_MS = 100;

/** The stream of a side, as the other side speaks through it. */
export interface BridgedStream {
  readonly sender: RtpSender;
  readonly watch: StreamWatch;
  /** What is agreed on; undefined while nothing may be sent, or something of the stream's own is. */
  readonly open: AgreedMedia | undefined;
  /** Where to send. */
  readonly to: Endpoint | undefined;
  readonly callRecorder: CallRecorder | undefined;
  /** Sends a digit, if that was agreed on. */
  press(digit: string): void;
}

/**
 * One side of a bridge of two streams, of this thread or of two. Packets of the same codec are passed on as they come, so their order, gaps and sound
 * stay; others are decoded and encoded, and their gaps stay.
 */
export class BridgeSide implements BridgePartner {
  readonly #stream: BridgedStream;
  #other: BridgePartner | undefined;
  /** When something of the other side was sent last. */
  #passedAtMs = Number.NEGATIVE_INFINITY;
  #transcoder: Transcoder | undefined;
  /** Of pauses; undefined before the first: most calls have none, and each packet looks. */
  #noise: NoisePlayer | undefined;
  /** Whether what was passed on last was encoded anew. */
  #isMade = false;

  constructor(stream: BridgedStream) {
    this.#stream = stream;
  }

  join(other: BridgeSide): void {
    this.leave();
    other.leave();
    this.#other = other;
    other.#other = this;
  }

  /** Joins it with a side in another thread, which has the other end. */
  joinAcross(end: BridgeEnd, clock: Clock): void {
    this.leave();
    this.#other = new FarSide(end, this, clock, () => this.leave());
  }

  /** Ends the bridge, for both sides. Idempotent. */
  leave(): void {
    const other = this.#other;
    if (!other) return;
    this.left();
    other.left();
  }

  /** Whether what the other side says is sent when it comes, so that the stream need not send silence. */
  speaks(nowMs: number): boolean {
    return this.#other !== undefined && nowMs - this.#passedAtMs < PATIENCE_MS;
  }

  /** The noise of the pause that the other side makes, if it makes one that is to be heard. */
  get noisePlayer(): FramePlayer | undefined {
    return this.#noise?.isOn ? this.#noise : undefined;
  }

  /** This side has heard a packet of audio. `newest` is whether it is the latest of its sequence. */
  heard(
    codec: AudioCodec,
    payload: Uint8Array,
    timestamp: number,
    sequence: number,
    newest: boolean,
    decoded: DecodedAudio,
    nowMs: number,
  ): void {
    if (this.#other) this.#other.pass(codec, payload, timestamp, sequence, newest, decoded, nowMs);
  }

  /** This side has heard a packet that is no audio, the latest of its sequence. */
  heardOther(sequence: number): void {
    if (this.#other) this.#other.omit(sequence);
  }

  /** This side has heard what noise there is in a pause of its peer, in the latest packet of its sequence. */
  heardNoise(payload: Uint8Array, sequence: number): void {
    if (this.#other) this.#other.noise(payload, sequence);
  }

  /** A key was pressed on this side. */
  pressed(digit: string): void {
    if (this.#other) this.#other.press(digit);
  }

  /** The timestamps that this side hears begin anew. */
  restarted(): void {
    if (this.#other) this.#other.passAnew();
  }

  pass(
    codec: AudioCodec,
    payload: Uint8Array,
    timestamp: number,
    sequence: number,
    newest: boolean,
    decoded: DecodedAudio,
    nowMs: number,
  ): void {
    if (newest) this.#noise?.stop();
    const { open: agreed, to, sender, callRecorder, watch } = this.#stream;
    if (!agreed || !to) return;
    if (newest) this.#passedAtMs = nowMs;
    if (codec === agreed.codec) {
      if (this.#isMade && !this.#turn(false, newest)) return;
      const sentTimestamp = sender.pass(payload, timestamp, sequence, newest, to);
      if (sentTimestamp === undefined) return;
      if (callRecorder) callRecorder.sentPacket(codec, payload, sentTimestamp, nowMs);
      watch.sent(0, nowMs);
      return;
    }
    if (this.#transcoder?.codec !== agreed.codec) {
      this.#transcoder?.close();
      this.#transcoder = new Transcoder(agreed.codec);
      this.#isMade = false;
    }
    if (!this.#isMade && !this.#turn(true, newest)) return;
    const transcoder = this.#transcoder;
    if (newest) {
      transcoder.take(codec, decoded.samples(), timestamp, sequence);
      while (transcoder.next()) this.#sendMade(transcoder, true, to, nowMs);
    } else if (transcoder.takesLate(codec) && transcoder.late(codec, decoded.samples(), timestamp, sequence)) {
      this.#sendMade(transcoder, false, to, nowMs);
    }
  }

  omit(sequence: number): void {
    if (this.#isMade) this.#transcoder?.omit(sequence);
    else this.#stream.sender.omit(sequence);
  }

  noise(payload: Uint8Array, sequence: number): void {
    this.omit(sequence);
    this.#noise ??= new NoisePlayer();
    this.#noise.use(payload);
  }

  press(digit: string): void {
    this.#stream.press(digit);
  }

  passAnew(): void {
    this.#noise?.stop();
    this.#transcoder?.restart();
    this.#stream.sender.passAnew();
  }

  left(): void {
    if (!this.#other) return;
    this.#other = undefined;
    this.#transcoder?.close();
    this.#transcoder = undefined;
    this.#isMade = false;
    this.#noise?.stop();
    this.#passedAtMs = Number.NEGATIVE_INFINITY;
    this.#stream.sender.passAnew();
  }

  #sendMade({ codec, payload, frame, timestamp, sequence }: Transcoder, newest: boolean, to: Endpoint, nowMs: number): void {
    const { sender, callRecorder, watch } = this.#stream;
    const sentTimestamp = sender.pass(payload, timestamp, sequence, newest, to);
    if (sentTimestamp === undefined) return;
    callRecorder?.sent(codec, frame, sentTimestamp, nowMs);
    watch.sent(0, nowMs);
  }

  /** From now on packets are made anew, or not any more: they have other numbers. A late one does not change that. Answers whether it is done. */
  #turn(isMade: boolean, newest: boolean): boolean {
    if (!newest) return false;
    this.#isMade = isMade;
    this.#transcoder?.restart();
    this.#stream.sender.passAnew();
    return true;
  }
}
