import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agreedWith, MediaRig } from '../../../test/support/media-rig.ts';
import { newRtpHeader } from '../rtp/packet.ts';
import { diagnose } from './diagnose.ts';
import { Latch } from './latch.ts';

const told = { address: '192.0.2.1', port: 4000 };
const elsewhere = { address: '198.51.100.9', port: 5000 };

const header = (sequence: number, ssrc: number) => ({ ...newRtpHeader(), sequence: sequence & 0xffff, ssrc });

/** A latch whose stream was begun by somebody else than the SDP names. */
function latchedElsewhere(): Latch {
  const latch = new Latch();
  latch.aim(told);
  for (const sequence of [1, 2, 3, 4]) latch.accept(elsewhere, header(sequence, 1), 0, false);
  expect(latch.target).toEqual(elsewhere);
  return latch;
}

describe('the endpoint of the SDP, after somebody else was taken for the peer', () => {
  it('takes the stream with four packets in a row once the other is quiet, and has not moved by that', () => {
    const latch = latchedElsewhere();
    expect([50, 51, 52, 53].map((sequence) => latch.accept(told, header(sequence, 2), 200, false))).toEqual([false, false, false, true]);
    expect([latch.target, latch.moves]).toEqual([told, 0]);
    for (const sequence of [5, 6, 7, 8, 9]) expect(latch.accept(elsewhere, header(sequence, 1), 260, false)).toBe(false);
  });

  it.each([
    ['stray packets', [50, 52, 54, 56, 58]],
    ['the same packet again and again', [50, 50, 50, 50, 50]],
  ])('does not with %s', (_what, sequences) => {
    const latch = latchedElsewhere();
    for (const sequence of sequences) expect(latch.accept(told, header(sequence, 2), 1_000, false)).toBe(false);
    expect(latch.target).toEqual(elsewhere);
  });

  it('takes a stream that runs, too, with four packets in a row', () => {
    const latch = latchedElsewhere();
    const taken = [50, 51, 52, 53].map((sequence, nth) => {
      expect(latch.accept(elsewhere, header(5 + nth, 1), nth * 20, false)).toBe(true);
      return latch.accept(told, header(sequence, 2), nth * 20, false);
    });
    expect(taken).toEqual([false, false, false, true]);
    expect([latch.target, latch.moves]).toEqual([told, 0]);
    for (let nth = 9; nth < 99; nth++) expect(latch.accept(elsewhere, header(nth, 1), 60 + nth, false)).toBe(false);
  });

  it('takes it with the fourth packet, whatever others send in between', () => {
    const sent = fc.record({
      from: fc.constantFrom(elsewhere, { ...elsewhere, port: 6000 }, { ...told, port: 4002 }, { address: '203.0.113.5', port: 7 }),
      ssrc: fc.constantFrom(1, 2, 3),
      first: fc.nat(65_535),
      packets: fc.integer({ min: 0, max: 8 }),
    });
    fc.assert(
      fc.property(fc.array(sent, { minLength: 4, maxLength: 4 }), fc.nat(65_535), (others, own) => {
        const latch = latchedElsewhere();
        const taken = others.map(({ from, ssrc, first, packets }, nth) => {
          for (let more = 0; more < packets; more++) latch.accept(from, header(first + more, ssrc), nth * 20, false);
          return latch.accept(told, header(own + nth, 9), nth * 20, false);
        });
        expect(taken).toEqual([false, false, false, true]);
        expect(latch.target).toEqual(told);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it('does not take a stream that runs with stray packets, or with those of its own source that were long under way', () => {
    const latch = latchedElsewhere();
    for (const sequence of [50, 52, 54, 56, 58, 58, 58]) expect(latch.accept(told, header(sequence, 2), 0, false)).toBe(false);
    for (let sequence = 5; sequence < 105; sequence++) latch.accept(elsewhere, header(sequence, 1), sequence, false);
    for (const sequence of [40, 41, 42, 43, 44]) expect(latch.accept(told, header(sequence, 1), 105, false)).toBe(false);
    expect(latch.target).toEqual(elsewhere);
  });

  it('has to show four again when its source has gone on elsewhere since', () => {
    const latch = latchedElsewhere();
    for (const sequence of [50, 51, 52, 53]) latch.accept(told, header(sequence, 2), 0, false);
    for (const sequence of [54, 55, 56, 57]) latch.accept(elsewhere, header(sequence, 2), 2_000, false);
    expect(latch.target).toEqual(elsewhere);
    expect([54, 55, 56, 57].map((sequence) => latch.accept(told, header(sequence, 2), 2_300, false))).toEqual([false, false, false, true]);
  });

  it('has nobody to take the stream from once SRTP has proved where the peer is', () => {
    const latch = new Latch();
    latch.aim(told);
    expect([latch.accept(elsewhere, header(1, 1), 0, true), latch.isDisputed]).toEqual([true, false]);
    expect([latchedElsewhere().isDisputed, new Latch().isDisputed]).toEqual([true, false]);
  });
});

describe('a call whose first packets came from elsewhere', () => {
  it('hears who is in the SDP after the early media of another server, also when the answer says the same SDP again', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const early = rig.peer();
    early.ssrc = 1;
    await early.speak(stream.local, 2_000, 0x10);
    await rig.clock.advance(6_000);
    stream.start(agreedWith(peer));
    await peer.speak(stream.local, 60_000, 0x10);
    const report = await stream.close();
    expect(report).toMatchObject({ receivedFrom: peer.endpoint, sourceMoves: 0 });
    expect(report.received).toBeGreaterThan(97 + 2_950);
    expect(diagnose(report).map(({ problem }) => problem)).not.toContain('SourceMoved');
    expect(peer.received.length).toBeGreaterThan(2_900);
    await rig.media.close();
  });

  it('hears who is in the SDP at once when the same SDP is said again long after the other fell silent', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const early = rig.peer();
    early.ssrc = 1;
    await early.speak(stream.local, 2_000, 0x10);
    await rig.clock.advance(9_260);
    stream.start(agreedWith(peer));
    const atMs = rig.clock.now();
    await peer.speak(stream.local, 1_000, 0x10);
    const heard = peer.received.find((packet) => packet.atMs >= atMs);
    expect((heard?.atMs ?? Number.POSITIVE_INFINITY) - atMs).toBeLessThan(120);
    await stream.close();
    await rig.media.close();
  });

  it('is not lost to a stranger who sends a few packets before the peer speaks', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const stranger = rig.peer();
    stranger.ssrc = 1;
    await stranger.speak(stream.local, 100, 0x20);
    await peer.speak(stream.local, 60_000, 0x10);
    const report = await stream.close();
    expect(report.received).toBeGreaterThan(2_950);
    expect(report).toMatchObject({ receivedFrom: peer.endpoint, sourceMoves: 0 });
    expect(stranger.received.length).toBeLessThan(30);
    await rig.media.close();
    await rig.clock.advance(0);
    expect([rig.network.openPorts, rig.clock.pendingTimers]).toEqual([2, 0]);
  });

  it.each([
    [20, 160],
    [30, 240],
  ])('is taken from a stranger who goes on for ever as soon as the peer speaks, with packets of %d ms', async (packetMs, samples) => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const stranger = rig.peer();
    stranger.ssrc = 1;
    await stranger.speak(stream.local, 3_000, 0x20);
    expect(stranger.received.length).toBeGreaterThan(100);
    const beganMs = rig.clock.now();
    for (let ms = 0; ms < 30_000; ms += 10) {
      if (ms % 20 === 0) stranger.sendAudio(stream.local, 0x20);
      if (ms % packetMs === 0) {
        peer.sendRaw(stream.local, 0, peer.sequence++, peer.timestamp, new Uint8Array(samples).fill(0x10));
        peer.timestamp += samples;
      }
      await rig.clock.advance(10);
    }
    const heard = peer.received.find(({ atMs }) => atMs >= beganMs);
    expect((heard?.atMs ?? Number.POSITIVE_INFINITY) - beganMs).toBeLessThan(700);
    expect((stranger.received.at(-1)?.atMs ?? 0) - beganMs).toBeLessThan(700);
    expect(await stream.close()).toMatchObject({ receivedFrom: peer.endpoint, sourceMoves: 0 });
    await rig.media.close();
    await rig.clock.advance(0);
    expect([rig.network.openPorts, rig.clock.pendingTimers]).toEqual([2, 0]);
  });

  it('stays with the peer behind its NAT for as long as nothing comes from the endpoint of the SDP, and hears all of it', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const behind = rig.peer();
    const others = [rig.peer(), rig.peer()];
    behind.ssrc = 1;
    await behind.speak(stream.local, 1_000, 0x10);
    for (let frame = 0; frame < 500; frame++) {
      for (const other of others) other.sendAudio(stream.local, 0x20);
      behind.sendAudio(stream.local, 0x10);
      // A stray packet now and then.
      if (frame % 100 === 0) peer.sendAudio(stream.local, 0x20);
      if (frame === 250) stream.start(agreedWith(peer));
      await rig.clock.advance(20);
    }
    const report = await stream.close();
    expect(report).toMatchObject({ receivedFrom: behind.endpoint, sourceMoves: 0, received: 547 });
    expect(peer.received.at(-1)?.atMs).toBeLessThan(100);
    for (const other of others) expect(other.received).toEqual([]);
    await rig.media.close();
  });
});
