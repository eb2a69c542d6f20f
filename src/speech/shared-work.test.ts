import { describe, expect, it } from 'vitest';
import { SharedWork } from './shared-work.ts';

function work(): {
  start: (signal: AbortSignal) => Promise<string>;
  finish: (v: string) => void;
  fail: (e: Error) => void;
  signals: AbortSignal[];
} {
  const signals: AbortSignal[] = [];
  const { promise, resolve, reject } = withResolvers();
  return {
    signals,
    finish: resolve,
    fail: reject,
    start(signal) {
      signals.push(signal);
      return promise;
    },
  };
}

function withResolvers() {
  let resolve: (value: string) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<string>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

const forever = new AbortController().signal;

describe('shared work', () => {
  it('is done once for all who ask meanwhile, and again afterwards', async () => {
    const shared = new SharedWork<string>();
    const { start, finish, signals } = work();
    const asked = [shared.join('a', start, forever), shared.join('a', start, forever), shared.join('b', start, forever)];
    finish('done');
    expect(await Promise.all(asked)).toEqual(['done', 'done', 'done']);
    expect(signals).toHaveLength(2);
    expect(shared.size).toBe(0);
    await shared.join('a', start, forever);
    expect(signals).toHaveLength(3);
  });

  it('goes on when one of two askers leaves', async () => {
    const shared = new SharedWork<string>();
    const { start, finish, signals } = work();
    const leaving = new AbortController();
    const first = shared.join('a', start, leaving.signal);
    const second = shared.join('a', start, forever);
    leaving.abort(new Error('hung up'));
    await expect(first).rejects.toThrow('hung up');
    expect(signals[0]?.aborted).toBe(false);
    finish('done');
    expect(await second).toBe('done');
  });

  it('is aborted when the last asker leaves, and a later asker begins anew', async () => {
    const shared = new SharedWork<string>();
    const { start, signals } = work();
    const leaving = new AbortController();
    const asked = [shared.join('a', start, leaving.signal), shared.join('a', start, leaving.signal)];
    leaving.abort(new Error('hung up'));
    for (const join of asked) await expect(join).rejects.toThrow('hung up');
    expect(signals[0]?.aborted).toBe(true);
    expect(shared.size).toBe(0);
    const other = work();
    const again = shared.join('a', other.start, forever);
    other.finish('new');
    expect(await again).toBe('new');
  });

  it('fails for all, and is not kept', async () => {
    const shared = new SharedWork<string>();
    const { start, fail } = work();
    const asked = [shared.join('a', start, forever), shared.join('a', start, forever)];
    fail(new Error('broken'));
    for (const join of asked) await expect(join).rejects.toThrow('broken');
    expect(shared.size).toBe(0);
  });

  it('is not begun for one who has left already', async () => {
    const shared = new SharedWork<string>();
    const { start, signals } = work();
    await expect(shared.join('a', start, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(signals).toHaveLength(0);
  });
});
