import { describe, expect, it } from 'vitest';
import { afterCheck, uncheckedTarget } from './target-state.ts';

/** The states after checks with these answers, one each second. */
function after(...answers: readonly (number | undefined)[]): string {
  let state = uncheckedTarget(0);
  return answers
    .map((status, at) => {
      state = afterCheck(state, status, (at + 1) * 1000);
      return `${state.state}@${state.sinceMs / 1000}`;
    })
    .join(' ');
}

describe('afterCheck', () => {
  it.each([
    [[200], 'Up@1'],
    [[404, 200], 'Up@1 Up@1'],
    [[undefined, undefined, undefined], 'Unknown@0 Unknown@0 Down@3'],
    [[503, 408, 503, 503], 'Unknown@0 Unknown@0 Down@3 Down@3'],
    [[undefined, undefined, 200], 'Unknown@0 Unknown@0 Up@3'],
    [[200, undefined, undefined, 200, undefined, undefined], 'Up@1 Up@1 Up@1 Up@1 Up@1 Up@1'],
    [[200, undefined, 503, undefined], 'Up@1 Up@1 Up@1 Down@4'],
    [[undefined, undefined, undefined, 200, undefined, 200, 200], 'Unknown@0 Unknown@0 Down@3 Down@3 Down@3 Down@3 Up@7'],
  ])('%j: %s', (answers, states) => {
    expect(after(...answers)).toBe(states);
  });

  it('keeps the status of the latest answer', () => {
    const answered = afterCheck(uncheckedTarget(0), 405, 1);
    expect(answered.status).toBe(405);
    expect(afterCheck(answered, undefined, 2)).not.toHaveProperty('status');
  });
});
