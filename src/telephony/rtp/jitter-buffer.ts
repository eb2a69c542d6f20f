import { TransitWindow } from './transit-window.ts';

/** Timestamps count samples, 8000 per second. */
const SAMPLES_PER_MS = 8;
const FRAME_SAMPLES = 160;
const FRAME_MS = FRAME_SAMPLES / SAMPLES_PER_MS;

/** How long audio is held back: at first, at least and at most. */
const FIRST_DELAY_MS = 40;
const LEAST_DELAY_MS = 10;
const MOST_DELAY_MS = 200;
/** What is held back beyond what is needed before a frame is left out. */
const SPARE_MS = 30;
/** A packet that would have to wait for so long shows that the timestamps have jumped. */
const JUMP_MS = 500;
/** The first of packets that pass together stays this far from it, and the others this close to the first. */
const PASSING_MS = JUMP_MS / 2;
/** So many packets in a row that come too late, over so long a time, show that the way has become longer. */
const LATE_PACKETS = 10;
const LATE_MS = 150;
/** After a gap of so many frames the next packet may say anew what time it is. */
const GAP_FRAMES = 5;
/** How often it is looked whether the delay is right, in frames; it grows faster than it shrinks. */
const LOOK_FRAMES = 5;
const SHRINK_LOOKS = 5;
const MAX_PACKETS = 64;
/** Longer payloads are no audio of a call. */
const MAX_PAYLOAD_BYTES = 1600;

interface Slot {
  /** Of its first sample. */
  readonly position: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly isNoise: boolean;
}

/** Packets of audio that follow on each other, all of one length. */
export interface PassingPackets {
  readonly packets: number;
  readonly packetSamples: number;
  /** When the first came, and by how much each other one came later, beyond what its timestamp says. */
  readonly firstMs: number;
  lateMs(index: number): number;
  /** Of the last. */
  readonly sequence: number;
}

/** What is to be done for the next frame: nothing has come yet; take it; play something in its place and take it later; take two for one. */
export type FramePlan = 'wait' | 'take' | 'repeat' | 'skip';

/** What comes next: a payload, or so many samples of which nothing has come, because they are lost or late, or because the source pauses. */
export type NextAudio =
  | { readonly kind: 'packet'; readonly payload: Uint8Array; readonly position: number }
  /** `following` is the payload right after them, when it has come. */
  | { readonly kind: 'missing'; readonly samples: number; readonly following?: Uint8Array }
  | { readonly kind: 'pause'; readonly samples: number }
  /** What noise to make in the pause that follows (RFC 3389); it takes no time. */
  | { readonly kind: 'noise'; readonly payload: Uint8Array };

/** What a buffer has done so far. */
export interface BufferCounts {
  /** Packets that came after their time, and those that were thrown away: too many, too long, from before the start or before a jump. */
  readonly tooLate: number;
  readonly discarded: number;
  /** Frames played twice and left out, because the delay had to change or the clocks of both sides differ. */
  readonly repeated: number;
  readonly skipped: number;
  /** How often the timestamps were tied to the time anew. */
  readonly jumps: number;
  /** How long audio was held back, its mean over all frames, in ms. */
  readonly delayMs?: number;
}

/**
 * Holds received packets back for as long as the network is uneven, and hands them out in order on the beat of whoever plays them
 * (RFC 3550 appendix A.8 measures the same unevenness). Each packet comes out once, later ones never before earlier ones. It follows
 * the clock of the sender: when that is faster or slower than ours, a frame is left out or played twice now and then. Pure: it is told the time.
 */
export class JitterBuffer {
  /** In order of position. */
  readonly #slots: Slot[] = [];
  readonly #transits = new TransitWindow();
  /** The next sample to be handed out; undefined until a packet has come. */
  #cursor: number | undefined;
  #beginMs = 0;
  #begun = false;
  /** A sample at `position` is played at `position` / 8 + this, in ms. */
  #offsetMs = 0;
  #delayMs = FIRST_DELAY_MS;
  #lastTimestamp = 0;
  #lastPosition = 0;
  #lastSequence: number | undefined;
  #isPaused = false;
  #gapFrames = 0;
  #lateInRow = 0;
  #lateSinceMs = 0;
  #framesToLook = LOOK_FRAMES;
  #looksToShrink = SHRINK_LOOKS;
  #tooLate = 0;
  #discarded = 0;
  #repeated = 0;
  #skipped = 0;
  #jumps = 0;
  #heldMs = 0;
  #frames = 0;
  /** The shortest way of late. */
  #leastMs = 0;

  get counts(): BufferCounts {
    return {
      tooLate: this.#tooLate,
      discarded: this.#discarded,
      repeated: this.#repeated,
      skipped: this.#skipped,
      jumps: this.#jumps,
      ...(this.#frames > 0 && { delayMs: this.#heldMs / this.#frames }),
    };
  }

  /** Packets that wait. */
  get waiting(): number {
    return this.#slots.length;
  }

  /** When the packet at `position` came, or would have come, by the timestamps of its source. */
  arrivalMs(position: number): number {
    return this.#leastMs + position / SAMPLES_PER_MS;
  }

  /**
   * A packet came that has not come before, the bytes of which nobody may change. `isNewest` is whether it is the latest of its sequence. Answers false, with
   * nothing changed, when its timestamp cannot belong to those before: it has jumped, or the way has become so long that all come too
   * late. Then what waits is to be taken out, and after `restart` the packet put in again.
   */
  put(payload: Uint8Array, sequence: number, timestamp: number, isNewest: boolean, nowMs: number, isNoise = false): boolean {
    if (payload.length === 0) return true;
    if (payload.length > MAX_PAYLOAD_BYTES) {
      this.#discarded++;
      return true;
    }
    const position = this.#lastPosition + ((timestamp - this.#lastTimestamp) | 0);
    const cursor = this.#cursor ?? this.#tie(position, nowMs);
    const isLate = position < cursor;
    const earlyMs = position / SAMPLES_PER_MS + this.#offsetMs - nowMs;
    const isFarOff = Math.abs(earlyMs) > JUMP_MS;
    if (isNewest && (isFarOff || (isLate && this.#isLateForGood(nowMs)))) return false;
    if (!isNewest && isFarOff) {
      this.#discarded++;
      return true;
    }
    if (isNewest) {
      this.#lastTimestamp = timestamp;
      this.#lastPosition = position;
    }
    this.#isPaused = false;
    this.#transits.add(nowMs - position / SAMPLES_PER_MS);
    if (isLate) {
      this.#tooLate++;
      return true;
    }
    this.#lateInRow = 0;
    this.#keep(payload, sequence, position, isNoise);
    return true;
  }

  /** Whether a packet of audio with this timestamp is the next to be taken out, so that packets from it on may `pass`. */
  isNext(timestamp: number, nowMs: number): boolean {
    const position = this.#lastPosition + ((timestamp - this.#lastTimestamp) | 0);
    return position === this.#cursor && Math.abs(position / SAMPLES_PER_MS + this.#offsetMs - nowMs) <= PASSING_MS;
  }

  /**
   * As `put`, for packets that are taken out at once: the first `isNext`, the others follow on it. Nothing of them is kept, and `advance` has to say how many
   * samples they had. `timestamp` is that of the first.
   */
  pass(run: PassingPackets, timestamp: number): void {
    const { packets, packetSamples, firstMs } = run;
    const position = this.#lastPosition + ((timestamp - this.#lastTimestamp) | 0);
    const before = (packets - 1) * packetSamples;
    this.#lastTimestamp = timestamp + before;
    this.#lastPosition = position + before;
    this.#lastSequence = run.sequence;
    this.#isPaused = false;
    this.#gapFrames = 0;
    this.#lateInRow = 0;
    for (let index = 0; index < packets; index++) this.#transits.add(firstMs + run.lateMs(index) - position / SAMPLES_PER_MS);
  }

  /** The source sends something else for now, as digits: what is missing is not lost. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Forgets what waits and how timestamps and time go together; with the next packet it begins anew. */
  restart(): void {
    if (this.#cursor !== undefined) this.#jumps++;
    this.#slots.length = 0;
    this.#cursor = undefined;
    this.#begun = false;
    this.#lastSequence = undefined;
    this.#gapFrames = 0;
    this.#transits.clear();
  }

  /** What to do for the frame that is played at `nowMs`. `queued` samples were taken out before and are not played yet. */
  plan(nowMs: number, queued: number): FramePlan {
    const cursor = this.#cursor;
    if (cursor === undefined || nowMs < this.#beginMs) return 'wait';
    if (!this.#begun) this.#begin(cursor, nowMs);
    this.#offsetMs = nowMs - ((this.#cursor ?? 0) - queued) / SAMPLES_PER_MS;
    this.#frames++;
    this.#heldMs += Math.max(0, this.#offsetMs - this.#leastMs);
    if (--this.#framesToLook > 0) return 'take';
    this.#framesToLook = LOOK_FRAMES;
    return this.#adapt();
  }

  /** By how much the next sample has passed the time at which it would have come at the earliest, in ms. */
  behindMs(nowMs: number): number {
    return this.#cursor === undefined ? 0 : nowMs - this.arrivalMs(this.#cursor);
  }

  /** For those who want what comes in order and not on a beat: whether `next` has come by `nowMs`, or is not waited for any more. */
  isDue(nowMs: number): boolean {
    const slot = this.#slots[0];
    return (slot !== undefined && slot.position <= this.position) || this.behindMs(nowMs) > MOST_DELAY_MS;
  }

  /** Looks how long packets are on their way now, as `plan` does when what comes is played. To be called several times per second. */
  look(): void {
    const bounds = this.#transits.bounds();
    if (!bounds) return;
    this.#leastMs = bounds.leastMs;
    this.#offsetMs = bounds.leastMs + this.#delayMs;
  }

  /** What comes from now on is played, after a time in which it was not: it is held back anew. */
  hold(nowMs: number): void {
    this.#begun = false;
    this.#beginMs = nowMs + Math.max(FIRST_DELAY_MS, this.#delayMs);
  }

  /** Takes the next packet out; `advance` has to say how many samples it had. */
  next(): NextAudio {
    const cursor = this.#cursor ?? 0;
    const slot = this.#slots[0];
    if (slot && slot.position <= cursor) {
      this.#slots.shift();
      this.#lastSequence = slot.sequence;
      this.#gapFrames = 0;
      if (slot.isNoise) {
        this.#isPaused = this.#slots.length === 0;
        return { kind: 'noise', payload: slot.payload };
      }
      return { kind: 'packet', payload: slot.payload, position: slot.position };
    }
    this.#gapFrames++;
    const samples = slot ? Math.min(FRAME_SAMPLES, slot.position - cursor) : FRAME_SAMPLES;
    const follows = slot && this.#lastSequence !== undefined && slot.sequence === ((this.#lastSequence + 1) & 0xffff);
    if (this.#isPaused || follows) return { kind: 'pause', samples };
    const following = slot && !slot.isNoise && slot.position - cursor <= FRAME_SAMPLES ? slot.payload : undefined;
    return { kind: 'missing', samples, ...(following && { following }) };
  }

  /** So many samples were taken out, from the position of `next` on. */
  advance(samples: number): void {
    if (this.#cursor !== undefined) this.#cursor += samples;
    this.#dropPassed();
  }

  /** The sample that `next` stands at. */
  get position(): number {
    return this.#cursor ?? 0;
  }

  #adapt(): FramePlan {
    const bounds = this.#transits.bounds();
    if (!bounds) return 'take';
    const { leastMs, mostMs } = bounds;
    const neededMs = Math.min(Math.max(mostMs, leastMs + LEAST_DELAY_MS), leastMs + MOST_DELAY_MS - FRAME_MS);
    this.#leastMs = leastMs;
    this.#delayMs = neededMs - leastMs;
    if (this.#offsetMs < neededMs) {
      this.#looksToShrink = SHRINK_LOOKS;
      this.#repeated++;
      return 'repeat';
    }
    const spareMs = this.#offsetMs - neededMs;
    // A little too much is looked at for a while; much too much is worth a frame at every look.
    if (spareMs <= SPARE_MS || (--this.#looksToShrink > 0 && spareMs <= 2 * SPARE_MS)) return 'take';
    this.#looksToShrink = SHRINK_LOOKS;
    this.#skipped++;
    return 'skip';
  }

  #isLateForGood(nowMs: number): boolean {
    if (this.#gapFrames >= GAP_FRAMES) return true;
    if (this.#lateInRow++ === 0) this.#lateSinceMs = nowMs;
    return this.#lateInRow > LATE_PACKETS && nowMs - this.#lateSinceMs >= LATE_MS;
  }

  #tie(position: number, nowMs: number): number {
    this.#cursor = position;
    this.#leastMs = nowMs - position / SAMPLES_PER_MS;
    const delayMs = Math.max(FIRST_DELAY_MS, this.#delayMs);
    this.#beginMs = nowMs + delayMs;
    this.#offsetMs = this.#leastMs + delayMs;
    return position;
  }

  /** Playing begins; it may be later than it should, and then what came long before is not worth to be heard. */
  #begin(cursor: number, nowMs: number): void {
    this.#begun = true;
    const behindFrames = Math.floor((nowMs - this.#beginMs) / FRAME_MS);
    this.#cursor = cursor + behindFrames * FRAME_SAMPLES;
    this.#dropPassed();
  }

  #dropPassed(): void {
    for (let slot = this.#slots[0]; slot && slot.position + FRAME_SAMPLES <= (this.#cursor ?? 0); slot = this.#slots[0]) {
      this.#slots.shift();
      this.#discarded++;
    }
  }

  #keep(payload: Uint8Array, sequence: number, position: number, isNoise: boolean): void {
    if (this.#slots.length >= MAX_PACKETS) {
      this.#discarded++;
      return;
    }
    let at = this.#slots.length;
    while (at > 0 && (this.#slots[at - 1]?.position ?? 0) > position) at--;
    if (this.#slots[at - 1]?.position === position) {
      this.#discarded++;
      return;
    }
    const slot = { position, sequence, payload, isNoise };
    if (at === this.#slots.length) this.#slots.push(slot);
    else this.#slots.splice(at, 0, slot);
  }
}
