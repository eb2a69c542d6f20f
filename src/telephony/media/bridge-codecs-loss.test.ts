import { describe, expect, it } from 'vitest';
import { bridgedCalls, nothingLeftOf } from '../../../test/support/bridged-calls.ts';
import type { ReceivedPacket } from '../../../test/support/media-rig.ts';
import { sentWhile } from '../../../test/support/sent-while.ts';
import { newDecoder, newEncoder } from '../audio/codec.ts';
import { MAX_PACKET_SAMPLES } from '../audio/codec-interface.ts';
import { type AudioCodec, clockRates } from './media-port.ts';

const COMFORT_NOISE = 13;
const payloadTypes: Readonly<Record<AudioCodec, number>> = { PCMU: 0, PCMA: 8, G722: 9, opus: 111 };
const agreed = (codec: AudioCodec) => ({ codec, payloadType: payloadTypes[codec] });

/** Two calls that are up and bridged; the left side speaks `from`, the right one hears `to`. */
async function bridged(from: AudioCodec, to: AudioCodec, also: readonly AudioCodec[] = []) {
  const accepts = [from, ...also].map(agreed);
  const { rig, one, two } = await bridgedCalls({ ...agreed(from), accepts }, agreed(to));
  const encoder = newEncoder(from);
  const units = clockRates[from] / 8000;
  const frame = new Int16Array(160);
  const target = new Uint8Array(1500);
  let sample = 0;
  /** The left side's packet of this place, made in the order of the calls: a tone, `frames` long. */
  const make = (place: number, frames = 1, afterMs = 0) => {
    let length = 0;
    for (let each = 0; each < frames; each++) {
      for (let index = 0; index < 160; index++) frame[index] = 8000 * Math.sin(0.3 * sample++);
      length += encoder.encode(frame, target, length);
    }
    const payload = target.slice(0, length);
    const timestamp = one.peer.timestamp + (place * frames * 160 + afterMs * 8) * units;
    return () => one.peer.sendRaw(one.stream.local, payloadTypes[from], one.peer.sequence + place, timestamp, payload);
  };
  /** Packets of these places, each in its time, or at once when it is later than that. All up to the highest are made, in their order. */
  const send = async (places: readonly number[], frames = 1): Promise<void> => {
    const all = Array.from({ length: Math.max(...places) + 1 }, (_, place) => make(place, frames));
    let due = 0;
    for (const place of places) {
      await rig.clock.advance(Math.max(0, place - due) * frames * 20);
      due = Math.max(due, place);
      all[place]?.();
    }
    await rig.clock.advance(20 * frames);
  };
  const left = async () => {
    encoder.close();
    await nothingLeftOf(rig);
  };
  return { rig, one, two, make, send, left };
}

/** Where each packet stands after the first one, by its number and by its timestamp in frames. */
function placesOf(packets: readonly ReceivedPacket[], codec: AudioCodec): [sequence: number, frames: number][] {
  const first = packets[0];
  return packets.map(({ sequence, timestamp }) => [
    (((sequence - (first?.sequence ?? 0)) & 0xffff) << 16) >> 16,
    ((timestamp - (first?.timestamp ?? 0)) | 0) / (clockRates[codec] / 50),
  ]);
}

const at = (...places: readonly number[]): [number, number][] => places.map((place) => [place, place]);

/** How loud the quietest of these packets is, after the first ones, in which a codec that remembers begins from nothing. */
function quietest(packets: readonly ReceivedPacket[], codec: AudioCodec): number {
  const decoder = newDecoder(codec);
  const samples = new Int16Array(MAX_PACKET_SAMPLES);
  const levels = packets.map(({ payload }) => {
    const length = decoder.decode(payload, samples);
    return Math.sqrt(samples.subarray(0, length).reduce((sum, sample) => sum + sample * sample, 0) / length);
  });
  decoder.close();
  return Math.min(...levels.slice(3));
}

const pairs: readonly [AudioCodec, AudioCodec][] = [
  ['PCMU', 'PCMA'],
  ['PCMU', 'G722'],
  ['G722', 'PCMA'],
  ['PCMU', 'opus'],
  ['opus', 'PCMA'],
  ['opus', 'G722'],
];

describe('a bridge of two codecs over a line that loses packets', () => {
  it.each(pairs)('from %s to %s never falls behind, and each loss is a loss behind it too', async (from, to) => {
    const { two, send, left } = await bridged(from, to);
    const came = Array.from({ length: 600 }, (_, place) => place).filter((place) => place % 10 !== 9);
    await send(came);
    const heard = two.peer.received.filter(({ payloadType }) => payloadType === payloadTypes[to]);
    expect(placesOf(heard, to)).toEqual(at(...came));
    expect(heard.some(({ marker }) => marker)).toBe(false);
    expect(quietest(heard, to)).toBeGreaterThan(2000);
    await left();
  });

  it('passes on in its place what comes late, where neither codec remembers what was before', async () => {
    const { two, send, left } = await bridged('PCMU', 'PCMA');
    await send([0, 1, 3, 2, 4, 6, 7, 5, 8]);
    expect(placesOf(two.peer.received, 'PCMA')).toEqual(at(0, 1, 3, 2, 4, 6, 7, 5, 8));
    expect(quietest(two.peer.received, 'PCMA')).toBeGreaterThan(5000);
    await left();
  });

  it.each(pairs.slice(1))('takes what comes late from %s to %s for lost, and goes on in order', async (from, to) => {
    const { two, send, left } = await bridged(from, to);
    await send([0, 1, 2, 4, 3, 5, 7, 8, 6, 9]);
    expect(placesOf(two.peer.received, to)).toEqual(at(0, 1, 2, 4, 5, 7, 8, 9));
    await left();
  });

  it('leaves as many frames out as a long packet that was lost had', async () => {
    const { two, send, left } = await bridged('PCMU', 'PCMA');
    await send([0, 1, 3, 5], 2);
    expect(placesOf(two.peer.received, 'PCMA')).toEqual(at(0, 1, 2, 3, 6, 7, 10, 11));
    await left();
  });

  it('goes on in time after packets that do not fill frames: a frame that lacks its end is lost', async () => {
    const { rig, one, two, left } = await bridged('PCMU', 'PCMA');
    // Of 30 ms each.
    for (const place of [0, 1, 3, 4, 5, 6]) {
      one.peer.sendRaw(one.stream.local, 0, 2000 + place, 9000 + place * 240, new Uint8Array(240).fill(0x20));
      await rig.clock.advance(30);
    }
    const places = placesOf(two.peer.received, 'PCMA');
    // The third packet begins 90 ms after the first: four and a half frames.
    expect(places).toEqual([...at(0, 1, 2), ...[4.5, 5.5, 6.5, 7.5, 8.5, 9.5].map((frames, nth) => [nth + 5, frames])]);
    await left();
  });

  it('puts nothing from before a loss into a frame after it', async () => {
    const { rig, one, two, left } = await bridged('PCMU', 'PCMA');
    // Of 30 ms each: a half of a frame waits for its end when the second is lost.
    for (const [place, code] of [[0, 0x20] as const, [2, 0x60] as const, [3, 0x60] as const]) {
      one.peer.sendRaw(one.stream.local, 0, 2000 + place, 9000 + place * 240, new Uint8Array(240).fill(code));
      await rig.clock.advance(30);
    }
    expect(placesOf(two.peer.received, 'PCMA')).toEqual(at(0, 3, 4, 5));
    expect(two.peer.received.map(({ payload }) => new Set(payload).size)).toEqual([1, 1, 1, 1]);
    await left();
  });

  it('takes no pause for a loss, and no loss in a pause for a long one', async () => {
    const { rig, two, make, left } = await bridged('PCMU', 'PCMA');
    make(0)();
    await rig.clock.advance(80);
    make(1, 1, 60)();
    await rig.clock.advance(80);
    // The first packet of this spurt is lost.
    make(3, 1, 80)();
    await rig.clock.advance(20);
    const heard = placesOf(two.peer.received, 'PCMA');
    expect(heard).toEqual([
      [0, 0],
      [1, 4],
      [3, 7],
    ]);
    await left();
  });

  it('has no loss where the other side sent comfort noise', async () => {
    const { rig, one, two, make, left } = await bridged('PCMU', 'PCMA');
    make(0)();
    await rig.clock.advance(20);
    one.peer.sendRaw(one.stream.local, COMFORT_NOISE, one.peer.sequence + 1, one.peer.timestamp + 160, Uint8Array.of(127));
    await rig.clock.advance(40);
    // One is lost after it.
    make(3)();
    make(4)();
    await rig.clock.advance(0);
    expect(placesOf(two.peer.received, 'PCMA')).toEqual([
      [0, 0],
      [2, 3],
      [3, 4],
    ]);
    await left();
  });

  it('has no loss where the other side goes over to another codec and back', async () => {
    const { rig, one, two, left } = await bridged('PCMA', 'PCMU', ['PCMU']);
    for (const [place, payloadType] of [8, 8, 0, 0, 8, 0].entries()) {
      one.peer.sendRaw(one.stream.local, payloadType, 1000 + place, 9000 + place * 160, new Uint8Array(160).fill(0x20));
      await rig.clock.advance(20);
    }
    expect(placesOf(two.peer.received, 'PCMU')).toEqual(at(0, 1, 2, 3, 4, 5));
    await left();
  });

  it('follows timestamps that are off by little without a gap, and those that begin anew too', async () => {
    const { rig, one, two, left } = await bridged('PCMU', 'PCMA');
    const offBy = [0, 3, -5, 20, 1_000_000, 1_000_002, 4, 0];
    for (const [place, off] of offBy.entries()) {
      one.peer.sendRaw(one.stream.local, 0, 3000 + place, 9000 + place * 160 + off, new Uint8Array(160).fill(0x20));
      await rig.clock.advance(20);
    }
    expect(placesOf(two.peer.received, 'PCMA')).toEqual(at(...offBy.keys()));
    await left();
  });

  it('is recorded in time', async () => {
    const { two, send, left } = await bridged('PCMU', 'PCMA');
    const places = Array.from({ length: 200 }, (_, place) => place).filter((place) => place % 4 !== 3);
    const sent = await sentWhile(two.stream, () => send(places));
    const loud = [...sent.keys()].filter((index) => Math.abs(sent[index] ?? 0) > 1000);
    // From the first frame to the last: 3.98 s, with its losses.
    expect(((loud.at(-1) ?? 0) - (loud[0] ?? 0)) / 8).toBeGreaterThan(3960);
    await left();
  });
});
