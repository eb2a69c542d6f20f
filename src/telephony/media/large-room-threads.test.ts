import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { peakAt } from '../../../test/support/sound.ts';
import { systemClock, type Timer } from '../../kernel/clock.ts';
import { silentLogger } from '../../kernel/log.ts';
import { decodeG711, encodeG711 } from '../audio/g711.ts';
import { openMediaWorkers } from './worker-client.ts';

const HOST = '127.0.0.1';
const MEMBERS = 50;
const THREADS = 2;
const FRAME_MS = 20;
const FRAME = 160;
/** Bytes of an RTP header without extensions (RFC 3550 section 5.1). */
const HEADER = 12;
const RATE = 8000;
/** Of full scale, what a speaker has, and what a listener has to hear for 100 ms. */
const LOUD = 0.3;
const HEARD = 0.2;
const QUIET = 0.03;
const MOMENT_FRAMES = 5;
/** A speaker goes on until all have heard it. A machine that has much else to do leaves gaps. */
const MOST_PER_SPEAKER_MS = 20_000;
/** What was said before may still be under way. */
const TAIL_MS = 200;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Whole waves in 100 ms, so that no tone is heard in the moments of another; those who speak after each other are far apart. */
const hzOf = (member: number): number => 400 + 50 * ((member * 7) % MEMBERS);

/** A phone that sends 20 ms of its tone or of silence again and again, and keeps what it has heard last. */
class RawPhone {
  readonly hz: number;
  speaks = false;
  port = 0;
  /** The last 100 ms, and how much came since it began to listen. */
  readonly #last = new Float32Array(MOMENT_FRAMES * FRAME);
  #frames = 0;
  #sequence = 0;
  /** The loudest that it has heard of some tone. */
  #wanted = 0;
  loudest = 0;
  readonly #packet = Buffer.alloc(HEADER + FRAME);
  readonly #samples = new Int16Array(FRAME);
  readonly #socket: Socket;

  constructor(socket: Socket, hz: number, ssrc: number) {
    this.#socket = socket;
    this.hz = hz;
    this.#packet[0] = 0x80;
    this.#packet.writeUInt32BE(ssrc, 8);
    socket.on('message', (bytes) => this.#hear(bytes));
  }

  get local() {
    return { address: HOST, port: this.#socket.address().port };
  }

  /** From now on it listens for a tone. */
  listenFor(hz: number): void {
    this.#wanted = hz;
    this.#frames = 0;
    this.loudest = 0;
  }

  send(): void {
    const first = ++this.#sequence * FRAME;
    this.#packet.writeUInt16BE(this.#sequence & 0xffff, 2);
    this.#packet.writeUInt32BE(first >>> 0, 4);
    for (const index of this.#samples.keys())
      this.#samples[index] = this.speaks ? 32_767 * LOUD * Math.sin((2 * Math.PI * this.hz * (first + index)) / RATE) : 0;
    encodeG711('PCMU', this.#samples, this.#packet, HEADER);
    this.#socket.send(Buffer.from(this.#packet), this.port, HOST);
  }

  #hear(bytes: Buffer): void {
    if (bytes.length !== HEADER + FRAME || (bytes[1] ?? 0) % 128 !== 0) return;
    this.#last.copyWithin(0, FRAME);
    decodeG711('PCMU', bytes.subarray(HEADER), this.#samples);
    for (const [index, sample] of this.#samples.entries()) this.#last[(MOMENT_FRAMES - 1) * FRAME + index] = sample / 32_768;
    if (++this.#frames >= MOMENT_FRAMES) this.loudest = Math.max(this.loudest, peakAt(this.#wanted, RATE, this.#last));
  }
}

async function openPhone(member: number): Promise<RawPhone> {
  const socket = createSocket('udp4').bind(0, HOST);
  await once(socket, 'listening');
  closers.push(() => socket.close());
  return new RawPhone(socket, hzOf(member), 1000 + member);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => systemClock.after(ms, resolve));

it('fifty in one room, over real sockets and in two threads: each in turn is heard by all others, and not by itself', async () => {
  const first = 20_000 + (process.pid % 40) * 250;
  const ports = { first, last: first + 4 * (MEMBERS + 8) - 1 };
  const media = await openMediaWorkers({ host: HOST, log: silentLogger, count: THREADS, portRange: ports });
  closers.push(() => media.close());
  const room = media.openRoom();
  const phones: RawPhone[] = [];
  for (let member = 0; member < MEMBERS; member++) {
    const [phone, stream] = await Promise.all([openPhone(member), media.open()]);
    phone.port = stream.local.port;
    stream.start({ remote: phone.local, codec: 'PCMU', payloadType: 0, telephoneEvent: 101, direction: 'sendrecv' });
    stream.joinRoom(room, false);
    phones.push(phone);
  }
  const inFirst = phones.filter(({ port }) => port < first + (ports.last + 1 - first) / THREADS).length;
  expect([inFirst, MEMBERS - inFirst]).toEqual([MEMBERS / THREADS, MEMBERS / THREADS]);

  let timer: Timer | undefined;
  let sentMs = systemClock.now();
  const sends = (): void => {
    // What is late is sent at once, but not more than a jitter buffer takes.
    sentMs = Math.max(sentMs, systemClock.now() - 3 * FRAME_MS);
    for (; sentMs <= systemClock.now(); sentMs += FRAME_MS) for (const phone of phones) phone.send();
    timer = systemClock.after(FRAME_MS / 2, sends);
  };
  sends();
  closers.push(() => timer?.cancel());

  for (const speaker of phones) {
    for (const phone of phones) phone.listenFor(speaker.hz);
    speaker.speaks = true;
    const others = phones.filter((phone) => phone !== speaker);
    const deaf = (): readonly number[] => others.filter(({ loudest }) => loudest < HEARD).map(({ hz }) => hz);
    const untilMs = systemClock.now() + MOST_PER_SPEAKER_MS;
    while (deaf().length > 0 && systemClock.now() < untilMs) await pause(FRAME_MS);
    expect(deaf(), `who has not heard the one of ${speaker.hz} Hz`).toEqual([]);
    expect(speaker.loudest).toBeLessThan(QUIET);
    speaker.speaks = false;
    await pause(TAIL_MS);
  }
  await media.close();
  expect(media.openStreams).toBe(0);
}, 180_000);
