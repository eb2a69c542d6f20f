import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { HeaderList } from './header-list.ts';
import { type SessionExpires, sessionExpiresLine, sessionExpiresOf, smallestIntervalOf } from './session-expires.ts';

function headersWith(name: string, value: string): HeaderList {
  const headers = new HeaderList();
  headers.add(name, value);
  return headers;
}

const expiresIn = (value: string): SessionExpires | undefined => sessionExpiresOf(headersWith('Session-Expires', value));

describe('Session-Expires', () => {
  it.each<[string, SessionExpires | undefined]>([
    ['1800', { intervalMs: 1_800_000 }],
    [' 90 ; refresher=uac', { intervalMs: 90_000, refresher: 'uac' }],
    ['90;x=y;Refresher=UAS', { intervalMs: 90_000, refresher: 'uas' }],
    ['90;refresher=nobody', { intervalMs: 90_000 }],
    ['90;refresher=uac;refresher=uas', { intervalMs: 90_000 }],
    ['90;;=', { intervalMs: 90_000 }],
    ['0', { intervalMs: 0 }],
    ['4294967295', { intervalMs: 2_000_000_000 }],
    ['99999999999', undefined],
    ['-90', undefined],
    ['9e1', undefined],
    ['', undefined],
    [';refresher=uac', undefined],
  ])('of %j is read', (value, expected) => {
    expect(expiresIn(value)).toEqual(expected);
  });

  it('is read in its compact form, and missing when it is missing', () => {
    expect(sessionExpiresOf(headersWith('x', '120'))).toEqual({ intervalMs: 120_000 });
    expect(sessionExpiresOf(new HeaderList())).toBeUndefined();
  });

  it('says what was written, for any interval and refresher', () => {
    const random = seededRandom(11);
    const refreshers = ['uac', 'uas', undefined] as const;
    for (let run = 0; run < 500; run++) {
      const refresher = refreshers[random.below(3)];
      const written: SessionExpires = { intervalMs: 1000 * random.below(2_000_000), ...(refresher && { refresher }) };
      const [name, value] = sessionExpiresLine(written);
      expect(sessionExpiresOf(headersWith(name, value))).toEqual(written);
    }
  });

  it('never makes a timer that the platform cannot keep, whatever it is made of', () => {
    const random = seededRandom(12);
    const pieces = ['0', '9', '1800', ';', '=', 'refresher', 'uac', '"', '\\', ' ', ',', '\0', 'é'];
    for (let run = 0; run < 2_000; run++) {
      const value = Array.from({ length: random.below(12) }, () => pieces[random.below(pieces.length)]).join('');
      const read = expiresIn(value);
      if (read) expect(read.intervalMs >= 0 && read.intervalMs < 2 ** 31).toBe(true);
    }
  });
});

describe('Min-SE', () => {
  it.each([
    ['120', 120_000],
    ['120;x=y', 120_000],
    ['1', 90_000],
    ['none', 90_000],
  ])('of %j is read, and is 90 s at the least', (value, expected) => {
    expect(smallestIntervalOf(headersWith('Min-SE', value))).toBe(expected);
  });
});
