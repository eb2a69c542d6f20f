/** Most bytes of one message, as for datagrams. */
export const MAX_FRAME_BYTES = 64 * 1024;

/** The stream does not hold SIP messages, or one is too long. What follows cannot be told apart any more: close the connection. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

/** What came out of a stream. */
export interface Frames {
  /** Whole messages, in order. */
  readonly messages: readonly Uint8Array[];
  /** Answers to pings of ours that were due: one CR LF each. */
  readonly pongs: number;
  /** Keep-alive pings: double CR LF between messages, each to be answered with one CR LF (RFC 5626 section 4.4.1). */
  readonly pings: number;
}

const CR = 0x0d;
const LF = 0x0a;
const HEAD_END = Buffer.from('\r\n\r\n');
const CONTENT_LENGTH = /\r\n(?:content-length|l)[ \t]*:([^\r]*(?:\r\n[ \t][^\r]*)*)/gi;
const EMPTY = Buffer.alloc(0);
const SMALLEST_STORE = 2048;

/**
 * Cuts the bytes of one connection into messages by Content-Length (RFC 3261 section 18.3). Pure: it neither waits nor reads.
 * However the stream is cut up, the work is in proportion to its length.
 */
export class TcpFraming {
  /** The start of a message whose end has not come: `#held` bytes of `#store`. */
  #store: Buffer = EMPTY;
  #held = 0;
  /** How many of them have been searched for the end of the headers. */
  #searched = 0;
  /** Length of that message, once its headers are whole. */
  #expected: number | undefined;
  /** Answers to pings of ours that have not come yet. */
  #pongsDue = 0;
  /** An empty line was seen since the last message or ping. */
  #halfPing = false;

  /** Whether a message has begun whose end has not come. */
  get partial(): boolean {
    return this.#held > 0;
  }

  /** A ping of ours leaves: the next empty line between messages is its answer. */
  expectPong(): void {
    this.#pongsDue = 1;
  }

  /**
   * Takes the next bytes of the stream. Messages may be views of `chunk`, which must not be written to afterwards.
   * @throws FramingError
   */
  push(chunk: Uint8Array): Frames {
    const stored = this.#held > 0;
    const data = stored ? this.#append(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const messages: Uint8Array[] = [];
    let pings = 0;
    let pongs = 0;
    let start = 0;
    while (start < data.length) {
      if (data[start] === CR && data[start + 1] === LF) {
        if (this.#pongsDue > 0 && !this.#halfPing) {
          this.#pongsDue--;
          pongs++;
        } else {
          if (this.#halfPing) pings++;
          this.#halfPing = !this.#halfPing;
        }
        start += 2;
        continue;
      }
      this.#expected ??= this.#findLength(data, start);
      if (this.#expected === undefined || data.length - start < this.#expected) break;
      const message = data.subarray(start, start + this.#expected);
      messages.push(stored ? Buffer.from(message) : message);
      start += this.#expected;
      this.#expected = undefined;
      this.#searched = 0;
      this.#halfPing = false;
    }
    this.#keep(data, start, stored);
    return { messages, pings, pongs };
  }

  #append(chunk: Uint8Array): Buffer {
    const length = this.#held + chunk.length;
    if (length > this.#store.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#store.length, SMALLEST_STORE));
      this.#store.copy(larger, 0, 0, this.#held);
      this.#store = larger;
    }
    this.#store.set(chunk, this.#held);
    return this.#store.subarray(0, length);
  }

  #keep(data: Buffer, start: number, stored: boolean): void {
    const rest = data.length - start;
    this.#held = 0;
    if (rest > 0 && !stored) this.#append(data.subarray(start));
    else if (rest > 0 && start > 0) this.#store.copyWithin(0, start, data.length);
    else if (rest === 0 && stored) this.#store = EMPTY;
    this.#held = rest;
  }

  #findLength(data: Buffer, start: number): number | undefined {
    const from = start + Math.max(0, this.#searched - HEAD_END.length);
    const headEnd = data.indexOf(HEAD_END, from);
    if (headEnd === -1) {
      this.#searched = data.length - start;
      if (this.#searched > MAX_FRAME_BYTES) throw new FramingError('The headers do not end');
      return undefined;
    }
    const length = headEnd - start + HEAD_END.length + contentLength(data.toString('latin1', start, headEnd + 2));
    if (length > MAX_FRAME_BYTES) throw new FramingError('The message is too long');
    return length;
  }
}

/** Content-Length must be there on a stream (RFC 3261 section 20.14), and two that differ are an attempt to smuggle. */
function contentLength(head: string): number {
  let found: number | undefined;
  for (const [, value = ''] of head.matchAll(CONTENT_LENGTH)) {
    const digits = value.trim();
    const length = Number(digits);
    if (!/^[0-9]{1,10}$/.test(digits) || (found !== undefined && found !== length)) throw new FramingError('Content-Length is not valid');
    found = length;
  }
  if (found === undefined) throw new FramingError('There is no Content-Length');
  return found;
}
