import { trimmed } from './char-set.ts';
import { SipParseError } from './sip-parse-error.ts';
import { endOfQuoted } from './token.ts';

/** Most values that are taken out of the lines of one header. */
export const MAX_LIST_VALUES = 200;

/**
 * The values of a header that may hold several, such as Via, Route or Contact: lines are split at commas outside of quotes and
 * angle brackets (RFC 3261 section 7.3.1). Empty values are left out.
 * @throws SipParseError 400 when a quote or bracket does not close, or there are more than `MAX_LIST_VALUES`.
 */
export function splitList(lines: readonly string[]): string[] {
  const values: string[] = [];
  for (const line of lines) {
    splitAt(line, ',', (value) => {
      if (values.length === MAX_LIST_VALUES) throw new SipParseError(400, 'Too many values in one header');
      values.push(value);
    });
  }
  return values;
}

/** Calls `take` for each non-empty trimmed part of `text` between separators outside of quotes and angle brackets. */
export function splitAt(text: string, separator: ',' | ';', take: (part: string) => void): void {
  if (text.indexOf('"') === -1 && text.indexOf('<') === -1) {
    splitPlain(text, separator, take);
    return;
  }
  const cut = separator.charCodeAt(0);
  let start = 0;
  for (let index = 0; index <= text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x22) {
      index = closing(endOfQuoted(text, index));
    } else if (code === 0x3c) {
      index = closing(text.indexOf('>', index));
    } else if (code === cut || index === text.length) {
      const part = trimmed(text.slice(start, index));
      if (part !== '') take(part);
      start = index + 1;
    }
  }
}

function splitPlain(text: string, separator: string, take: (part: string) => void): void {
  for (let start = 0, end = 0; start <= text.length; start = end + 1) {
    end = text.indexOf(separator, start);
    if (end === -1) end = text.length;
    const part = trimmed(text.slice(start, end));
    if (part !== '') take(part);
  }
}

function closing(index: number): number {
  if (index === -1) throw new SipParseError(400, 'A quote or bracket does not close');
  return index;
}
