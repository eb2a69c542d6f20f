/**
 * What something adds, of turns that are alternately with it and without it, beginning with one with it: each but the first beside the mean of its two
 * neighbours, so that a machine that becomes faster or slower meanwhile counts on neither side.
 */
export function addedInTurns(turns: readonly number[]): number[] {
  return turns.flatMap((value, index) => {
    const [before, after] = [turns[index - 1], turns[index + 1]];
    return index % 2 === 0 && before !== undefined && after !== undefined ? [value - (before + after) / 2] : [];
  });
}
