/** Adds the two samples of each of the first `pairs` pairs, in place; what is louder than 16 bits can hold is cut to the loudest that they can. */
export function mixPairs(samples: Int16Array, pairs: number): void {
  for (let index = 0; index < pairs; index++) {
    const sum = (samples[2 * index] ?? 0) + (samples[2 * index + 1] ?? 0);
    samples[index] = sum > 32_767 ? 32_767 : sum < -32_768 ? -32_768 : sum;
  }
}
