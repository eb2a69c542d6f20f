import { HeaderList } from './header-list.ts';

/** One part of a multipart body. `body` is a view of the bytes that were split. */
export interface MimePart {
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

/** Most parts that are taken out of one body. */
const MAX_PARTS = 16;
const MAX_PART_HEADERS = 32;
/** Most characters of the headers of one part. */
const MAX_PART_HEAD = 4096;

/**
 * The parts of a multipart body (RFC 2046 section 5.1.1). What stands before the first delimiter and after the last is left out; a body
 * that is cut off ends its last part. Lines may end with CR LF or LF. Undefined when there is no part, a part has more than a limit
 * allows, or its headers cannot be read.
 */
export function splitParts(body: Uint8Array, boundary: string): MimePart[] | undefined {
  // One character for each byte, so that a place in the text is one in the bytes.
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1');
  const parts: MimePart[] = [];
  let delimiter = nextDelimiter(text, boundary, 0);
  while (delimiter && !delimiter.closes) {
    const next = nextDelimiter(text, boundary, delimiter.end);
    const part = readPart(body, text, delimiter.end, next ? endOfContent(text, delimiter.end, next.start) : text.length);
    if (!part || parts.length === MAX_PARTS) return undefined;
    parts.push(part);
    delimiter = next;
  }
  return parts.length === 0 ? undefined : parts;
}

interface Delimiter {
  readonly start: number;
  /** Behind the line end. */
  readonly end: number;
  /** Whether no part follows. */
  readonly closes: boolean;
}

function nextDelimiter(text: string, boundary: string, from: number): Delimiter | undefined {
  const dashed = `--${boundary}`;
  for (let start = text.indexOf(dashed, from); start !== -1; start = text.indexOf(dashed, start + 1)) {
    if (start > 0 && text[start - 1] !== '\n') continue;
    let at = start + dashed.length;
    const closes = text.startsWith('--', at);
    if (closes) at += 2;
    while (text[at] === ' ' || text[at] === '\t') at++;
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    // A longer line is a delimiter of a multipart inside of this one, or content.
    if (at >= text.length || text[at] === '\n') return { start, end: Math.min(at + 1, text.length), closes };
  }
  return undefined;
}

/** The line end before a delimiter belongs to the delimiter. */
function endOfContent(text: string, start: number, delimiter: number): number {
  const lineEnd = text[delimiter - 2] === '\r' ? 2 : 1;
  return Math.max(start, delimiter - lineEnd);
}

function readPart(bytes: Uint8Array, text: string, start: number, end: number): MimePart | undefined {
  const lines: string[] = [];
  let at = start;
  while (at < end && at - start <= MAX_PART_HEAD) {
    const feed = text.indexOf('\n', at);
    const lineEnd = feed === -1 ? end : Math.min(feed, end);
    const line = text.slice(at, text[lineEnd - 1] === '\r' ? lineEnd - 1 : lineEnd);
    at = Math.min(lineEnd + 1, end);
    if (line === '') return withHeaders(lines, bytes.subarray(at, end));
    if (/^[ \t]/.test(line) && lines.length > 0) lines.push(`${lines.pop()} ${line.trim()}`);
    else if (lines.push(line) > MAX_PART_HEADERS) return undefined;
  }
  return at < end ? undefined : withHeaders(lines, bytes.subarray(end, end));
}

function withHeaders(lines: readonly string[], body: Uint8Array): MimePart | undefined {
  const headers = new HeaderList();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) return undefined;
    headers.add(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return { headers, body };
}
