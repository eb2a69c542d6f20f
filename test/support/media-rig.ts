import type { Timer } from '../../src/kernel/clock.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { Prompt } from '../../src/telephony/audio/prompt.ts';
import { LocalMedia } from '../../src/telephony/media/local-media.ts';
import type { AgreedMedia } from '../../src/telephony/media/media-port.ts';
import type { StreamCore } from '../../src/telephony/media/stream-core.ts';
import { newRtpHeader, RTP_HEADER_BYTES, readRtpHeader, writeRtpHeader } from '../../src/telephony/rtp/packet.ts';
import type { RtpSocket } from '../../src/telephony/rtp/rtp-socket.ts';
import { eventOfDigit, writeTelephoneEvent } from '../../src/telephony/rtp/telephone-event.ts';
import type { DatagramSocket } from '../../src/wire/datagram-socket.ts';
import { type Faults, MemoryNetwork } from '../../src/wire/memory-network.ts';
import type { Endpoint } from '../../src/wire/wire.ts';

export const TELEPHONE_EVENT = 101;

/** A packet as it arrived at the peer. */
export interface ReceivedPacket {
  readonly atMs: number;
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

/** The far end of a stream: keeps what it hears, and speaks one RTP source. */
export class RtpPeer {
  readonly received: ReceivedPacket[] = [];
  readonly #socket: DatagramSocket;
  readonly #clock: VirtualClock;
  sequence = 1000;
  timestamp = 50_000;
  ssrc = 0x1234_5678;

  constructor(socket: DatagramSocket, clock: VirtualClock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.onReceive((bytes) => {
      const header = newRtpHeader();
      if (!readRtpHeader(bytes, header)) throw new Error('the stream sent something that is no RTP packet');
      const { payloadStart, payloadEnd, ...fields } = header;
      this.received.push({ ...fields, atMs: clock.now(), payload: bytes.slice(payloadStart, payloadEnd) });
    });
  }

  get endpoint(): Endpoint {
    return this.#socket.local;
  }

  /** Gives the port back. Idempotent. */
  close(): void {
    this.#socket.close();
  }

  /** Sends one packet as it is given; nothing is counted on. */
  sendRaw(to: Endpoint, payloadType: number, sequence: number, timestamp: number, payload: Uint8Array): void {
    const bytes = new Uint8Array(RTP_HEADER_BYTES + payload.length);
    writeRtpHeader(bytes, false, payloadType, sequence & 0xffff, timestamp >>> 0, this.ssrc);
    bytes.set(payload, RTP_HEADER_BYTES);
    this.#socket.send(bytes, to);
  }

  /** Sends the next frame of audio, every byte the same. */
  sendAudio(to: Endpoint, code = 0xff, payloadType = 0): void {
    this.sendRaw(to, payloadType, this.sequence++, this.timestamp, new Uint8Array(160).fill(code));
    this.timestamp += 160;
  }

  /** Sends a frame of silence every 20 ms, until what it answers is called. */
  keepSending(to: Endpoint): () => void {
    let beat: Timer | undefined;
    const send = (): void => {
      this.sendAudio(to);
      beat = this.#clock.after(20, send);
    };
    send();
    return () => beat?.cancel();
  }

  /** Sends frames of audio for `durationMs`, one every 20 ms. */
  async speak(to: Endpoint, durationMs: number, code = 0xff, payloadType = 0): Promise<void> {
    for (let sent = 0; sent < durationMs; sent += 20) {
      this.sendAudio(to, code, payloadType);
      await this.#clock.advance(20);
    }
  }

  /** Presses keys as RFC 4733 says: 100 ms each, 80 ms apart, the end three times. */
  async press(to: Endpoint, digits: string): Promise<void> {
    for (const digit of digits) {
      for (let packet = 0; packet < 7; packet++) {
        this.sendEvent(to, digit, Math.min(packet + 1, 5) * 160, packet >= 4);
        await this.#clock.advance(20);
      }
      await this.#clock.advance(40);
      this.timestamp += 9 * 160;
    }
  }

  /** Sends one packet of an event that began at the present timestamp. */
  sendEvent(to: Endpoint, digit: string, duration: number, end: boolean): void {
    const payload = new Uint8Array(4);
    writeTelephoneEvent(payload, 0, { event: eventOfDigit(digit) ?? 255, end, duration });
    this.sendRaw(to, TELEPHONE_EVENT, this.sequence++, this.timestamp, payload);
  }
}

export interface MediaRigOptions {
  readonly faults?: Faults;
  readonly ports?: number;
  readonly maxStreams?: number;
  readonly startMs?: number;
  /** No timer of the streams ever runs, as in a thread that hangs: no frame is due. */
  readonly hangs?: boolean;
}

/** Streams in process on a virtual clock, over a network in memory whose sockets can be tied to one peer, as the kernel's can. */
export class MediaRig {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly media: LocalMedia;
  #peers = 0;

  constructor({ faults = {}, ports = 10, maxStreams = 500, startMs = 0, hangs = false }: MediaRigOptions = {}) {
    this.clock = new VirtualClock(startMs);
    this.network = new MemoryNetwork(this.clock, seededRandom(5), faults);
    this.media = new LocalMedia({
      clock: hangs ? { now: () => this.clock.now(), after: () => ({ cancel: () => {} }) } : this.clock,
      random: seededRandom(6),
      host: '10.0.0.1',
      portRange: { first: 20_000, last: 20_000 + ports * 2 - 1 },
      openSocket: (local) => tieable(this.network.datagramSocket(local)),
      maxStreams,
    });
  }

  open(): Promise<StreamCore> {
    return this.media.open();
  }

  /** A far end with an address of its own, unless one is given. */
  peer(endpoint: Endpoint = { address: `10.0.1.${++this.#peers}`, port: 4000 }): RtpPeer {
    return new RtpPeer(this.network.datagramSocket(endpoint), this.clock);
  }

  /** A stream that has been started towards a peer, and the peer. */
  async call(agreed: Partial<AgreedMedia> = {}): Promise<{ stream: StreamCore; peer: RtpPeer }> {
    const stream = await this.open();
    const peer = this.peer();
    stream.start(agreedWith(peer, agreed));
    return { stream, peer };
  }
}

export function agreedWith(peer: RtpPeer, changes: Partial<AgreedMedia> = {}): AgreedMedia {
  return { remote: peer.endpoint, codec: 'PCMU', payloadType: 0, telephoneEvent: TELEPHONE_EVENT, direction: 'sendrecv', ...changes };
}

/** A prompt whose frames tell themselves apart: byte n of mu-law is n / 160, of A-law the same plus 100. */
export function countingPrompt(id: string, bytes: number): Prompt {
  const make = (first: number): SharedArrayBuffer => {
    const memory = new SharedArrayBuffer(bytes);
    new Uint8Array(memory).forEach((_, index, all) => {
      all[index] = (first + Math.floor(index / 160)) & 0xff;
    });
    return memory;
  };
  return { id, durationMs: bytes / 8, pcmu: make(0), pcma: make(100) };
}

function tieable(socket: DatagramSocket): RtpSocket {
  let peer: Endpoint | undefined;
  return {
    local: socket.local,
    send: (bytes, to) => socket.send(bytes, peer ?? to),
    onReceive: (handler) => {
      socket.onReceive((bytes, from) => {
        if (!peer || (peer.address === from.address && peer.port === from.port)) handler(bytes, from);
      });
    },
    only: (wanted) => {
      peer = wanted;
    },
    close: () => socket.close(),
  };
}
