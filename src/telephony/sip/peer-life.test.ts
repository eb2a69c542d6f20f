import { describe, expect, it } from 'vitest';
import { answered, askAtMs, heardAt, laterHeard, type PeerAnswer, type PeerLife } from './peer-life.ts';

/** What is known after these answers, the first a minute after something was heard at 0, the others in time. */
function lifeAfter(...answers: readonly PeerAnswer[]): PeerLife {
  let life = heardAt(0);
  for (const answer of answers) {
    const next = answered(life, answer, askAtMs(life));
    if ('lost' in next) throw new Error(`Lost by ${answer}`);
    life = next;
  }
  return life;
}

describe('the peer of a call', () => {
  it('is asked when nothing has come for a minute', () => {
    expect(askAtMs(heardAt(5000))).toBe(65_000);
    expect(askAtMs(laterHeard(heardAt(5000), 7000))).toBe(67_000);
    expect(laterHeard(heardAt(5000), 4000)).toEqual(heardAt(5000));
  });

  it.each([
    ['timeout', 408],
    [408, 408],
    [481, 481],
  ] as const)('is lost by %s', (answer, lost) => {
    expect(answered(heardAt(0), answer, 60_000)).toEqual({ lost });
  });

  it.each([200, 401, 404, 405, 486, 488, 500, 501, 603])('is there when it answers %i, and asked again a minute later', (status) => {
    expect(askAtMs(lifeAfter(status))).toBe(120_000);
  });

  it.each([
    ['transport', 503],
    [502, 502],
    [503, 503],
    [504, 504],
  ] as const)('is asked again half a minute after %s, and lost by the third', (answer, lost) => {
    expect(askAtMs(lifeAfter(answer))).toBe(90_000);
    expect(askAtMs(lifeAfter(answer, answer))).toBe(120_000);
    expect(answered(lifeAfter(answer, answer), answer, 120_000)).toEqual({ lost });
  });

  it('has all its tries again once it was heard', () => {
    expect(lifeAfter('transport', 503, 200)).toEqual(heardAt(120_000));
    expect(laterHeard(lifeAfter('transport', 503), 91_000)).toEqual(heardAt(91_000));
  });
});
