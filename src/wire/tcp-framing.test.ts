import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FramingError, MAX_FRAME_BYTES, TcpFraming } from './tcp-framing.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const message = (body: string, name = 'Content-Length'): string =>
  `OPTIONS sip:a SIP/2.0\r\nVia: x\r\n${name}: ${body.length}\r\n\r\n${body}`;

/** Pushes the stream cut at the given places; the messages as text, and the pings. */
function frame(stream: string, cuts: readonly number[] = []) {
  const bytes = Buffer.from(stream, 'latin1');
  const framing = new TcpFraming();
  const messages: string[] = [];
  let pings = 0;
  const places = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b);
  for (const [index, place] of places.entries()) {
    const frames = framing.push(Uint8Array.from(bytes.subarray(places[index - 1] ?? 0, place)));
    messages.push(...frames.messages.map(text));
    pings += frames.pings;
  }
  return { messages, pings, partial: framing.partial };
}

describe('messages', () => {
  test('are cut out by Content-Length, however many come at once', () => {
    const all = [message('one'), message(''), message('three, with\r\n\r\n inside', 'l'), message('x', 'CONTENT-LENGTH  ')];
    expect(frame(all.join(''))).toEqual({ messages: all, pings: 0, partial: false });
  });

  test('are whole only with their last byte', () => {
    const framing = new TcpFraming();
    const bytes = Buffer.from(message('body'));
    for (const byte of bytes.subarray(0, -1)) expect(framing.push(Uint8Array.of(byte)).messages).toEqual([]);
    expect(framing.partial).toBe(true);
    expect(framing.push(bytes.subarray(-1)).messages.map(text)).toEqual([message('body')]);
    expect(framing.partial).toBe(false);
  });

  test('stay as they are when the bytes after them come', () => {
    const framing = new TcpFraming();
    const first = message('first'.repeat(100));
    framing.push(Buffer.from(first.slice(0, 50)));
    const [kept] = framing.push(Buffer.from(first.slice(50) + message('second').slice(0, 30))).messages;
    framing.push(Buffer.from(message('second').slice(30)));
    framing.push(Buffer.from(message('third'.repeat(100)).slice(0, 400)));
    expect(kept && text(kept)).toBe(first);
  });

  test('come out the same wherever the stream is cut', () => {
    const parts = fc.array(
      fc.oneof(
        fc.string({ unit: 'binary-ascii', maxLength: 40 }).map((body) => message(body)),
        fc.constantFrom(message('folded').replace(': 6', ':\r\n 6'), message('', 'l'), '\r\n', '\r\n\r\n'),
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(parts, fc.array(fc.nat(800), { maxLength: 60 }), (stream, cuts) => {
        const whole = frame(stream.join(''));
        expect(frame(stream.join(''), cuts)).toEqual(whole);
        expect(whole.messages).toEqual(stream.filter((part) => part.startsWith('OPTIONS')));
        expect(whole.partial).toBe(false);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});

describe('keep-alives', () => {
  const streams: readonly (readonly [what: string, stream: string, pings: number, messages: number])[] = [
    ['a ping', '\r\n\r\n', 1, 0],
    ['a pong of the peer', '\r\n', 0, 0],
    ['pings around a message', `\r\n\r\n${message('x')}\r\n\r\n\r\n\r\n`, 3, 1],
    ['an empty line before a message does not count for a ping after it', `\r\n${message('x')}\r\n`, 0, 1],
  ];
  test.each(streams)('%s', (_what, stream, pings, messages) => {
    const result = frame(stream, [1, 2, 3]);
    expect([result.pings, result.messages.length, result.partial]).toEqual([pings, messages, false]);
    expect(frame(stream)).toEqual(result);
  });
});

describe('a stream that is not SIP', () => {
  const head = 'OPTIONS sip:a SIP/2.0\r\n';
  const streams: readonly (readonly [what: string, stream: string])[] = [
    ['no Content-Length', `${head}Via: x\r\n\r\n`],
    ['negative', `${head}Content-Length: -1\r\n\r\n`],
    ['not a number', `${head}Content-Length: 5x\r\n\r\nhello`],
    ['empty', `${head}Content-Length:\r\n\r\n`],
    ['two that differ', `${head}Content-Length: 5\r\nl: 6\r\n\r\nhello!`],
    ['in the start line only', `Content-Length: 5\r\nVia: x\r\n\r\nhello`],
    ['a message that is too long', `${head}Content-Length: ${MAX_FRAME_BYTES}\r\n\r\n`],
    ['headers that do not end', 'x'.repeat(MAX_FRAME_BYTES + 1)],
  ];
  test.each(streams)('%s', (_what, stream) => {
    expect(() => frame(stream)).toThrow(FramingError);
    expect(() =>
      frame(
        stream,
        Array.from({ length: stream.length / 7 }, (_unused, index) => index * 7),
      ),
    ).toThrow(FramingError);
  });

  test('two equal lengths are one', () => {
    expect(frame(`${head}Content-Length: 2\r\nl: 2\r\n\r\nok`).messages).toHaveLength(1);
  });

  test('ends in messages within the limit, in waiting, or in a FramingError', () => {
    const base = message('hello') + message('', 'l') + message('x'.repeat(30));
    const edit = fc.record({
      at: fc.nat(base.length),
      cut: fc.nat(9),
      put: fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('\r\n', '\r\n\r\n', 'l: 3', ':')),
    });
    const counts = { whole: 0, waiting: 0, refused: 0 };
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(200), { maxLength: 8 }), (edits, cuts) => {
        let stream = base;
        for (const { at, cut, put } of edits) stream = stream.slice(0, at) + put + stream.slice(at + cut);
        try {
          const { messages, partial } = frame(stream, cuts);
          for (const one of messages) expect(one.length).toBeLessThanOrEqual(MAX_FRAME_BYTES);
          counts[partial ? 'waiting' : 'whole']++;
        } catch (error) {
          expect(error).toBeInstanceOf(FramingError);
          counts.refused++;
        }
      }),
      { seed: 3, numRuns: 5000 },
    );
    expect(Math.min(counts.whole, counts.waiting, counts.refused)).toBeGreaterThan(100);
  });
});

test('a message that comes byte by byte costs in proportion to its length', () => {
  const byteByByte = (length: number): number => {
    const framing = new TcpFraming();
    const bytes = Buffer.from(message('x'.repeat(length)));
    const start = performance.now();
    for (let index = 0; index < bytes.length; index++) framing.push(bytes.subarray(index, index + 1));
    expect(framing.partial).toBe(false);
    return performance.now() - start;
  };
  byteByByte(8000);
  const headers = new TcpFraming();
  const start = performance.now();
  for (let index = 0; index < MAX_FRAME_BYTES; index++) headers.push(Buffer.from('x'));
  expect(performance.now() - start).toBeLessThan(1000);
  expect(byteByByte(60_000)).toBeLessThan(1000);
});

test('answers to pings of ours are no pings, and are told apart from them', () => {
  const framing = new TcpFraming();
  const crlf = Buffer.from('\r\n');
  for (let round = 0; round < 3; round++) {
    framing.expectPong();
    expect(framing.push(crlf)).toEqual({ messages: [], pings: 0, pongs: 1 });
  }
  expect(framing.push(crlf)).toMatchObject({ pings: 0, pongs: 0 });
  expect(framing.push(crlf)).toMatchObject({ pings: 1, pongs: 0 });
});

test('the end of a ping that came in halves is no answer to a ping of ours that left in between', () => {
  const framing = new TcpFraming();
  const crlf = Buffer.from('\r\n');
  expect(framing.push(crlf)).toMatchObject({ pings: 0, pongs: 0 });
  framing.expectPong();
  expect(framing.push(crlf)).toMatchObject({ pings: 1, pongs: 0 });
  expect(framing.push(crlf)).toMatchObject({ pings: 0, pongs: 1 });
});
