import { describe, expect, it } from 'vitest';
import { newRtpHeader } from '../rtp/packet.ts';
import { Latch } from './latch.ts';
import { PeerFocus } from './peer-focus.ts';

const told = { address: '192.0.2.1', port: 4000 };
const other = { address: '192.0.2.9', port: 5000 };

function header(sequence: number, ssrc = 1) {
  return { ...newRtpHeader(), sequence: sequence & 0xffff, ssrc };
}

function aimed(): Latch {
  const latch = new Latch();
  latch.aim(told);
  return latch;
}

describe('Latch', () => {
  it('takes nothing before it knows the peer', () => {
    const latch = new Latch();
    expect(latch.accept(told, header(1), 0, false)).toBe(false);
    expect(latch.target).toBeUndefined();
  });

  it('is settled by the first packet from the endpoint of the SDP', () => {
    const latch = aimed();
    expect(latch.accept(told, header(1), 0, false)).toBe(true);
    expect(latch.settled).toBe(true);
    for (let sequence = 1; sequence < 20; sequence++) expect(latch.accept(other, header(sequence), 0, false)).toBe(false);
    expect(latch.target).toEqual(told);
  });

  it('does not take the one that it has left for another, whatever that sends, unless the SDP names its endpoint again', () => {
    const another = { address: '192.0.2.2', port: 4002 };
    const latch = aimed();
    expect(latch.accept(told, header(1), 0, false)).toBe(true);
    latch.leave();
    expect(latch.aim(another)).toBe(true);
    // Both send at the same time, the new one from behind a NAT.
    const taken = [1, 2, 3, 4, 5].map((sequence) => [
      latch.accept(told, header(sequence + 1), 20, false),
      latch.accept(other, header(sequence, 2), 20, false),
    ]);
    expect(taken.map(([left]) => left)).toEqual([false, false, false, false, false]);
    expect(taken.map(([, right]) => right)).toEqual([false, false, false, true, true]);
    for (let sequence = 10; sequence < 20; sequence++) expect(latch.accept(told, header(sequence), 5_000, false)).toBe(false);
    latch.leave();
    expect(latch.aim(told)).toBe(true);
    expect(latch.accept(told, header(30), 6_000, false)).toBe(true);
  });

  it('searches anew when another party is at the very endpoint of the one before', () => {
    const latch = aimed();
    latch.accept(told, header(1), 0, false);
    latch.leave();
    expect([latch.aim(told), latch.settled]).toEqual([true, false]);
    expect(latch.accept(told, header(1, 2), 0, false)).toBe(true);
  });

  it('takes another sender after four packets of one source in sequence, over the wrap too', () => {
    const latch = aimed();
    expect([65_534, 65_535, 0, 1].map((sequence) => latch.accept(other, header(sequence), 0, false))).toEqual([false, false, false, true]);
    expect([latch.target, latch.settled]).toEqual([other, true]);
    expect(latch.accept(told, header(9), 0, false)).toBe(false);
  });

  it.each([
    ['a hole in the sequence', [1, 2, 3, 5].map((sequence) => [other, header(sequence)] as const)],
    ['the same packet again and again', Array.from({ length: 9 }, () => [other, header(7)] as const)],
    ['several sources', [1, 2, 3, 4].map((sequence) => [other, header(sequence, sequence % 2)] as const)],
    ['several ports', [1, 2, 3, 4, 5].map((sequence) => [{ ...other, port: 5000 + (sequence % 2) }, header(sequence)] as const)],
  ])('is not persuaded by %s', (_what, packets) => {
    const latch = aimed();
    for (const [from, packet] of packets) expect(latch.accept(from, packet, 0, false)).toBe(false);
    expect(latch.target).toEqual(told);
    expect(latch.accept(told, header(50), 0, false)).toBe(true);
  });

  it('takes nobody but the endpoint of the SDP when it is fixed, whatever others prove', () => {
    const latch = new Latch();
    latch.aim(told, true);
    for (let sequence = 1; sequence < 20; sequence++) expect(latch.accept(other, header(sequence), 0, sequence > 10)).toBe(false);
    expect([latch.target, latch.settled, latch.undecided]).toEqual([told, false, false]);
    expect(latch.accept(told, header(50), 0, false)).toBe(true);
    for (let sequence = 51; sequence < 70; sequence++)
      expect(latch.accept({ ...told, port: 1 }, header(sequence), 60_000, false)).toBe(false);
    const moved = { ...told, port: 4002 };
    latch.aim(moved, true);
    expect([told, moved].map((from) => latch.accept(from, header(71), 60_000, false))).toEqual([false, true]);
  });

  it('prefers the endpoint of the SDP over somebody who is proving himself', () => {
    const latch = aimed();
    for (const sequence of [1, 2, 3]) latch.accept(other, header(sequence), 0, false);
    expect(latch.undecided).toBe(true);
    latch.accept(told, header(70), 0, false);
    expect(latch.accept(other, header(4), 0, false)).toBe(false);
    expect(latch.undecided).toBe(false);
  });

  it('keeps what it found when the SDP says the same again, and looks anew when it says something else', () => {
    const latch = aimed();
    for (const sequence of [1, 2, 3, 4]) latch.accept(other, header(sequence), 0, false);
    expect(latch.aim({ ...told })).toBe(false);
    expect(latch.target).toEqual(other);
    expect(latch.aim({ ...told, port: 4002 })).toBe(true);
    expect([latch.target, latch.settled]).toEqual([{ ...told, port: 4002 }, false]);
  });

  it('forgets who was proving himself when the SDP says something else', () => {
    const latch = aimed();
    for (const sequence of [1, 2, 3]) latch.accept(other, header(sequence), 0, false);
    latch.aim({ ...told, port: 4002 });
    expect(latch.undecided).toBe(false);
    expect(latch.accept(other, header(4), 0, false)).toBe(false);
  });

  it('does not take packets of the peer that are sent again from elsewhere, also after a late one', () => {
    const latch = aimed();
    for (const sequence of [1, 2, 4, 5, 6, 7, 8, 3]) latch.accept(told, header(sequence), 0, false);
    const again = { ...told, port: 4444 };
    for (const sequence of [4, 5, 6, 7, 8]) expect(latch.accept(again, header(sequence), 600, false)).toBe(false);
    expect(latch.target).toEqual(told);
  });

  it.each([
    ['at once', 'another source', 2, 500, 0],
    ['at once', 'its source, gone on', 1, 500, 0],
    ['once the other that was taken is silent', 'its source, begun anew', 1, 40_000, 200],
  ])('goes back to the endpoint of the SDP %s, with %s', (_when, _what, ssrc, first, fromMs) => {
    const latch = aimed();
    for (const sequence of [1, 2, 3, 4]) latch.accept(other, header(sequence), 0, false);
    const back = (nowMs: number): boolean[] => [0, 1, 2, 3].map((nth) => latch.accept(told, header(first + nth, ssrc), nowMs, false));
    if (fromMs > 0) expect(back(fromMs - 1)).toEqual([false, false, false, false]);
    expect(back(fromMs)).toEqual([false, false, false, true]);
    expect([latch.target, latch.moves]).toEqual([told, 0]);
  });

  it('does not keep the objects it is given, which a socket may use again', () => {
    const latch = aimed();
    const from = { ...other };
    for (const sequence of [1, 2, 3, 4]) latch.accept(from, header(sequence), 0, false);
    from.port = 1;
    expect(latch.target).toEqual(other);
  });
});

describe('a latch that was fixed', () => {
  it('takes others again once an agreement says so', () => {
    const latch = new Latch();
    latch.aim(told, true);
    const prove = (): boolean[] => [1, 2, 3, 4].map((sequence) => latch.accept(other, header(sequence), 0, false));
    expect(prove()).toEqual([false, false, false, false]);
    latch.aim(told);
    expect(prove()).toEqual([false, false, false, true]);
  });
});

describe('PeerFocus', () => {
  it('stays tied to the peer as long as that is heard', () => {
    const latch = aimed();
    const focus = new PeerFocus(latch);
    const tied = Array.from({ length: 60 }, (_, look) => {
      latch.accept(told, header(look), look * 100, false);
      return focus.next(look * 100 + 10);
    });
    expect(tied).toEqual(Array(60).fill(told));
  });

  it('stays open for half a second, then tied to the peer that says nothing, but for a twentieth of the time', () => {
    const focus = new PeerFocus(aimed());
    const tied = Array.from({ length: 45 }, () => focus.next(0) !== undefined);
    expect(tied.slice(0, 5)).toEqual(Array(5).fill(false));
    expect(tied.slice(5, 25).filter((each) => !each)).toHaveLength(1);
    expect(tied.slice(25).filter((each) => !each)).toHaveLength(1);
  });

  it('ties to the peer as soon as it is found', () => {
    const latch = aimed();
    const focus = new PeerFocus(latch);
    expect(focus.next(0)).toBeUndefined();
    latch.accept(told, header(1), 0, false);
    expect(focus.next(0)).toEqual(told);
  });

  it('stays open for somebody who is proving himself, but not for ever', () => {
    const latch = aimed();
    const focus = new PeerFocus(latch);
    for (let look = 0; look < 4; look++) focus.next(0);
    latch.accept(other, header(1), 0, false);
    latch.accept(other, header(2), 0, false);
    const open = Array.from({ length: 20 }, () => focus.next(0)).findIndex((peer) => peer !== undefined);
    expect(open).toBe(6);
  });

  it('opens for two and a half seconds when the peer falls silent, and then as for one that says nothing', () => {
    const latch = aimed();
    const focus = new PeerFocus(latch);
    latch.accept(told, header(1), 1000, false);
    expect(focus.next(1100)).toEqual(told);
    const tied = Array.from({ length: 65 }, (_, look) => focus.next(1200 + look * 100) !== undefined);
    expect(tied.slice(0, 25)).toEqual(Array(25).fill(false));
    expect(tied.slice(25, 45).filter((each) => !each)).toHaveLength(1);
    latch.accept(told, header(2), 8000, false);
    expect(focus.next(8010)).toEqual(told);
  });

  it('begins anew when the peer moves', () => {
    const focus = new PeerFocus(aimed());
    for (let look = 0; look < 10; look++) focus.next(0);
    expect(focus.next(0)).toEqual(told);
    focus.restart();
    expect(focus.next(0)).toBeUndefined();
  });
});
