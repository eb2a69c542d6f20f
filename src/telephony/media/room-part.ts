import type { FrameSource } from './frame-clock.ts';
import { RoomMember, type RoomStream } from './room-member.ts';
import type { RoomMemory } from './room-memory.ts';
import { RoomMix } from './room-mix.ts';

/** The members of one room that live in this thread. On each beat it hears them all, and then sends each the sum of all others, here and elsewhere. */
export class RoomPart implements FrameSource {
  readonly #memory: RoomMemory;
  readonly #mix = new RoomMix();
  readonly #members: RoomMember[] = [];

  constructor(memory: RoomMemory) {
    this.#memory = memory;
  }

  get isEmpty(): boolean {
    return this.#members.length === 0;
  }

  add(stream: RoomStream, muted: boolean): RoomMember {
    const member = new RoomMember(stream, this.#mix, muted);
    this.#members.push(member);
    return member;
  }

  remove(member: RoomMember): void {
    const index = this.#members.indexOf(member);
    if (index >= 0) this.#members.splice(index, 1);
  }

  frame(lateMs: number, nowMs: number): void {
    const mix = this.#mix;
    mix.begin();
    for (const member of this.#members) member.speak(nowMs);
    this.#memory.publish(mix.speaks ? mix.sum : undefined);
    mix.complete(this.#memory.addOthers(mix.sum));
    for (const member of this.#members) member.stream.send(lateMs, nowMs);
  }

  skip(frames: number): void {
    for (const member of this.#members) member.stream.skip(frames);
  }
}
