/** What is wrong with a text that should name keys of a telephone (RFC 4733 section 3.2: 0-9 * # A-D); undefined if nothing. */
export function keysProblem(keys: string): string | undefined {
  return /^[0-9*#A-D]*$/.test(keys) ? undefined : 'Only the keys 0 to 9, *, # and A to D exist.';
}
