import type { AudioCodec } from './media-port.ts';

/** More packets than come between two times that a log is read. */
const MAX_PACKETS = 32;

const nothing = new Uint8Array(0);

interface LoggedPacket {
  codec: AudioCodec;
  payload: Uint8Array;
  timestamp: number;
  sequence: number;
  isNewest: boolean;
  atMs: number;
}

/** What is done with each packet. */
export type PacketReader = (
  codec: AudioCodec,
  payload: Uint8Array,
  sequence: number,
  timestamp: number,
  isNewest: boolean,
  atMs: number,
) => void;

/**
 * Packets that are kept as they came, to be worked through together later: ten at a time cost much less than one by one, when a thousand other things
 * happen in between.
 */
export class PacketLog {
  readonly #packets: LoggedPacket[] = [];
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Adds one, the bytes of which nobody may change. Answers false, with nothing added, when there is no room. */
  add(codec: AudioCodec, payload: Uint8Array, sequence: number, timestamp: number, isNewest: boolean, atMs: number): boolean {
    if (this.#count === MAX_PACKETS) return false;
    const packet = this.#packets[this.#count++];
    if (!packet) {
      this.#packets.push({ codec, payload, timestamp, sequence, isNewest, atMs });
      return true;
    }
    packet.codec = codec;
    packet.payload = payload;
    packet.timestamp = timestamp;
    packet.sequence = sequence;
    packet.isNewest = isNewest;
    packet.atMs = atMs;
    return true;
  }

  /** Hands all of them to `read`, in the order in which they were added, and forgets them. `read` must not add any. */
  empty(read: PacketReader): void {
    const count = this.#count;
    this.#count = 0;
    for (let index = 0; index < count; index++) {
      const packet = this.#packets[index];
      if (!packet) continue;
      const { codec, payload, sequence, timestamp, isNewest, atMs } = packet;
      packet.payload = nothing;
      read(codec, payload, sequence, timestamp, isNewest, atMs);
    }
  }
}
