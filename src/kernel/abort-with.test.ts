import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { abortWith } from './abort-with.ts';

describe('a controller that follows a signal', () => {
  it('is aborted with it, for the same reason', () => {
    const [own, source] = [new AbortController(), new AbortController()];
    abortWith(own, source.signal);
    expect(own.signal.aborted).toBe(false);
    source.abort('enough');
    expect(own.signal.reason).toBe('enough');
  });

  it('is aborted at once with one that is aborted already', () => {
    const own = new AbortController();
    abortWith(own, AbortSignal.abort('too late'))();
    expect(own.signal.reason).toBe('too late');
  });

  it('lets go of it, and leaves nothing there', () => {
    const [own, source] = [new AbortController(), new AbortController()];
    const letGo = abortWith(own, source.signal);
    letGo();
    letGo();
    expect(getEventListeners(source.signal, 'abort')).toEqual([]);
    source.abort();
    expect(own.signal.aborted).toBe(false);
  });
});
