import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lists } from './all.ts';
import { withFault } from './source-copy.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe.each([...lists])('the faults of %s', (_subject, faults) => {
  it('can still be put where they belong', () => {
    for (const fault of faults) expect(withFault(read(fault.file), fault), fault.name).not.toBe(read(fault.file));
  });

  it('have tests with the names they tell', () => {
    for (const { name, test, testName } of faults) expect(read(test), name).toContain(testName ?? '');
  });

  it('have names of their own', () => {
    const names = faults.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
