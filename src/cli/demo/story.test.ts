import { expect, it } from 'vitest';
import type { SessionNews } from '../follow-session.ts';
import { Story } from './story.ts';

it('tells news once, in order, and keeps back what is too fresh', () => {
  const told: SessionNews[] = [];
  const story = new Story((news) => told.push(news));
  story.add({ atMs: 20, text: 'second' });
  story.add({ atMs: 10, text: 'first' });
  story.add({ atMs: 30, text: 'third' });
  story.tellUntil(25);
  expect(told.map(({ text }) => text)).toEqual(['first', 'second']);
  story.add({ atMs: 28, text: 'late' });
  story.tellUntil(Number.POSITIVE_INFINITY);
  story.tellUntil(Number.POSITIVE_INFINITY);
  expect(told.map(({ text }) => text)).toEqual(['first', 'second', 'late', 'third']);
});
