import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Dirty, takeBatch } from './session-batch.ts';

const line = (message: string) => ({ date: '2026-01-01T00:00:00.000Z', message });
/** What a batch may be longer than its limit by: the row or the line that it ends with. */
const LIMIT = 128 * 1024;
const LONGEST = 3_000;

interface Row {
  readonly id: string;
  readonly ended_at?: string;
  readonly entries?: { readonly message: string }[];
}

it('takes all that waits, each line once and in order, in batches of a limited size, and the end of a session with its last line', () => {
  const lineLengths = fc.array(fc.integer({ min: 0, max: LONGEST }), { maxLength: 400 });
  const sessions = fc.array(fc.record({ lineLengths, ended: fc.boolean() }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(sessions, (given) => {
      const dirty = new Map<string, Dirty>();
      const wanted = new Map<string, string[]>();
      for (const [turn, { lineLengths: lengths, ended }] of given.entries()) {
        const messages = lengths.map((length, nth) => `${nth} `.padEnd(length, 'x'));
        dirty.set(`s${turn}`, { turn, epoch: 1, patch: ended ? { endedAtMs: 0 } : { callSid: 'a@b' }, lines: messages.map(line) });
        wanted.set(`s${turn}`, messages);
      }
      const got = new Map<string, string[]>();
      const over = new Set<string>();
      let lineCount = 0;
      for (let chunk = 0; dirty.size > 0; chunk++) {
        const first = [...dirty.values()][0];
        const batch = takeBatch(dirty, chunk);
        expect(batch?.turn).toBe(first?.turn);
        const texts = (batch?.rows ?? []).map(({ text }) => text);
        expect(texts.join().length).toBeLessThan(LIMIT + 2 * LONGEST);
        lineCount += batch?.lineCount ?? 0;
        for (const text of texts) {
          const { id, entries = [], ended_at }: Row = JSON.parse(text);
          expect(over).not.toContain(id);
          got.set(id, [...(got.get(id) ?? []), ...entries.map(({ message }) => message)]);
          if (ended_at !== undefined) over.add(id);
        }
      }
      expect(got).toEqual(wanted);
      expect(lineCount).toBe([...wanted.values()].flat().length);
      expect([...over].sort()).toEqual(given.flatMap(({ ended }, turn) => (ended ? [`s${turn}`] : [])));
    }),
    { numRuns: 60 },
  );
});

it('takes a line that is longer than a batch on its own', () => {
  const lines = [line('a'), line('b'.repeat(2 * LIMIT)), line('c')];
  const dirty = new Map<string, Dirty>([['s', { turn: 4, epoch: 1, patch: {}, lines }]]);
  const counts = [];
  for (let chunk = 0; dirty.size > 0; chunk++) counts.push(takeBatch(dirty, chunk)?.lineCount);
  expect(counts).toEqual([1, 1, 1]);
  expect(takeBatch(dirty, 9)).toBeUndefined();
});
