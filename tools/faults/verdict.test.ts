import { describe, expect, it } from 'vitest';
import { withFault } from './source-copy.ts';
import { verdictOf } from './verdict.ts';

const fault = { name: 'n', file: 'src/f.ts', find: 'a', replace: '$&b', test: 't' };
const test = (status: string, ...failureMessages: string[]) => ({ status, fullName: `a ${status} test`, failureMessages });
const file = (status: string, message: string, ...assertionResults: ReturnType<typeof test>[]) => ({
  testResults: [{ status, message, assertionResults }],
});

describe('a test that is run with a fault', () => {
  it('is red when one failed, whatever passed', () => {
    const verdict = verdictOf(file('failed', '', test('passed'), test('failed', 'AssertionError: expected 1 to be 2\n  at x')));
    expect(verdict).toEqual({ isRed: true, told: 'a failed test', message: 'AssertionError: expected 1 to be 2' });
  });

  it.each([
    ['all passed', file('passed', '', test('passed')), '1 passed'],
    ['none has the name', file('passed', '', test('skipped')), 'no test has that name'],
    ['the file cannot be loaded', file('failed', 'Error: no such module'), 'no test failed, but the file did'],
    ['what was put in is no code', file('failed', '', test('failed', 'ReferenceError: x is not defined')), 'a failed test'],
  ])('is not red when %s', (_name, report, told) => {
    expect(verdictOf(report)).toMatchObject({ isRed: false, told });
  });
});

describe('a fault', () => {
  it('is put in as it is written', () => {
    expect(withFault('cat', fault)).toBe('c$&bt');
  });

  it.each(['dog', 'banana'])('is not put in where its place is not there once: %s', (source) => {
    expect(() => withFault(source, fault)).toThrow('src/f.ts has');
  });
});
