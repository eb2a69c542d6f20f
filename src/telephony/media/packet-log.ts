import type { AudioCodec } from './media-port.ts';

/** Packets, and bytes of their payloads, that a log holds: more than comes between two times that it is read. */
const MAX_PACKETS = 32;
const MAX_BYTES = 8192;

interface LoggedPacket {
  codec: AudioCodec;
  start: number;
  end: number;
  /** A view of the bytes from `start` to `end`: packets are mostly of one length, so it is seldom made anew. */
  payload: Uint8Array;
  timestamp: number;
  sequence: number;
  isNewest: boolean;
  atMs: number;
}

/** What is done with each packet: its payload is valid during the call. */
export type PacketReader = (
  codec: AudioCodec,
  payload: Uint8Array,
  sequence: number,
  timestamp: number,
  isNewest: boolean,
  atMs: number,
) => void;

/**
 * Packets that are kept as they came, to be worked through together later: ten at a time cost much less than one by one, when a thousand other
 * things happen in between. Nothing is allocated once it has been full.
 */
export class PacketLog {
  readonly #bytes = new Uint8Array(MAX_BYTES);
  readonly #packets: LoggedPacket[] = [];
  #count = 0;
  #filled = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Adds one, and copies its payload. Answers false, with nothing added, when there is no room. */
  add(codec: AudioCodec, payload: Uint8Array, sequence: number, timestamp: number, isNewest: boolean, atMs: number): boolean {
    const start = this.#filled;
    const end = start + payload.length;
    if (this.#count === MAX_PACKETS || end > MAX_BYTES) return false;
    this.#bytes.set(payload, start);
    this.#filled = end;
    const packet = this.#packets[this.#count++];
    if (!packet) {
      this.#packets.push({ codec, start, end, payload: this.#bytes.subarray(start, end), timestamp, sequence, isNewest, atMs });
      return true;
    }
    if (packet.start !== start || packet.end !== end) packet.payload = this.#bytes.subarray(start, end);
    packet.codec = codec;
    packet.start = start;
    packet.end = end;
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
    this.#filled = 0;
    for (let index = 0; index < count; index++) {
      const packet = this.#packets[index];
      if (!packet) continue;
      const { codec, payload, sequence, timestamp, isNewest, atMs } = packet;
      read(codec, payload, sequence, timestamp, isNewest, atMs);
    }
  }
}
