import type { Clock } from '../../kernel/clock.ts';
import type { Endpoint } from '../../wire/wire.ts';
import type { DigitChange } from '../rtp/digit-receiver.ts';
import type { HeardSoFar } from '../rtp/rtcp-session.ts';
import type { BridgeSide } from './bridge-side.ts';
import { DecodedAudio } from './decoded-audio.ts';
import { DigitCollector } from './digit-collector.ts';
import { DoubledDigits } from './doubled-digits.ts';
import type { Latch } from './latch.ts';
import type { AgreedMedia, AudioCodec } from './media-port.ts';
import type { MediaReport } from './media-report.ts';
import { type Heard, RtpReceiver } from './rtp-receiver.ts';
import type { StreamListeners } from './stream-listeners.ts';
import type { StreamSending } from './stream-sending.ts';
import type { StreamWatch } from './stream-watch.ts';

interface Parts {
  readonly clock: Clock;
  readonly latch: Latch;
  readonly watch: StreamWatch;
  readonly listeners: StreamListeners;
  /** What the stream sends: keys interrupt it, and the other side of its bridge hears what is heard. */
  readonly sending: StreamSending;
}

/** What one stream does with what it hears: keys go to who waits for them, audio to who listens, and both to the other side of its bridge. */
export class StreamReceiving implements Heard {
  readonly collector: DigitCollector;
  readonly #clock: Clock;
  readonly #watch: StreamWatch;
  readonly #listeners: StreamListeners;
  readonly #sending: StreamSending;
  readonly #side: BridgeSide;
  readonly #receiver: RtpReceiver;
  readonly #doubled = new DoubledDigits();
  readonly #decoded = new DecodedAudio();
  #agreed: AgreedMedia | undefined;
  /** Whether the agreement lets the peer send. */
  #mayHear = false;
  #keyHeld = false;
  #digits = 0;

  constructor(parts: Parts) {
    this.#clock = parts.clock;
    this.#watch = parts.watch;
    this.#listeners = parts.listeners;
    this.#sending = parts.sending;
    this.#side = parts.sending.side;
    this.collector = new DigitCollector(parts.clock);
    this.#receiver = new RtpReceiver(parts.latch, this, (why) => parts.watch.dropped(why));
  }

  /** What has come so far. */
  get seen(): RtpReceiver['reception'] & Pick<MediaReport, 'digits'> {
    return { ...this.#receiver.reception, digits: this.#digits };
  }

  /** What has come of the source that speaks now; undefined before the first packet. */
  get source(): HeardSoFar | undefined {
    return this.#receiver.source;
  }

  /** The agreement begins or changes. */
  agree(agreed: AgreedMedia): void {
    this.#agreed = agreed;
    this.#mayHear = agreed.direction === 'sendrecv' || agreed.direction === 'recvonly';
    // Who is on hold makes no noise either.
    if (!this.#mayHear) this.#side.restarted();
  }

  /** One datagram came to the port of the audio. Answers whether it was the first valid packet, since the answer when there is one. */
  receive(bytes: Uint8Array, from: Endpoint): boolean {
    const watch = this.#watch;
    const agreed = this.#agreed;
    if (!agreed) return false;
    const nowMs = this.#clock.now();
    if (!this.#mayHear) {
      // Who is on hold hears our music, wherever its NAT puts it.
      this.#receiver.overhear(bytes, from, agreed, nowMs);
      return false;
    }
    if (!this.#receiver.receive(bytes, from, agreed, nowMs)) return false;
    const isFirst = !watch.heard;
    watch.received(nowMs);
    return isFirst;
  }

  /** 20 ms have passed. */
  tick(nowMs: number): void {
    this.#receiver.allowMore();
    if (this.#keyHeld) this.#receiver.tick(nowMs);
  }

  /** See MediaStream.pressed. */
  pressedBeside(digit: string): void {
    const nowMs = this.#clock.now();
    if (!this.#doubled.isNew(digit, 'beside', nowMs)) return;
    this.#press(digit, nowMs);
    this.collector.released();
  }

  digit(change: DigitChange, nowMs: number): void {
    this.#keyHeld = change.kind === 'pressed';
    if (change.kind === 'released') {
      this.collector.released();
      return;
    }
    if (this.#doubled.isNew(change.digit, 'stream', nowMs)) this.#press(change.digit, nowMs);
  }

  audio(codec: AudioCodec, payload: Uint8Array, timestamp: number, newest: boolean, nowMs: number, sequence: number): void {
    const watch = this.#watch;
    const listeners = this.#listeners;
    const decoded = this.#decoded;
    decoded.take(codec, payload);
    this.#side.heard(codec, payload, timestamp, sequence, newest, decoded, nowMs);
    if (!watch.audible) watch.sound(decoded.samples());
    if (listeners.listens) listeners.audio(codec, payload, timestamp, newest, nowMs, sequence);
  }

  noise(payload: Uint8Array, timestamp: number, newest: boolean, nowMs: number, sequence: number): void {
    if (newest) this.#side.heardNoise(payload, sequence);
    this.#listeners.noise(payload, timestamp, newest, nowMs, sequence);
  }

  event(newest: boolean, sequence: number): void {
    if (newest) this.#side.heardOther(sequence);
    this.#listeners.event(newest);
  }

  restarted(): void {
    this.#side.restarted();
    this.#listeners.restarted();
  }

  /** Rejects who waits for digits, and gives memory of the codecs back. */
  close(error: unknown): void {
    this.collector.close(error);
    this.#decoded.close();
  }

  #press(digit: string, nowMs: number): void {
    this.#digits++;
    this.#side.pressed(digit);
    if (this.#listeners.pressed(digit, nowMs)) return;
    this.collector.pressed(digit);
    this.#sending.barge();
  }
}
