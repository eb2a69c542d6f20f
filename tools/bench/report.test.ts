import { describe, expect, it } from 'vitest';
import { median, type Row, renderTable, verdict } from './report.ts';

const row = (values: readonly number[], better: 'lower' | 'higher', limit: number): Row => ({
  what: 'CPU',
  unit: 'ms',
  values,
  target: { limit, better },
  asterisk: '5.4',
});

describe('the bench report', () => {
  it('takes the median', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it.each([
    [row([4.9, 5, 7], 'lower', 5), 'met'],
    [row([6.25], 'lower', 5), 'missed by 1.25 ms (25 %)'],
    [row([100], 'higher', 100), 'met'],
    [row([99.8], 'higher', 100), 'missed by 0.2 ms (0 %)'],
    [row([], 'lower', 5), ''],
    [{ what: 'x', unit: 'ms', values: [1], asterisk: '' }, ''],
  ])('judges %j', (given, words) => {
    expect(verdict(given)).toBe(words);
  });

  it('writes a table in which a missing figure is said to be missing', () => {
    expect(renderTable([row([4.123, 4, 5], 'lower', 5), { what: 'Rate', unit: 'calls/s', values: [], asterisk: '375' }])).toBe(
      [
        '| Figure | Ringflow         | Target       | Verdict | Asterisk 22 |',
        '|--------|------------------|--------------|---------|-------------|',
        '| CPU    | 4.12 ms [4 .. 5] | at most 5 ms | met     | 5.4         |',
        '| Rate   | not measured     |              |         | 375         |',
      ].join('\n'),
    );
  });
});
