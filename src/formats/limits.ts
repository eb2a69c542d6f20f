/** What a reader accepts at most, so that no input can take much memory or time. */
export const limits = {
  /** Characters of a body. Bodies are cut off earlier, in bytes, by the HTTP server. */
  textLength: 1024 * 1024,
  /** Objects, lists and elements inside one another. */
  depth: 64,
  /** Elements of an XML document. */
  elements: 50_000,
} as const;
