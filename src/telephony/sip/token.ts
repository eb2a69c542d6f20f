import { charSet, DIGITS, isAllIn, LETTERS } from './char-set.ts';

const TOKEN = charSet(`${LETTERS}${DIGITS}-.!%*_+\`'~`);
/** Of a URI, what ASCII has. */
const URI_TEXT = charSet(`${LETTERS}${DIGITS}!#$%&'()*+,-./:;=?@[\\]^_\`{|}~`);
const QUOTE = 0x22;
const NO_URI_TEXT = /[\s\p{Cc}<>"]/u;

/** Whether `text` is a `token` (RFC 3261 section 25.1). */
export function isToken(text: string): boolean {
  return isAllIn(TOKEN, text);
}

/** Whether `text` could stand as a URI between spaces or angle brackets: no blanks, control characters, brackets or quotes. */
export function isUriText(text: string): boolean {
  return isAllIn(URI_TEXT, text) || (text !== '' && !NO_URI_TEXT.test(text));
}

// An even number of backslashes before it leaves a NUL without one of its own.
const BARE_NUL = /(?<!\\)(?:\\\\)*\0/;

/** Whether `text` holds a NUL that no backslash escapes: only as a quoted-pair may there be one (RFC 3261 section 25.1). */
export function holdsBareNul(text: string): boolean {
  return text.includes('\0') && BARE_NUL.test(text);
}

/** Whether the character code is a space or a tab, all that is left of linear white space once lines are unfolded. */
export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** `text` as a quoted-string (RFC 3261 section 25.1). */
export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** The text that a quoted-string stands for; any other text is answered as it is. */
export function unquote(text: string): string {
  if (text.charCodeAt(0) !== QUOTE || text.length < 2 || text.charCodeAt(text.length - 1) !== QUOTE) return text;
  const inside = text.slice(1, -1);
  return inside.includes('\\') ? inside.replace(/\\([\s\S])/g, '$1') : inside;
}

/** Index of the quote that closes the one at `start`, or -1. */
export function endOfQuoted(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x5c) index++;
    else if (code === 0x22) return index;
  }
  return -1;
}
