import type { Clock } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import type { Endpoint } from '../../wire/wire.ts';
import { noCapacity, type PortLimits, PortRange } from '../rtp/port-range.ts';
import type { RtpSocket } from '../rtp/rtp-socket.ts';
import { twoFamilySocket } from '../rtp/two-family-socket.ts';
import { FrameClock } from './frame-clock.ts';
import type { AudioRoom, MediaPort } from './media-port.ts';
import { newRoomMemory } from './room-memory.ts';
import { StreamCore } from './stream-core.ts';
import { ThreadRooms } from './thread-rooms.ts';
import { streamClosed } from './wait.ts';

export interface LocalMediaOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** The address that sockets are bound to. */
  readonly host: string;
  /** An address of the other family, for sockets of both. */
  readonly otherHost?: string;
  readonly portRange: PortLimits;
  /** Binds one port: `openDgramSocket`, or a socket of a network in memory. */
  readonly openSocket: (local: Endpoint) => RtpSocket | Promise<RtpSocket>;
  readonly maxStreams: number;
  /** The number of this thread among those that rooms span; absent: there is no other. */
  readonly part?: number;
}

/** Audio streams in this thread: a pair of ports each, one 20 ms beat for all. */
export class LocalMedia implements MediaPort {
  readonly #options: LocalMediaOptions;
  readonly #ports: PortRange;
  readonly #frameClock: FrameClock;
  readonly #rooms: ThreadRooms;
  #lastRoom = 0;
  readonly #streams = new Set<StreamCore>();
  /** Recordings of streams that are closed. */
  readonly #finishing = new Set<Promise<void>>();
  #opening = 0;
  #closed = false;

  /** @throws RangeError when there are no ports in the range. */
  constructor(options: LocalMediaOptions) {
    this.#options = options;
    this.#ports = new PortRange(options.portRange, options.random);
    this.#frameClock = new FrameClock(options.clock);
    this.#rooms = new ThreadRooms(this.#frameClock, options.part ?? 0);
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  /** Rooms that have members now. */
  get openRooms(): number {
    return this.#rooms.size;
  }

  openRoom(): AudioRoom {
    return { id: ++this.#lastRoom, memory: newRoomMemory(1) };
  }

  async open(): Promise<StreamCore> {
    const { clock, random, maxStreams } = this.#options;
    if (this.#closed) throw streamClosed;
    if (this.#streams.size + this.#opening >= maxStreams) throw noCapacity(`${maxStreams} streams`);
    this.#opening++;
    try {
      const [socket, rtcpSocket] = await this.#ports.take((port) => openPair(this.#options, port));
      const { port } = socket.local;
      const stream: StreamCore = new StreamCore({
        socket,
        rtcpSocket,
        clock,
        frameClock: this.#frameClock,
        rooms: this.#rooms,
        random,
        onClosed: (files) => {
          this.#streams.delete(stream);
          this.#ports.giveBack(port);
          this.#finishing.add(files);
          void files.then(() => this.#finishing.delete(files));
        },
      });
      this.#streams.add(stream);
      if (this.#closed) {
        await stream.close();
        throw streamClosed;
      }
      return stream;
    } finally {
      this.#opening--;
    }
  }

  /** Closes all streams, and waits until their recordings are complete. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#streams].map((stream) => stream.close()));
    await Promise.all(this.#finishing);
  }
}

/** Audio on the even port, reports on the odd one above it (RFC 3550 section 11). */
async function openPair(options: LocalMediaOptions, port: number): Promise<[RtpSocket, RtpSocket]> {
  const socket = await openPort(options, port);
  try {
    return [socket, await openPort(options, port + 1)];
  } catch (error) {
    socket.close();
    throw error;
  }
}

async function openPort({ openSocket, host, otherHost }: LocalMediaOptions, port: number): Promise<RtpSocket> {
  const socket = await openSocket({ address: host, port });
  if (otherHost === undefined) return socket;
  try {
    return twoFamilySocket(socket, await openSocket({ address: otherHost, port }));
  } catch (error) {
    socket.close();
    throw error;
  }
}
