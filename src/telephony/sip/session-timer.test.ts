import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { HeaderList } from './header-list.ts';
import { answerTimerHeaders, nextDeed, type RefreshProgress, type SessionTimer, timerOfAnswer, timerOfRequest } from './session-timer.ts';

function headersOf(...lines: readonly (readonly [string, string])[]): HeaderList {
  const headers = new HeaderList();
  for (const [name, value] of lines) headers.add(name, value);
  return headers;
}

const timer: SessionTimer = { intervalMs: 1_800_000, refresher: 'us', refreshedAtMs: 1_000 };

describe('what is done next', () => {
  it('is a refresh at half of the interval by the refresher, and a hang-up 32 s before its end by the other side', () => {
    expect(nextDeed(timer, { at: 'rest' })).toEqual({ what: 'refresh', atMs: 901_000 });
    expect(nextDeed({ ...timer, refresher: 'peer' }, { at: 'rest' })).toEqual({ what: 'hang up', atMs: 1_769_000 });
    expect(nextDeed(timer, { at: 'work' })).toEqual({ what: 'hang up', atMs: 1_769_000 });
  });

  it('is a hang-up after two thirds of an interval of 90 s and less', () => {
    expect(nextDeed({ ...timer, intervalMs: 90_000 }, { at: 'work' })).toEqual({ what: 'hang up', atMs: 61_000 });
  });

  it('is another refresh halfway to the end after each failure, then a hang-up', () => {
    let progress: RefreshProgress = { at: 'rest' };
    const deeds: number[] = [];
    for (;;) {
      const deed = nextDeed(timer, progress);
      deeds.push(deed.atMs);
      if (deed.what === 'hang up') break;
      progress = { at: 'failure', failedAtMs: deed.atMs };
    }
    expect(deeds[1]).toBe(1_335_000);
    expect(deeds.at(-1)).toBe(1_769_000);
    expect(deeds.length).toBeLessThan(15);
    expect([...deeds].sort((one, other) => one - other)).toEqual(deeds);
  });

  it('is never due before the session was refreshed, nor after it is over', () => {
    const random = seededRandom(4);
    for (let run = 0; run < 2_000; run++) {
      const any: SessionTimer = {
        intervalMs: 90_000 + random.below(2_000_000),
        refresher: random.below(2) ? 'us' : 'peer',
        refreshedAtMs: 0,
      };
      const failedAtMs = random.below(any.intervalMs);
      for (const progress of [{ at: 'rest' }, { at: 'work' }, { at: 'failure', failedAtMs }] as const) {
        const { atMs } = nextDeed(any, progress);
        expect(atMs > 0 && atMs < any.intervalMs).toBe(true);
      }
    }
  });
});

describe('the answer to a request', () => {
  const supported = ['Supported', 'timer'] as const;
  it.each([
    ['says nothing of timers to a peer that does not', [], undefined, []],
    ['gives a peer with timers one that we refresh', [supported], 'us', ['1800;refresher=uas', 'timer']],
    ['lets a peer refresh that asks for a timer', [supported, ['Session-Expires', '600']], 'peer', ['600;refresher=uac', 'timer']],
    ['keeps the refresher that was asked for', [supported, ['Session-Expires', '600;refresher=uas']], 'us', ['600;refresher=uas', 'timer']],
    ['refreshes when only a proxy has asked', [['Session-Expires', '600']], 'us', ['600;refresher=uas']],
    ['keeps to the smallest interval', [supported, ['Min-SE', '7200']], 'us', ['7200;refresher=uas', 'timer']],
  ] as const)('%s', (_name, lines, refresher, expected) => {
    const request = headersOf(...lines);
    const agreed = timerOfRequest(request, 5);
    expect(agreed?.refresher).toBe(refresher);
    expect(answerTimerHeaders(agreed, request).map(([, value]) => value)).toEqual(expected);
  });
});

describe('an answer to us', () => {
  it('is not taken at its word when its interval is smaller than the standard allows', () => {
    const agreed = timerOfAnswer(headersOf(['Session-Expires', '1;refresher=uac']), undefined, 7);
    expect(agreed).toEqual({ intervalMs: 90_000, refresher: 'us', refreshedAtMs: 7 });
  });

  it('without a refresher leaves the refreshing to us', () => {
    expect(timerOfAnswer(headersOf(['Session-Expires', '300']), undefined, 7)?.refresher).toBe('us');
    expect(timerOfAnswer(new HeaderList(), undefined, 7)).toBeUndefined();
  });
});
