import { describe, expect, it } from 'vitest';
import type { RegisterResult } from '../telephony/port.ts';
import { afterLostConnection, afterRegister, notRegistered, type RegistrationState } from './registration-state.ts';

const granted: RegisterResult = { registered: true, expiresMs: 600_000 };
const silent: RegisterResult = { registered: false };
const refused = (status: number, retryAfterMs?: number): RegisterResult => ({
  registered: false,
  status,
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});

/** States and waits of attempts that follow each other, each begun when the one before says so. */
function run(results: readonly RegisterResult[], chance = 1): string[] {
  let state: RegistrationState = notRegistered(0);
  let nowMs = 0;
  return results.map((result) => {
    const step = afterRegister(state, result, nowMs, chance);
    state = step.state;
    nowMs += step.nextMs;
    return `${state.state}@${state.sinceMs / 1000} next ${Math.round(step.nextMs / 1000)}`;
  });
}

describe('afterRegister', () => {
  it('renews before the time is over, at a moment that differs', () => {
    expect(run([granted, granted], 0)).toEqual(['Registered@0 next 420', 'Registered@0 next 420']);
    expect(run([granted], 1)).toEqual(['Registered@0 next 480']);
  });

  it('renews once a second at the most, however short the time is that was granted', () => {
    for (const expiresMs of [0, 1, 999]) expect(afterRegister(notRegistered(0), { registered: true, expiresMs }, 0, 0).nextMs).toBe(1_000);
  });

  it('backs off while the registrar is silent, up to five minutes', () => {
    expect(run(Array.from({ length: 9 }, () => silent)).map((step) => step.split(' ')[2])).toEqual([
      '5',
      '10',
      '20',
      '40',
      '80',
      '160',
      '300',
      '300',
      '300',
    ]);
    expect(run([silent, silent, granted])).toEqual(['Failed@0 next 5', 'Failed@0 next 10', 'Registered@15 next 480']);
  });

  it('stays registered while the carrier remembers us, although a renewal fails', () => {
    expect(run([granted, silent, silent, silent, silent, silent, silent])).toEqual([
      'Registered@0 next 480',
      'Registered@0 next 5',
      'Registered@0 next 10',
      'Registered@0 next 20',
      'Registered@0 next 40',
      'Registered@0 next 80',
      'Failed@635 next 160',
    ]);
  });

  it('waits as long as it is asked to, and long after a refusal of the password', () => {
    expect(run([refused(503, 900_000)])).toEqual(['Failed@0 next 900']);
    expect(run([refused(503, 1_000)])).toEqual(['Failed@0 next 5']);
    for (const status of [401, 403, 407]) expect(run([refused(status)])).toEqual(['Failed@0 next 120']);
  });
});

describe('afterLostConnection', () => {
  const registered: RegistrationState = { state: 'Registered', sinceMs: 0, failures: 0, expiresAtMs: 3_600_000 };

  it('registers again within a second, and keeps in mind that the carrier still knows us', () => {
    const { state, nextMs } = afterLostConnection(registered, 500_000, 1);
    expect(nextMs).toBe(1_000);
    expect(state).toEqual({ state: 'Registering', sinceMs: 500_000, failures: 0, expiresAtMs: 3_600_000, breaks: 1 });
    expect(afterLostConnection(registered, 500_000, 0).nextMs).toBe(0);
  });

  it.each([
    ['breaks soon each time', 119_999, [1, 5, 10, 20, 40, 80, 160, 300, 300]],
    ['lasts two minutes each time', 120_000, [1, 1, 1]],
  ])('waits by how often in a row the connection %s', (_how, lastsMs, waits) => {
    let state: RegistrationState = registered;
    let nowMs = 0;
    for (const seconds of waits) {
      nowMs += lastsMs;
      const lost = afterLostConnection(state, nowMs, 1);
      expect(lost.nextMs).toBe(seconds * 1000);
      nowMs += seconds * 1000;
      state = afterRegister(lost.state, granted, nowMs, 1).state;
    }
  });

  it('forgets nothing of that over a failure, after which it begins with the first wait', () => {
    const twice = { ...registered, breaks: 2 };
    const failed = afterRegister(afterLostConnection(twice, 1_000, 1).state, silent, 2_000, 1);
    expect(failed).toEqual({ state: { state: 'Failed', sinceMs: 2_000, failures: 1, breaks: 3 }, nextMs: 5_000 });
    const again = afterRegister(failed.state, granted, 7_000, 1).state;
    expect(afterLostConnection(again, 8_000, 1).nextMs).toBe(20_000);
  });

  it('leaves the time of the next attempt as it is when a renewal was refused, and everything when it is not registered', () => {
    expect(afterLostConnection({ ...registered, failures: 1, status: 503 }, 1_000, 1)).toEqual({
      state: { state: 'Registering', sinceMs: 1_000, failures: 1, expiresAtMs: 3_600_000, status: 503, breaks: 1 },
    });
    const failed: RegistrationState = { state: 'Failed', sinceMs: 0, failures: 2 };
    expect(afterLostConnection(failed, 1_000, 1)).toEqual({ state: failed });
  });
});
