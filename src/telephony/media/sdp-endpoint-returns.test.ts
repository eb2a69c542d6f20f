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

  it('never takes a stream that runs, whatever comes from it', () => {
    const attack = fc.record({
      ssrc: fc.constantFrom(1, 2),
      first: fc.nat(65_535),
      packets: fc.integer({ min: 1, max: 40 }),
      pauseMs: fc.constantFrom(20, 20, 60, 180),
    });
    fc.assert(
      fc.property(fc.array(attack, { minLength: 1, maxLength: 60 }), (attacks) => {
        const latch = latchedElsewhere();
        let nowMs = 0;
        let sequence = 4;
        for (const { ssrc, first, packets, pauseMs } of attacks) {
          nowMs += pauseMs;
          for (let sent = 0; sent < packets; sent++) expect(latch.accept(told, header(first + sent, ssrc), nowMs, false)).toBe(false);
          expect(latch.accept(elsewhere, header(++sequence, 1), nowMs, false)).toBe(true);
        }
      }),
      { seed: 5, numRuns: 200 },
    );
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

  it('stays with the peer behind its NAT as long as that is heard, whatever comes from the endpoint of the SDP', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const behind = rig.peer();
    behind.ssrc = 1;
    await behind.speak(stream.local, 1_000, 0x10);
    for (let frame = 0; frame < 500; frame++) {
      for (let packet = 0; packet < 5; packet++) peer.sendAudio(stream.local, 0x20);
      behind.sendAudio(stream.local, 0x10);
      if (frame === 250) stream.start(agreedWith(peer));
      await rig.clock.advance(20);
    }
    const report = await stream.close();
    expect(report).toMatchObject({ receivedFrom: behind.endpoint, sourceMoves: 0 });
    expect(report.received).toBe(547);
    expect(peer.received.at(-1)?.atMs).toBeLessThan(100);
    await rig.media.close();
  });
});
