import type { FrameClock } from './frame-clock.ts';
import type { AudioRoom } from './media-port.ts';
import type { RoomMember, RoomStream } from './room-member.ts';
import { RoomMemory } from './room-memory.ts';
import { RoomPart } from './room-part.ts';

/** A stream that is in a room. */
export interface Membership {
  readonly member: RoomMember;
  /** Takes it out of the room. To be called once. */
  leave(): void;
}

/** The rooms that have members in this thread. A room is here from its first member to its last, on the beat of all streams. */
export class ThreadRooms {
  readonly #frameClock: FrameClock;
  readonly #part: number;
  readonly #rooms = new Map<number, RoomPart>();

  /** @param part the number of this thread among those that rooms may span */
  constructor(frameClock: FrameClock, part: number) {
    this.#frameClock = frameClock;
    this.#part = part;
  }

  /** Rooms that have members here. */
  get size(): number {
    return this.#rooms.size;
  }

  /** Puts a stream into a room: from now on the room says when it is to hear and to send. */
  join({ id, memory }: AudioRoom, stream: RoomStream, muted: boolean): Membership {
    let part = this.#rooms.get(id);
    if (!part) {
      part = new RoomPart(new RoomMemory(memory, this.#part));
      this.#rooms.set(id, part);
      this.#frameClock.add(part);
    }
    const room = part;
    const member = room.add(stream, muted);
    return {
      member,
      leave: () => {
        room.remove(member);
        if (!room.isEmpty) return;
        this.#rooms.delete(id);
        this.#frameClock.remove(room);
      },
    };
  }
}
