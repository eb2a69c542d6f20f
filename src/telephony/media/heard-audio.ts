import { MAX_PACKET_SAMPLES } from '../audio/codec-interface.ts';
import { ComfortNoise } from '../audio/comfort-noise.ts';
import { CONCEALED_FRAMES, LossConcealment, REMEMBERED_SAMPLES } from '../audio/loss-concealment.ts';
import { JitterBuffer } from '../rtp/jitter-buffer.ts';
import { SampleTimestamps } from '../rtp/sample-timestamps.ts';
import { DecodedAudio } from './decoded-audio.ts';
import { FRAME_MS, FRAME_SAMPLES } from './frame-clock.ts';
import { type AudioCodec, clockRates } from './media-port.ts';
import type { HeardCounts } from './media-report.ts';
import { PacketRun } from './packet-run.ts';
import type { RecordedAudio } from './recording-window.ts';

/** Who wants all audio in the order and the time of its sender, as recordings do. */
export interface AudioTap {
  /**
   * The next audio, which may be used again afterwards, what was made up for lost audio too. `position` counts samples of the sender; it came, or
   * would have come, at `arrivalMs`.
   */
  taken(audio: RecordedAudio, position: number, arrivalMs: number): void;
  /** Positions begin anew. */
  restarted(): void;
}

/** When the beat stood still for longer, it begins anew. */
const MOST_SKIPPED = 25;
/** How often `gather` looks how long packets are on their way now: it goes through all that are remembered. */
const GATHERS_TO_LOOK = 3;

/**
 * What one stream hears, a frame of 20 ms on each beat: packets wait in a jitter buffer, are decoded in order, and what is missing is made up. It
 * costs nothing as long as nobody calls it.
 */
export class HeardAudio {
  /** What came in order since the last `gather`. It stands first, since most packets need it and nothing else. */
  readonly #run = new PacketRun();
  readonly #tap: AudioTap;
  readonly #buffer = new JitterBuffer();
  readonly #decoded = new DecodedAudio();
  readonly #concealment = new LossConcealment();
  readonly #noise = new ComfortNoise();
  /** Samples that were decoded and not taken yet: less than a frame when the next packet is decoded. */
  readonly #queue = new Int16Array(MAX_PACKET_SAMPLES + FRAME_SAMPLES);
  #queued = 0;
  readonly #frame = new Int16Array(FRAME_SAMPLES);
  readonly #other = new Int16Array(FRAME_SAMPLES);
  readonly #madeUp = new Int16Array(FRAME_SAMPLES);
  readonly #timestamps = new SampleTimestamps();
  #gathers = false;
  #gathersToLook = GATHERS_TO_LOOK;
  #codec: AudioCodec | undefined;
  #missingInRow = 0;
  #isMadeUp = false;
  #concealed = 0;

  constructor(tap: AudioTap) {
    this.#tap = tap;
  }

  get counts(): HeardCounts {
    return { ...this.#buffer.counts, concealed: this.#concealed };
  }

  /** Whether anything waits to be taken. */
  get waits(): boolean {
    return this.#buffer.waiting > 0 || !this.#run.isEmpty;
  }

  /** Whether a part of the frame that was taken last did not come from the sender. */
  get isMadeUp(): boolean {
    return this.#isMadeUp;
  }

  /** A packet came that had not come before, with its RTP timestamp. `isNewest` is whether it is the latest of its sequence. */
  put(codec: AudioCodec, payload: Uint8Array, sequence: number, timestamp: number, isNewest: boolean, nowMs: number): void {
    if (this.#run.add(codec, payload, sequence, timestamp, nowMs)) return;
    this.#catchUp();
    const position = this.#timestamps.of(timestamp, clockRates[codec]);
    const isNext = this.#gathers && codec === this.#codec && this.#buffer.isNext(position, nowMs);
    if (isNext && this.#run.begin(codec, payload, sequence, timestamp, nowMs)) return;
    this.#put(codec, payload, sequence, position, isNewest, nowMs);
  }

  /** A packet came that says what noise to make in the pause that follows; else like `put`. */
  putNoise(payload: Uint8Array, sequence: number, timestamp: number, isNewest: boolean, nowMs: number): void {
    this.#catchUp();
    const position = this.#timestamps.of(timestamp, clockRates.PCMU);
    if (this.#codec !== undefined) this.#buffer.put(payload, sequence, position, isNewest, nowMs, true);
  }

  /** The source sends digits in place of audio. */
  pause(): void {
    this.#catchUp();
    this.#buffer.pause();
  }

  /** Timestamps begin anew. What waits goes to the tap. */
  restart(): void {
    this.drain();
    this.#buffer.restart();
    this.#tap.restarted();
  }

  /** The frame to be played at `nowMs`, in samples that the next call overwrites. To be called every 20 ms. */
  take(nowMs: number): Int16Array {
    this.#isMadeUp = false;
    switch (this.#buffer.plan(nowMs, this.#queued)) {
      case 'wait':
        this.#frame.fill(0);
        break;
      case 'take':
        this.#pull(this.#frame);
        break;
      case 'repeat':
        this.#isMadeUp = true;
        this.#concealment.conceal(this.#frame);
        break;
      case 'skip':
        this.#pull(this.#frame);
        this.#pull(this.#other);
        crossfade(this.#frame, this.#other);
        break;
    }
    return this.#frame;
  }

  /**
   * In place of `take`, when only the tap wants what comes: hands it over, in order, as far as it has come or is not waited for any more. To be
   * called several times per second.
   */
  gather(nowMs: number): void {
    this.#gathers = true;
    this.#catchUp();
    this.#queued = 0;
    if (--this.#gathersToLook <= 0) {
      this.#gathersToLook = GATHERS_TO_LOOK;
      this.#buffer.look();
    }
    if (this.#buffer.behindMs(nowMs) > MOST_SKIPPED * FRAME_MS) this.restart();
    while (this.#buffer.isDue(nowMs)) this.#step(false);
  }

  /** From now on `take` is called again, in place of `gather`. */
  hold(nowMs: number): void {
    this.#gathers = false;
    this.#catchUp();
    this.#buffer.hold(nowMs);
  }

  /** So many frames are never taken. */
  skip(frames: number): void {
    if (frames > MOST_SKIPPED) {
      this.restart();
      return;
    }
    for (let frame = 0; frame < frames; frame++) this.#pull(this.#frame);
  }

  /** Hands what still waits to the tap: nothing more is taken. */
  drain(): void {
    this.#catchUp();
    this.#queued = 0;
    while (this.#buffer.waiting > 0) this.#step(false);
  }

  /** Gives memory of packets and codecs back. Idempotent. */
  close(): void {
    this.#run.clear();
    this.#decoded.close();
  }

  #catchUp(): void {
    const run = this.#run;
    if (run.isEmpty) return;
    const { position } = this.#buffer;
    this.#buffer.pass(run, this.#timestamps.of(run.timestamp, clockRates[run.codec]));
    if (this.#concealment.goesOn) this.#handDecoded(run.samples(), position, false);
    else {
      this.#hear(run.samples(REMEMBERED_SAMPLES));
      this.#tap.taken(run, position, this.#buffer.arrivalMs(position));
      this.#buffer.advance(run.length);
    }
    run.clear();
  }

  #put(codec: AudioCodec, payload: Uint8Array, sequence: number, timestamp: number, isNewest: boolean, nowMs: number): void {
    if (codec !== this.#codec) {
      if (this.#codec !== undefined) this.restart();
      this.#codec = codec;
    }
    if (this.#buffer.put(payload, sequence, timestamp, isNewest, nowMs)) return;
    this.restart();
    this.#buffer.put(payload, sequence, timestamp, isNewest, nowMs);
  }

  #pull(frame: Int16Array): void {
    while (this.#queued < FRAME_SAMPLES) this.#step(true);
    for (let index = 0; index < FRAME_SAMPLES; index++) frame[index] = this.#queue[index] ?? 0;
    if (this.#queued > FRAME_SAMPLES) this.#queue.copyWithin(0, FRAME_SAMPLES, this.#queued);
    this.#queued -= FRAME_SAMPLES;
  }

  /** Decodes the next packet, or makes up what is missing, for the tap, and for whoever plays it. */
  #step(isPlayed: boolean): void {
    const { position } = this.#buffer;
    const next = this.#buffer.next();
    switch (next.kind) {
      case 'packet':
        // A packet that follows something made up may begin before the end of that.
        this.#decode(next.payload, position - next.position, isPlayed);
        return;
      case 'missing': {
        const samples = next.samples === FRAME_SAMPLES ? this.#madeUp : this.#madeUp.subarray(0, next.samples);
        const isAudible = this.#missingInRow++ < CONCEALED_FRAMES;
        if (isAudible) this.#concealed++;
        this.#isMadeUp = isAudible;
        const known = isAudible ? this.#decoded.conceal(samples.length, next.following) : undefined;
        if (known) this.#concealment.heard(known);
        else this.#concealment.conceal(samples);
        this.#hand(known ?? samples, position, isAudible, isPlayed);
        return;
      }
      case 'noise':
        this.#noise.use(next.payload);
        return;
      case 'pause': {
        const samples = this.#madeUp.subarray(0, next.samples);
        this.#noise.fill(samples);
        this.#hand(samples, position, this.#noise.isOn, isPlayed);
        return;
      }
    }
  }

  /** Decodes what comes next, and leaves out as many samples at its beginning as have passed already. */
  #decode(payload: Uint8Array, passed: number, isPlayed: boolean): void {
    if (this.#codec !== undefined) this.#decoded.take(this.#codec, payload);
    const samples = this.#decoded.samples();
    const rest = passed > 0 ? samples.subarray(Math.min(passed, samples.length)) : samples;
    this.#handDecoded(rest, this.#buffer.position, isPlayed);
  }

  #handDecoded(samples: Int16Array, position: number, isPlayed: boolean): void {
    this.#hear(samples);
    this.#hand(samples, position, true, isPlayed);
  }

  #hear(samples: Int16Array): void {
    this.#missingInRow = 0;
    this.#noise.stop();
    this.#concealment.heard(samples);
  }

  #hand(samples: Int16Array, position: number, isForTap: boolean, isPlayed: boolean): void {
    if (isForTap && samples.length > 0) this.#tap.taken(samples, position, this.#buffer.arrivalMs(position));
    if (isPlayed) {
      this.#queue.set(samples, this.#queued);
      this.#queued += samples.length;
    }
    this.#buffer.advance(samples.length);
  }
}

/** Both frames in the time of one: the first fades out while the second fades in. */
function crossfade(frame: Int16Array, other: Int16Array): void {
  for (let index = 0; index < FRAME_SAMPLES; index++) {
    const weight = (index + 0.5) / FRAME_SAMPLES;
    frame[index] = Math.round((frame[index] ?? 0) * (1 - weight) + (other[index] ?? 0) * weight);
  }
}
