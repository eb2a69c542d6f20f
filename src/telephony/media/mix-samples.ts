/** Adds `other` to `samples`, sample by sample; what is louder than 16 bits can hold is cut to the loudest that they can. */
export function mixSamples(samples: Int16Array, other: Int16Array): void {
  for (let index = 0; index < samples.length; index++) {
    const sum = (samples[index] ?? 0) + (other[index] ?? 0);
    samples[index] = sum > 32_767 ? 32_767 : sum < -32_768 ? -32_768 : sum;
  }
}
