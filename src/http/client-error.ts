import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ErrorResponse } from '../contracts/errors.ts';
import { json } from '../formats/json.ts';
import { AppError } from '../kernel/errors.ts';

/** Answers bytes that are no HTTP request, a request that never ends, or one whose headers are too large, and closes the connection. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, errorCode, message, fields } = refusalOf(error.code);
  const body = json.write({ responseStatus: { errorCode, message, errors: fields } }, ErrorResponse);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${json.answerType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function refusalOf(code: string | undefined): AppError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new AppError('TOO_SLOW', {});
    case 'HPE_HEADER_OVERFLOW':
      return new AppError('HEADERS_TOO_LARGE', {});
    default:
      return new AppError('NO_HTTP', {});
  }
}
