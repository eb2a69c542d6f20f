/** Ids as the text of a PostgreSQL array, to be cast: `${idList(ids)}::text::uuid[]`. They must have the form of ids. */
export function idList(ids: readonly string[]): string {
  return `{${ids.join(',')}}`;
}
