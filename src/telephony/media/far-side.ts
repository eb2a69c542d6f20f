import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Clock } from '../../kernel/clock.ts';
import type { BridgePartner } from './bridge-partner.ts';
import { DecodedAudio } from './decoded-audio.ts';
import type { AudioCodec } from './media-port.ts';

/** What the thread of one stream gets to join it with a stream of another thread, which gets the other end. */
export interface BridgeEnd {
  /** To be transferred. Each end learns of it when the other is closed, or its thread has died. */
  readonly port: MessagePort;
  /** How many messages are under way, two counts; those that leave from here are counted at `own`. */
  readonly underWay: SharedArrayBuffer;
  readonly own: 0 | 1;
}

/** The way between two threads: one end for each. */
export function newBridgeEnds(): readonly [BridgeEnd, BridgeEnd] {
  const { port1, port2 } = new MessageChannel();
  const underWay = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  return [
    { port: port1, underWay, own: 0 },
    { port: port2, underWay, own: 1 },
  ];
}

type Passed =
  | {
      readonly kind: 'audio';
      readonly codec: AudioCodec;
      readonly payload: Uint8Array;
      readonly timestamp: number;
      readonly sequence: number;
      readonly newest: boolean;
    }
  | { readonly kind: 'omit'; readonly sequence: number }
  | { readonly kind: 'noise'; readonly payload: Uint8Array; readonly sequence: number }
  | { readonly kind: 'press'; readonly digit: string }
  | { readonly kind: 'anew' };

/** More that is under way to a thread is lost, as on a network: it is held up, and what comes a second late helps nobody. */
const MOST_UNDER_WAY = 50;

/** The other side of a bridge, when its stream lives in another thread: packets go there as they come, and come from there in the same way. */
export class FarSide implements BridgePartner {
  readonly #end: BridgeEnd;
  readonly #underWay: Int32Array;
  readonly #decoded = new DecodedAudio();
  #isOver = false;

  /** What comes from the other thread goes to `side`; `onGone` is called when nothing more can, unless it was left before. */
  constructor(end: BridgeEnd, side: BridgePartner, clock: Clock, onGone: () => void) {
    this.#end = end;
    this.#underWay = new Int32Array(end.underWay);
    end.port.on('message', (passed: Passed) => {
      Atomics.sub(this.#underWay, 1 - end.own, 1);
      if (!this.#isOver) this.#receive(passed, side, clock.now());
    });
    end.port.once('close', () => {
      if (!this.#isOver) onGone();
    });
  }

  /** The payload is copied: as a view it would take all that it is a view of along to the other thread. */
  pass(codec: AudioCodec, payload: Uint8Array, timestamp: number, sequence: number, newest: boolean): void {
    this.#post({ kind: 'audio', codec, payload: payload.slice(), timestamp, sequence, newest });
  }

  omit(sequence: number): void {
    this.#post({ kind: 'omit', sequence });
  }

  noise(payload: Uint8Array, sequence: number): void {
    this.#post({ kind: 'noise', payload: payload.slice(), sequence });
  }

  press(digit: string): void {
    this.#post({ kind: 'press', digit });
  }

  passAnew(): void {
    this.#post({ kind: 'anew' });
  }

  left(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#end.port.close();
    this.#decoded.close();
  }

  #post(passed: Passed): void {
    const { own, port } = this.#end;
    if (Atomics.load(this.#underWay, own) >= MOST_UNDER_WAY) return;
    Atomics.add(this.#underWay, own, 1);
    port.postMessage(passed);
  }

  #receive(passed: Passed, side: BridgePartner, nowMs: number): void {
    switch (passed.kind) {
      case 'audio': {
        const { codec, payload, timestamp, sequence, newest } = passed;
        this.#decoded.take(codec, payload);
        side.pass(codec, payload, timestamp, sequence, newest, this.#decoded, nowMs);
        return;
      }
      case 'omit':
        side.omit(passed.sequence);
        return;
      case 'noise':
        side.noise(passed.payload, passed.sequence);
        return;
      case 'press':
        side.press(passed.digit);
        return;
      case 'anew':
        side.passAnew();
        return;
    }
  }
}
