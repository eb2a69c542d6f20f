import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderList } from './header-list.ts';
import { forwardsAfter, MAX_FORWARDS, readMaxForwards } from './max-forwards.ts';

const read = (value: string): number => readMaxForwards(new HeaderList([['Max-Forwards', value]]));

describe('Max-Forwards', () => {
  it('is read from 0 to 255, with zeros before it', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.nat(4), (value, zeros) => {
        expect(read(`${'0'.repeat(zeros)}${value}`)).toBe(value);
      }),
    );
  });

  it('is that of any request when it is missing, or no number of 0 to 255', () => {
    expect(readMaxForwards(new HeaderList())).toBe(MAX_FORWARDS);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double().map(String), fc.integer({ min: 256 }).map(String)), (text) => {
        fc.pre(!/^0*\d{1,3}$/.test(text));
        expect(read(text)).toBe(MAX_FORWARDS);
      }),
    );
  });

  it('falls with each system until nothing may be sent any more', () => {
    const seen: number[] = [];
    for (let left = forwardsAfter(255); left !== undefined; left = forwardsAfter(left)) seen.push(left);
    expect(seen).toEqual(Array.from({ length: MAX_FORWARDS + 1 }, (_, index) => MAX_FORWARDS - index));
  });
});
