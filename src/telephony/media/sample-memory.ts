/** Arrays of one length that are kept: two for each recording of as many as may end at once before others begin. */
const MOST_KEPT = 128;

/** By their length. */
const kept = new Map<number, Int16Array<ArrayBuffer>[]>();

/**
 * Memory for samples, one that was given back before if there is: a recording needs so much that to clear it away costs more than a second of
 * recording. What stands in it is left over.
 */
export function takeSamples(length: number): Int16Array<ArrayBuffer> {
  return kept.get(length)?.pop() ?? new Int16Array(length);
}

/** Nobody may use the array from now on. */
export function giveBackSamples(samples: Int16Array<ArrayBuffer>): void {
  const same = kept.get(samples.length);
  if (!same) kept.set(samples.length, [samples]);
  else if (same.length < MOST_KEPT) same.push(samples);
}
