import type { G711Codec } from '../audio/g711.ts';
import type { AudioBytes, FramePlayer } from './player.ts';
import type { RoomMix } from './room-mix.ts';
import { SpeechGate } from './speech-gate.ts';

/** A stream of this thread, as a room moves it: not by its own beat, but by that of the room. */
export interface RoomStream {
  /** What it hears in the next 20 ms, in samples that the next call overwrites; undefined when nobody listens to it. */
  hear(nowMs: number): Int16Array | undefined;
  /** Sends its next frame. */
  send(lateMs: number, nowMs: number): void;
  /** So many frames are never sent. */
  skip(frames: number): void;
}

/** One stream in one room: what it says to the others, and what it hears of them. */
export class RoomMember implements FramePlayer {
  readonly stream: RoomStream;
  readonly #mix: RoomMix;
  readonly #gate = new SpeechGate();
  /** Whether the others hear it. */
  muted: boolean;
  #own: Int16Array | undefined;

  constructor(stream: RoomStream, mix: RoomMix, muted: boolean) {
    this.stream = stream;
    this.#mix = mix;
    this.muted = muted;
  }

  /** Says to the others what it has to say in this frame. */
  speak(nowMs: number): void {
    const heard = this.stream.hear(nowMs);
    this.#own = heard && !this.muted && this.#gate.passes(heard) ? heard : undefined;
    if (this.#own) this.#mix.add(this.#own);
  }

  fill(codec: G711Codec, _silence: number, frame: AudioBytes): boolean {
    return this.#mix.fill(this.#own, codec, frame);
  }

  handedOver(): void {}
}
