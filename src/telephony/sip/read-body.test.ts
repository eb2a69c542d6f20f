import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderList } from './header-list.ts';
import { readBody } from './read-body.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n';

type Lines = readonly (readonly [name: string, value: string])[];

function read(lines: Lines, body: string) {
  return readBody(new HeaderList(lines), Buffer.from(body, 'latin1'));
}

const part = (type: string, body: string, disposition?: string, more = ''): string =>
  `Content-Type: ${type}\r\n${disposition === undefined ? '' : `Content-Disposition: ${disposition}\r\n`}${more}\r\n${body}`;
const sdp = (name = SDP): string => part('application/sdp', name);
const isup = (disposition?: string): string => part('application/isup', '\x01\0', disposition);
const joined = (parts: readonly string[], boundary = 'b'): string =>
  `${parts.map((one) => `--${boundary}\r\n${one}\r\n`).join('')}--${boundary}--\r\n`;

function multipart(subtype: string, ...parts: readonly string[]) {
  return read([['Content-Type', `multipart/${subtype};boundary=b`]], joined(parts));
}

const taken = (text: string | undefined = SDP) => ({ sdp: text, understood: true });
const ignored = { sdp: undefined, understood: true };

describe('a body of several parts', () => {
  it.each([
    ['one description', 'mixed', [sdp()], taken()],
    ['something that may be ignored', 'mixed', [isup('signal;handling=optional'), sdp()], taken()],
    ['the same behind it, in other letters', 'MIXED', [sdp(), isup('Signal; Handling="OPTIONAL"')], taken()],
    ['nothing but that', 'mixed', [isup('signal;handling=optional')], ignored],
    ['two descriptions: the first', 'mixed', [sdp('v=1'), sdp('v=2')], taken('v=1')],
    ['one for early media beside it', 'mixed', [part('application/sdp', 'x', 'early-session;handling=optional'), sdp()], taken()],
    ['parts of a kind that nobody knows', 'x-unknown', [isup('signal;handling=optional'), sdp()], taken()],
    ['alternatives: the last that is understood', 'alternative', [sdp('v=1'), sdp('v=2'), isup()], taken('v=2')],
    ['what belongs together: the first', 'related', [sdp('v=1'), sdp('v=2'), isup()], taken('v=1')],
    ['no headers in one, which is then a text', 'mixed', [sdp(), '\r\nhello'], { sdp: SDP, understood: false }],
  ])('with %s', (_what, subtype, parts, reading) => {
    expect(multipart(subtype, ...parts)).toEqual(reading);
  });

  it.each([
    ['a type', isup()],
    ['a type, with what it is for', isup('signal')],
    ['a type that must be', isup('signal;handling=required')],
    ['a handling', isup('signal;handling=perhaps')],
    ['a disposition', isup('signal;;=')],
    ['what the description is for', part('application/sdp', SDP, 'early-session')],
    ['how it is encoded', part('application/sdp', 'djA=', undefined, 'Content-Transfer-Encoding: base64\r\n')],
    ['how it is compressed', part('application/sdp', 'x', undefined, 'Content-Encoding: gzip\r\n')],
  ])('of which we do not know %s is not understood', (_what, unknown) => {
    expect(multipart('mixed', sdp(), unknown).understood).toBe(false);
    expect(multipart('alternative', unknown)).toEqual({ sdp: undefined, understood: false });
  });

  it.each([
    ['', joined([sdp()])],
    [';boundary=', joined([sdp()])],
    [';boundary=c', joined([sdp()])],
    [';boundary=b', '--b--\r\n'],
    [';boundary=b', `--b\r\nno colon\r\n\r\n${SDP}\r\n--b--\r\n`],
    [';boundary=b', `--bc\r\n${sdp()}\r\n--bc--\r\n`],
    [';boundary=b;boundary=b', joined([sdp()])],
  ])('that cannot be read is not understood: %j', (params, body) => {
    expect(read([['Content-Type', `multipart/mixed${params}`]], body)).toEqual({ sdp: undefined, understood: false });
  });

  it.each([
    ['as a whole', 'multipart/mixed;boundary=b'],
    ['as one thing', 'application/isup'],
  ])('that may be ignored %s', (_what, type) => {
    expect(
      read(
        [
          ['Content-Type', type],
          ['Content-Disposition', 'signal;handling=optional'],
        ],
        joined([isup()]),
      ),
    ).toEqual(ignored);
  });

  it('is read with line feeds alone, a preamble, an epilogue, blanks behind delimiters, folded headers, and cut off', () => {
    const parts = `hello\n--b \t\nContent-Type:\n application/sdp\n\nv=0\n--b--  \nbye\n--b\n${isup()}`;
    const type: Lines = [['Content-Type', 'multipart/mixed; boundary="b"']];
    expect(read(type, parts)).toEqual(taken('v=0'));
    expect(read(type, `--b\r\n${sdp()}`)).toEqual(taken());
    expect(read(type, `--b\r\n--b\r\n${sdp()}`)).toEqual({ sdp: SDP, understood: false });
  });

  it('may have a body of parts inside whose boundary begins with its own', () => {
    expect(multipart('mixed', part('multipart/mixed;boundary=bc', joined([sdp('v=1')], 'bc')), sdp('v=2'))).toEqual(taken('v=1'));
  });

  it('is not divided by what looks like a delimiter in the middle of a line', () => {
    const text = SDP.replace('m=', 's=a--b\r\nm=');
    expect(multipart('mixed', sdp(text))).toEqual(taken(text));
  });

  it('has limits on parts, on what is inside of each other, and on the headers of a part', () => {
    const many = (count: number): readonly string[] => Array.from({ length: count }, () => isup('signal;handling=optional'));
    expect(multipart('mixed', ...many(15), sdp())).toEqual(taken());
    expect(multipart('mixed', ...many(16), sdp()).understood).toBe(false);
    const nested = (depth: number): string =>
      depth === 0 ? sdp() : part(`multipart/mixed;boundary=n${depth}`, joined([nested(depth - 1)], `n${depth}`));
    expect(multipart('mixed', nested(3))).toEqual(taken());
    expect(multipart('mixed', nested(4)).understood).toBe(false);
    const lines = (count: number): string => part('application/sdp', SDP, undefined, 'X: y\r\n'.repeat(count));
    expect(multipart('mixed', lines(31))).toEqual(taken());
    expect(multipart('mixed', lines(32)).understood).toBe(false);
    expect(multipart('mixed', part('application/sdp', SDP, undefined, `X: ${'y'.repeat(4096)}\r\n`)).understood).toBe(false);
  });

  it('gives back the description, whatever stands beside it and however deep it is', () => {
    const text = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 60 });
    const beside = fc.array(
      text.map((body) => part('application/x-any', body, 'signal;handling=optional')),
      { maxLength: 4 },
    );
    const layer = fc.record({
      subtype: fc.constantFrom('mixed', 'x-any', 'alternative'),
      boundary: fc.stringMatching(/^[0-9A-Za-z'()+_,./:=?-]{8,70}$/),
      before: beside,
      after: beside,
    });
    fc.assert(
      fc.property(fc.array(layer, { maxLength: 4 }), fc.stringMatching(/^[ -~\r\n]{1,80}$/), (layers, description) => {
        let [type, body] = ['application/sdp', description];
        for (const { subtype, boundary, before, after } of layers) {
          const parts = [...before, part(type, body), ...after];
          fc.pre(!parts.some((one) => one.includes(`--${boundary}`)));
          [type, body] = [`multipart/${subtype};boundary="${boundary}"`, joined(parts, boundary)];
        }
        expect(read([['Content-Type', type]], body)).toEqual(taken(description));
      }),
      { seed: 9, numRuns: 500 },
    );
  });
});
