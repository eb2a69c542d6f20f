import { FormatError } from './format.ts';

/** Codes of the characters that JSV is made of (servicestack.md 2.3). */
export const sign = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openList: 0x5b,
  closeList: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;

/** White space of a layout. It is never part of a name or structure; of an unquoted text it is. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** The first place from `at` that is not white space; the length of the text if there is none. */
export function skipBlanks(text: string, at: number): number {
  let place = at;
  while (place < text.length && isBlank(text.charCodeAt(place))) place++;
  return place;
}

/** The place of the first `,` or `closer` from `at`; the length of the text if there is none. */
export function endOfBare(text: string, at: number, closer: number): number {
  let place = at;
  for (; place < text.length; place++) {
    const code = text.charCodeAt(place);
    if (code === sign.comma || code === closer) break;
  }
  return place;
}

/** The place of the `:` that ends the unquoted name at `at`, or -1 if another sign or the end comes first. */
export function endOfName(text: string, at: number): number {
  for (let place = at; place < text.length; place++) {
    switch (text.charCodeAt(place)) {
      case sign.colon:
        return place;
      case sign.quote:
      case sign.comma:
      case sign.openList:
      case sign.closeList:
      case sign.openObject:
      case sign.closeObject:
        return -1;
    }
  }
  return -1;
}

/** The place behind the closing quote of the text that opens with a quote at `at`. @throws FormatError when it is not closed. */
export function endOfQuoted(text: string, at: number): number {
  let end = text.indexOf('"', at + 1);
  while (end !== -1 && text.charCodeAt(end + 1) === sign.quote) end = text.indexOf('"', end + 2);
  if (end === -1) throw new FormatError('has a quote that is not closed');
  return end + 1;
}

/** What stands between the quotes at `from` and before `end`, where two quotes are one. */
export function unquote(text: string, from: number, end: number): string {
  return text.slice(from + 1, end - 1).replaceAll('""', '"');
}

/** `text` without the white space of a layout around it. */
export function trimBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(Math.min(skipBlanks(text, 0), end), end);
}
