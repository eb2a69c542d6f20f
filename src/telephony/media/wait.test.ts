import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { newWait } from './wait.ts';

describe('newWait', () => {
  it('settles once, whatever comes first, and says so once', async () => {
    let overs = 0;
    const controller = new AbortController();
    const wait = newWait<string>(controller.signal, () => overs++);
    wait.resolve('first');
    wait.resolve('second');
    wait.reject(new Error('third'));
    controller.abort();
    await expect(wait.promise).resolves.toBe('first');
    expect(overs).toBe(1);
  });

  it('rejects with the reason of the signal', async () => {
    let overs = 0;
    const controller = new AbortController();
    const wait = newWait<string>(controller.signal, () => overs++);
    controller.abort(new Error('enough'));
    wait.resolve('late');
    await expect(wait.promise).rejects.toThrow('enough');
    expect(overs).toBe(1);
  });

  it('has not begun when the signal is aborted already', async () => {
    const wait = newWait<string>(AbortSignal.abort(new Error('before')), () => {
      throw new Error('nothing has begun that could be over');
    });
    wait.resolve('late');
    await expect(wait.promise).rejects.toThrow('before');
  });

  it('leaves no listener on the signal, however it is settled', async () => {
    const { signal } = new AbortController();
    const waits = [newWait<string>(signal, () => {}), newWait<string>(signal, () => {})];
    expect(getEventListeners(signal, 'abort')).toHaveLength(2);
    waits[0]?.resolve('over');
    waits[1]?.reject(new Error('failed'));
    await Promise.allSettled(waits.map(({ promise }) => promise));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
