import { HeaderList } from './header-list.ts';
import { type HeaderName, headerName, knownHeaderName } from './header-name.ts';
import { emptyBody, type SipMessage, type SipRequest } from './message.ts';
import { SipParseError } from './sip-parse-error.ts';
import { holdsBareNul, isBlank, isToken, isUriText } from './token.ts';

/** Most bytes of a message; more is not read (RFC 3261 section 18.1.1 asks for 65 535 with UDP). */
export const MAX_MESSAGE_BYTES = 64 * 1024;
/** Most bytes of the start line and headers together. */
export const MAX_HEAD_BYTES = 16 * 1024;
export const MAX_HEADERS = 200;
/** Most characters of one header, folded lines included. */
export const MAX_HEADER_LENGTH = 8 * 1024;

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * Reads one whole message (RFC 3261 sections 7 and 25). Header values are cut out but not interpreted: see `parseVia` and its
 * like, and headers that a message must have may be missing. The body is a view of `bytes`; without Content-Length it is all
 * that is left, as a datagram has it, and what follows a shorter Content-Length is ignored (section 18.3).
 * @throws SipParseError with status 400, 505 (another version) or 513 (a limit exceeded). It holds the request when its headers could
 * be read, so that whoever sent a bad start line or a header twice is told (RFC 4475 section 3.1.2).
 */
export function parseMessage(bytes: Uint8Array): SipMessage {
  if (bytes.length > MAX_MESSAGE_BYTES) throw new SipParseError(513, 'The message is too long');
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = afterEmptyLines(buffer);
  const headEnd = buffer.indexOf(HEAD_END, start);
  if (headEnd === -1) throw new SipParseError(400, 'The headers do not end');
  if (headEnd - start > MAX_HEAD_BYTES) throw new SipParseError(513, 'The headers are too long');
  const head = buffer.toString('utf8', start, headEnd + 2);
  if (holdsBareNul(head)) throw new SipParseError(400, 'The headers hold a NUL');

  const lineEnd = endOfLine(head, 0);
  const line = head.slice(0, lineEnd);
  const isResponse = /^SIP\//i.test(line);
  if (isResponse) {
    const { status, reason } = parseStatusLine(line);
    const { headers, fault } = parseHeaders(head, lineEnd + 2);
    if (fault !== undefined) throw new SipParseError(400, fault);
    return { kind: 'response', status, reason, headers, body: bodyOf(buffer, headEnd + 4, headers) };
  }
  const { method, uri, version, fault } = parseRequestLine(line);
  const read = parseHeaders(head, lineEnd + 2);
  const { headers } = read;
  const request: SipRequest = { kind: 'request', method, uri, headers, body: emptyBody };
  const wrong = fault ?? read.fault;
  if (wrong !== undefined) throw new SipParseError(400, wrong, request);
  if (version.toUpperCase() !== 'SIP/2.0') throw new SipParseError(505, 'The SIP version is not supported', request);
  return { ...request, body: bodyOf(buffer, headEnd + 4, headers, request) };
}

/** Empty lines before the start line are ignored (RFC 3261 section 7.5). */
function afterEmptyLines(buffer: Buffer): number {
  let index = 0;
  while (buffer[index] === 0x0d && buffer[index + 1] === 0x0a) index += 2;
  return index;
}

/** Index of the CR LF that ends the line. A CR or LF on its own would be taken for a line end by others, so it is refused. */
function endOfLine(head: string, start: number): number {
  const end = head.indexOf('\r', start);
  if (end === -1 || head.indexOf('\n', start) !== end + 1) throw new SipParseError(400, 'A line does not end with CR LF');
  return end;
}

interface RequestLine {
  readonly method: string;
  readonly uri: string;
  readonly version: string;
  /** What makes the line one that is refused, although it shows the method. */
  readonly fault?: string;
}

function parseRequestLine(line: string): RequestLine {
  const first = line.indexOf(' ');
  const last = line.lastIndexOf(' ');
  const method = line.slice(0, first);
  const uri = line.slice(first + 1, last);
  const version = line.slice(last + 1);
  if (first === -1 || first === last || !isToken(method)) throw new SipParseError(400, 'The request line is not valid');
  if (!isUriText(uri)) return { method, uri, version, fault: 'The Request-URI is not valid' };
  if (!/^SIP\/[0-9]{1,3}\.[0-9]{1,3}$/i.test(version)) return { method, uri, version, fault: 'The request line has no SIP version' };
  return { method, uri, version };
}

function parseStatusLine(line: string): { status: number; reason: string } {
  if (!/^SIP\/2\.0 [1-6][0-9]{2}(?: |$)/i.test(line)) throw new SipParseError(400, 'The status line is not valid');
  return { status: Number(line.slice(8, 11)), reason: line.slice(12) };
}

function parseHeaders(head: string, start: number): { headers: HeaderList; fault: string | undefined } {
  const headers = new HeaderList();
  let fault: string | undefined;
  let index = start;
  let seen = 0;
  while (index < head.length) {
    const lineStart = index;
    let end = endOfLine(head, index);
    index = end + 2;
    const folded = isBlank(head.charCodeAt(index));
    while (isBlank(head.charCodeAt(index))) {
      end = endOfLine(head, index);
      index = end + 2;
    }
    if (end - lineStart > MAX_HEADER_LENGTH) throw new SipParseError(513, 'A header is too long');
    if (headers.size === MAX_HEADERS) throw new SipParseError(513, 'There are too many headers');
    const colon = head.indexOf(':', lineStart);
    if (colon === -1 || colon > end) throw new SipParseError(400, 'A header has no colon');
    const name = nameOf(head.slice(lineStart, colon));
    if ((seen & name.once) !== 0) fault ??= `${name.text} is given twice`;
    seen |= name.once;
    headers.append(name, folded ? unfold(head.slice(colon + 1, end)) : trimmed(head, colon + 1, end));
  }
  return { headers, fault };
}

/** White space is allowed between name and colon (RFC 3261 section 7.3.1). */
function nameOf(text: string): HeaderName {
  const known = knownHeaderName(text);
  if (known !== undefined) return known;
  const spelling = text.trimEnd();
  if (!isToken(spelling)) throw new SipParseError(400, 'A header has no proper name');
  return headerName(spelling);
}

function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

/** A line end with the white space around it counts as one space (RFC 3261 section 7.3.1). */
function unfold(value: string): string {
  return value
    .split('\r\n')
    .map((line) => trimmed(line, 0, line.length))
    .join(' ')
    .trim();
}

function bodyOf(buffer: Buffer, start: number, headers: HeaderList, request?: SipRequest): Uint8Array {
  const stated = headers.first('Content-Length');
  if (stated === undefined) return start === buffer.length ? emptyBody : buffer.subarray(start);
  const length = Number(stated);
  if (!/^[0-9]{1,10}$/.test(stated)) throw new SipParseError(400, 'Content-Length is not a number', request);
  if (start + length > buffer.length) throw new SipParseError(400, 'The body is shorter than Content-Length', request);
  return length === 0 ? emptyBody : buffer.subarray(start, start + length);
}
