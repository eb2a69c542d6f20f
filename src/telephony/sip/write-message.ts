import type { SipMessage } from './message.ts';
import { holdsBareNul, isToken, isUriText } from './token.ts';

const LINE_END = /[\r\n]/;

/** A message of ours cannot be written, because a part of it would end its line or is not what it should be. */
export class SipWriteError extends Error {
  override readonly name = 'SipWriteError';
}

/**
 * The bytes of a message (RFC 3261 section 7). Content-Length is written from the body, whatever the headers say.
 * @throws SipWriteError when method, URI, reason, or a header's name or value could not be read back as what it is.
 */
export function writeMessage(message: SipMessage): Uint8Array {
  const { body, headers } = message;
  let head = startLine(message);
  for (const [name, value] of headers.entries()) {
    if (name === 'Content-Length') continue;
    if (!isToken(name)) throw new SipWriteError('A header name is not a token');
    if (breaksLine(value)) throw new SipWriteError(`The value of ${name} holds a line end or NUL`);
    head += `${name}: ${value}\r\n`;
  }
  head += `Content-Length: ${body.length}\r\n\r\n`;
  const headLength = Buffer.byteLength(head);
  const bytes = Buffer.allocUnsafe(headLength + body.length);
  bytes.write(head, 0, 'utf8');
  bytes.set(body, headLength);
  return bytes;
}

function startLine(message: SipMessage): string {
  if (message.kind === 'request') {
    if (!isToken(message.method)) throw new SipWriteError('The method is not a token');
    if (!isUriText(message.uri)) throw new SipWriteError('The Request-URI is not valid');
    return `${message.method} ${message.uri} SIP/2.0\r\n`;
  }
  const { status, reason } = message;
  if (!Number.isInteger(status) || status < 100 || status > 699) throw new SipWriteError('The status is not from 100 to 699');
  if (breaksLine(reason)) throw new SipWriteError('The reason holds a line end or NUL');
  return `SIP/2.0 ${status} ${reason}\r\n`;
}

function breaksLine(text: string): boolean {
  return LINE_END.test(text) || holdsBareNul(text);
}
