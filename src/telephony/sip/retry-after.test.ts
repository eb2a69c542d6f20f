import { describe, expect, it } from 'vitest';
import { HeaderList } from './header-list.ts';
import { retryAfterMs } from './retry-after.ts';

describe('retryAfterMs', () => {
  it.each([
    ['18', 18_000],
    ['5 (in a meeting)', 5_000],
    ['120;duration=3600', 120_000],
    ['0', 0],
    ['9999999999', 86_400_000],
    ['soon', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['', undefined],
  ])('reads %j', (text, ms) => {
    expect(retryAfterMs(new HeaderList([['Retry-After', text]]))).toBe(ms);
  });

  it('is undefined when nothing is asked for', () => {
    expect(retryAfterMs(new HeaderList())).toBeUndefined();
  });
});
