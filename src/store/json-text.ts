/**
 * JSON that PostgreSQL takes: it refuses the character U+0000 and halves of surrogate pairs, which JavaScript strings may hold.
 * Each of them becomes U+FFFD.
 */
export function toJsonText(value: unknown): string {
  const text = JSON.stringify(value);
  return SUSPECT.test(text) ? JSON.stringify(value, (_key, part: unknown) => clean(part)) : text;
}

/** The same cleaning, for a value that somebody else turns into text. */
export function cleanJson<T>(value: T): T {
  return SUSPECT.test(JSON.stringify(value)) ? JSON.parse(toJsonText(value)) : value;
}

/** Matches more than is wrong (a letter sequence after a backslash of the text, say); cleaning decides. */
const SUSPECT = /\\u(0000|d[89a-f])/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the one control character that is looked for
const WRONG = /\u0000|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text that a `text` column takes. */
export function cleanText(text: string): string {
  return text.replace(WRONG, '\ufffd');
}

function clean(part: unknown): unknown {
  if (typeof part === 'string') return cleanText(part);
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [cleanText(key), value]));
}
