import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agreedWith, MediaRig, TELEPHONE_EVENT } from '../../../test/support/media-rig.ts';
import { peakAt } from '../../../test/support/sound.ts';
import { newEncoder } from '../audio/codec.ts';
import { linearOf } from '../audio/g711.ts';
import { makePrompt } from '../audio/make-prompt.ts';
import { tone } from '../audio/tone.ts';
import { readWavHeader, readWavMono } from '../audio/wav.ts';
import { type AgreedMedia, type AudioCodec, clockRates } from './media-port.ts';

const never = new AbortController().signal;
const LEVEL = -15;
/** The peak of a tone of that level, full scale = 1. */
const PEAK = Math.SQRT2 * 10 ** (LEVEL / 20);
const ruleless = { maxMs: 60_000, terminators: '#', silenceMs: 0, trimSilence: false };

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wideband-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function samplesOf(path: string): Promise<Float32Array> {
  const wav = await readFile(path);
  const header = readWavHeader(wav);
  const samples = new Float32Array(header.frames);
  readWavMono(wav, header, 0, samples);
  return samples;
}

const codecs: readonly Pick<AgreedMedia, 'codec' | 'payloadType'>[] = [
  { codec: 'PCMU', payloadType: 0 },
  { codec: 'PCMA', payloadType: 8 },
  { codec: 'G722', payloadType: 9 },
  { codec: 'opus', payloadType: 111 },
];

/** Opus changes the waveform, and so the level of a tone a little. */
const tolerance = (codec: AudioCodec): number => (codec === 'opus' ? 1 : 0.1);

describe.each(codecs)('two streams that agreed on $codec', (format) => {
  const agreed = { ...format, telephoneEvent: 101, direction: 'sendrecv' } as const;

  it('hear each other as loud as it was said, and press keys', async () => {
    const rig = new MediaRig();
    const [caller, callee] = [await rig.open(), await rig.open()];
    caller.start({ ...agreed, remote: callee.local });
    callee.start({ ...agreed, remote: caller.local });
    const path = join(folder, `${format.codec}.wav`);
    const recorded = callee.record({ ...ruleless, path }, never);
    const prompt = makePrompt(tone(1000, 1000, LEVEL));
    const played = caller.play(prompt, { interruptible: false }, never);
    await rig.clock.advance(1_500);
    await expect(played).resolves.toBe('finished');
    const sent = caller.sendDigits('4#', never);
    await rig.clock.advance(1_000);
    await sent;
    expect(await recorded).toMatchObject({ why: 'terminator', heard: true });
    const samples = (await samplesOf(path)).subarray(1600, 7200);
    expect(Math.abs(20 * Math.log10(peakAt(1000, 8000, samples) / PEAK))).toBeLessThan(tolerance(format.codec));
    const report = await callee.close();
    expect(report).toMatchObject({
      codec: format.codec,
      clockRate: clockRates[format.codec],
      lost: 0,
      unagreed: 0,
      audible: true,
      digits: 2,
    });
    await caller.close();
    // What was said last is on its way.
    await rig.clock.advance(10);
    expect([rig.media.openStreams, rig.clock.pendingTimers]).toEqual([0, 0]);
  });

  it('send 20 ms in each packet, silence too', async () => {
    const rig = new MediaRig();
    const { peer } = await rig.call(agreed);
    await rig.clock.advance(1_000);
    const packets = peer.received.slice(1);
    expect(packets.length).toBeGreaterThan(45);
    packets.forEach((packet, index) => {
      if (format.codec !== 'opus') expect(packet.payload.length).toBe(160);
      expect(packet.payload.length).toBeGreaterThan(0);
      expect(packet.payloadType).toBe(format.payloadType);
      if (index > 0) expect(packet.timestamp - (packets[index - 1]?.timestamp ?? 0)).toBe(clockRates[format.codec] / 50);
    });
  });
});

describe.each(codecs.filter(({ codec }) => codec !== 'opus'))('a stream that agreed on $codec', (format) => {
  it('takes packets of 10, 30 and 60 ms', async () => {
    for (const packetMs of [10, 30, 60]) {
      const rig = new MediaRig();
      const { stream, peer } = await rig.call(format);
      const path = join(folder, `${format.codec}-${packetMs}.wav`);
      const recorded = stream.record({ ...ruleless, path }, never);
      const samples = tone(1000, 1200, LEVEL);
      const encoder = newEncoder(format.codec);
      const coded = new Uint8Array(samples.length);
      for (let at = 0; at < samples.length; at += 160) encoder.encode(samples.subarray(at, at + 160), coded, at);
      for (let at = 0; at < coded.length; at += packetMs * 8) {
        peer.sendRaw(stream.local, format.payloadType, peer.sequence++, 50_000 + at, coded.subarray(at, at + packetMs * 8));
        await rig.clock.advance(packetMs);
      }
      expect(await stream.close()).toMatchObject({ lost: 0, unagreed: 0 });
      await recorded;
      const heard = (await samplesOf(path)).subarray(1600, 7200);
      expect(Math.abs(20 * Math.log10(peakAt(1000, 8000, heard) / PEAK))).toBeLessThan(0.1);
    }
  });
});

it.each([
  [undefined, 960],
  [8000, 160],
])('digits beside Opus are as long as the clock of telephone-event says: %s Hz', async (telephoneEventRate, frame) => {
  const rig = new MediaRig();
  const { stream, peer } = await rig.call({ codec: 'opus', payloadType: 111, ...(telephoneEventRate && { telephoneEventRate }) });
  const sent = stream.sendDigits('1', never);
  await rig.clock.advance(300);
  await sent;
  const events = peer.received.filter(({ payloadType }) => payloadType === TELEPHONE_EVENT);
  expect(events.map(({ payload }) => (payload[2] ?? 0) * 256 + (payload[3] ?? 0))).toEqual(
    [1, 2, 3, 4, 5, 5, 5].map((frames) => frames * frame),
  );
  expect(new Set(events.map(({ timestamp }) => timestamp)).size).toBe(1);
});

describe('a stream whose codec changes', () => {
  it('goes on in the new one, and hears the peer in any that was agreed', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call({ codec: 'PCMA', payloadType: 8, accepts: [{ payloadType: 0, codec: 'PCMU' }] });
    const path = join(folder, 'changes.wav');
    const recorded = stream.record({ ...ruleless, path }, never);
    await peer.speak(stream.local, 400, 0x90, 0);
    await peer.speak(stream.local, 400, 0xa0, 8);
    stream.start(agreedWith(peer, { codec: 'G722', payloadType: 9 }));
    await rig.clock.advance(100);
    await peer.speak(stream.local, 100, 0x90, 0);
    expect(peer.received.map(({ payloadType }) => payloadType)).toEqual([...Array(41).fill(8), ...Array(10).fill(9)]);
    expect(await stream.close()).toMatchObject({ codec: 'G722', received: 40, unagreed: 5, unagreedType: 0 });
    await recorded;
    const samples = await samplesOf(path);
    expect(Math.round((samples[1600] ?? 0) * 32_768)).toBe(Math.abs(linearOf('PCMU', 0x90)));
    expect(Math.abs(Math.round((samples[4800] ?? 0) * 32_768))).toBe(Math.abs(linearOf('PCMA', 0xa0)));
  });

  it('records what it sends without a gap', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const path = join(folder, 'sent.wav');
    const recorded = stream.recordCall(path, 'stereo');
    const played = stream.play(makePrompt(tone(1000, 2000, LEVEL)), { interruptible: false }, never);
    await rig.clock.advance(1_000);
    stream.start(agreedWith(peer, { codec: 'opus', payloadType: 111 }));
    await rig.clock.advance(1_100);
    await played;
    await stream.close();
    await recorded;
    const wav = await readFile(path);
    const header = readWavHeader(wav);
    expect(header).toMatchObject({ channels: 2, frames: 2_100 * 8 });
    const sent = Float32Array.from({ length: header.frames }, (_, frame) => wav.readInt16LE(header.dataAt + frame * 4) / 0x8000);
    for (const second of [0, 1]) {
      const samples = sent.subarray(second * 8000 + 400, second * 8000 + 7600);
      expect(Math.abs(20 * Math.log10(peakAt(1000, 8000, samples) / PEAK))).toBeLessThan(0.1);
    }
  });

  it('measures jitter by the clock of each, and takes its timestamps for new ones', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call({ accepts: [{ payloadType: 111, codec: 'opus' }] });
    await peer.speak(stream.local, 400, 0x90, 0);
    const encoder = newEncoder('opus');
    const target = new Uint8Array(400);
    for (let frame = 0; frame < 20; frame++) {
      const payload = target.slice(0, encoder.encode(tone(400, 20, LEVEL), target, 0));
      peer.sendRaw(stream.local, 111, peer.sequence++, peer.timestamp + 40_000 + frame * 960, payload);
      await rig.clock.advance(20);
    }
    encoder.close();
    const { received, maxJitterMs = -1 } = await stream.close();
    expect(received).toBe(40);
    expect(maxJitterMs).toBeLessThan(0.5);
    expect(maxJitterMs).toBeGreaterThanOrEqual(0);
  });
});
