import { expect, it } from 'vitest';
import { parseMoment } from './moment.ts';

it.each([
  ['2026-01-31T15:00:00Z', '2026-01-31T15:00:00.000Z'],
  ['2026-01-31t15:00z', '2026-01-31T15:00:00.000Z'],
  ['2026-01-31T15:00:00.123456789+02:00', '2026-01-31T13:00:00.123Z'],
  ['2026-01-31T15:00:00-0130', '2026-01-31T16:30:00.000Z'],
  ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
])('reads %s', (text, moment) => {
  expect(new Date(parseMoment(text) ?? 0).toISOString()).toBe(moment);
});

it.each([
  '',
  'tomorrow',
  '2026-01-31',
  '2026-01-31T15:00:00',
  '2026-02-31T15:00:00Z',
  '2026-02-29T15:00:00Z',
  '2026-13-01T15:00:00Z',
  '2026-01-31T25:00:00Z',
  ' 2026-01-31T15:00:00Z',
  '+12026-01-31T15:00:00Z',
])('reads no moment in %j', (text) => {
  expect(parseMoment(text)).toBeUndefined();
});
