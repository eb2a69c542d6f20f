import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import type { SipMessage } from './message.ts';
import { parseNameAddress } from './parse-address.ts';
import { parseCSeq } from './parse-cseq.ts';
import { parseMessage } from './parse-message.ts';
import { parseVia } from './parse-via.ts';
import { SipParseError } from './sip-parse-error.ts';
import { splitList } from './split-list.ts';
import { parseUri } from './uri.ts';
import { writeMessage } from './write-message.ts';

// Messages of our own, one for each section of RFC 4475 that concerns reading a message; the name is the one used there.
// A verdict is 'valid', or the status with which reading ends. Sections about what a message asks for are the user agent's.

const message = (...lines: string[]): string => lines.join('\r\n');

/** A request with the headers that all need, of which some may be replaced or left out. */
function request(line: string, replace: Record<string, string | undefined> = {}, body = ''): string {
  const headers: Record<string, string | undefined> = {
    Via: 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKtorture',
    'Max-Forwards': '70',
    From: '<sip:caller@example.net>;tag=334',
    To: 'sip:callee@example.com',
    'Call-ID': 'torture@192.0.2.1',
    CSeq: `8 ${line.split(' ')[0]}`,
    Contact: '<sip:caller@host5.example.net>',
    'Content-Length': String(Buffer.byteLength(body)),
    ...replace,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `${message(line, ...lines, '', '')}${body}`;
}

/** Reads everything that is read of a message on its way through the stack. */
function readAll(text: string): SipMessage {
  const parsed = parseMessage(Buffer.from(text));
  const { headers } = parsed;
  if (parsed.kind === 'request') parseUri(parsed.uri);
  for (const via of splitList(headers.all('Via'))) parseVia(via);
  for (const name of ['From', 'To', 'Contact', 'Route', 'Record-Route']) {
    for (const value of splitList(headers.all(name))) parseNameAddress(value);
  }
  parseCSeq(headers.first('CSeq') ?? '');
  return parsed;
}

function verdict(text: string): 'valid' | number {
  try {
    readAll(text);
    return 'valid';
  } catch (error) {
    if (error instanceof SipParseError) return error.status;
    throw error;
  }
}

describe('a tortuous but valid message is read as it is meant', () => {
  test('3.1.1.1 wsinv: white space and folding everywhere', () => {
    const { headers, body } = readAll(
      message(
        'INVITE sip:callee@example.com;unknownparam SIP/2.0',
        'TO :',
        ' sip:callee@example.com ;   tag    = 19181',
        'from   : "A. Tester \\\\\\""       <sip:tester@example.net>',
        '  ;',
        '  tag = 98as',
        'MaX-fOrWaRdS: 0068',
        'Call-ID: folded@192.0.2.1',
        'Content-Length   : 2',
        'cseq: 0009',
        '  INVITE',
        'Via  : SIP  /   2.0',
        ' /UDP',
        '    192.0.2.2;branch=390skdj',
        's :',
        'Strange: first part',
        ' second part',
        'StrangeValue: ;;,,;;,;',
        'Route:',
        ' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>',
        'v:  SIP  / 2.0  / TCP     other.example.com   ;',
        '  branch  =   z9hG4bK9ikj8  ,',
        ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=',
        ' z9hG4bK30239',
        'm:"Quoted \\" string" <sip:tester@example.net>;newparam = newvalue ;',
        '  secondparam ; q = 0.33',
        '',
        'ok',
      ),
    );
    expect(parseNameAddress(headers.first('From') ?? '')).toMatchObject({ displayName: 'A. Tester \\"', tag: '98as' });
    expect(parseNameAddress(headers.first('To') ?? '').tag).toBe('19181');
    expect(parseCSeq(headers.first('CSeq') ?? '')).toEqual({ number: 9, method: 'INVITE' });
    expect(splitList(headers.all('Via')).map((via) => [parseVia(via).transport, parseVia(via).host, parseVia(via).branch])).toEqual([
      ['UDP', '192.0.2.2', '390skdj'],
      ['TCP', 'other.example.com', 'z9hG4bK9ikj8'],
      ['UDP', '192.168.255.111', 'z9hG4bK30239'],
    ]);
    expect([headers.first('Subject'), headers.first('Strange')]).toEqual(['', 'first part second part']);
    expect(Object.fromEntries(parseNameAddress(headers.first('Contact') ?? '').params)).toEqual({
      newparam: 'newvalue',
      secondparam: '',
      q: '0.33',
    });
    expect(Buffer.from(body).toString()).toBe('ok');
  });

  test('3.1.1.2 intmeth: all characters that may be used', () => {
    const user = "1_odd.URI~(to-be!sure)&isn't+it$/mad?,/;;*";
    const parsed = readAll(
      request(`!odd-Method0123456789_*+\`.%indeed'~ sip:${user}:&it+has=1,odd!*pas$wo~d_too.(isn't-it)@example.com SIP/2.0`, {
        Via: "SIP/2.0/UDP host1.example.com;branch=z9hG4bK-.!%66*_+`'~",
        To: `"BEL:\\\u0007 DEL:\\\u007f" <sip:${user}@example.com>`,
        From: "token1~` token2'+_ token3*%!.- <sip:mundane@example.com> ;fromParam''~+*_!.-%=\"русский\";tag=_token~1'+`*%!-.",
        'Call-ID': 'odd.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{',
        "extensionHeader-!.%*+_`'~": '大停電',
      }),
    );
    expect(parsed.kind === 'request' && parseUri(parsed.uri)).toMatchObject({ user, password: "&it+has=1,odd!*pas$wo~d_too.(isn't-it)" });
    expect(parseNameAddress(parsed.headers.first('To') ?? '').displayName).toBe('BEL:\u0007 DEL:\u007f');
    expect(parseNameAddress(parsed.headers.first('From') ?? '')).toMatchObject({
      displayName: "token1~` token2'+_ token3*%!.-",
      tag: "_token~1'+`*%!-.",
    });
    expect(parsed.headers.first("EXTENSIONHEADER-!.%*+_`'~")).toBe('大停電');
  });

  test('3.1.1.3 esc01: escapes in URIs', () => {
    const { headers } = readAll(
      request('INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0', {
        To: 'sip:%75se%72@example.com',
        From: '<sip:I%20have%20spaces@example.net>;tag=938',
        Contact: '<sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>',
      }),
    );
    expect(parseUri(parseNameAddress(headers.first('To') ?? '').uri).user).toBe('user');
    expect(parseUri(parseNameAddress(headers.first('From') ?? '').uri).user).toBe('I have spaces');
    const contact = parseUri(parseNameAddress(headers.first('Contact') ?? '').uri);
    expect(contact.user).toBe('caller');
    expect(Object.fromEntries(contact.params)).toEqual({ lr: '', name: 'value%41' });
  });

  test('3.1.1.4 escnull: an escaped NUL', () => {
    const { headers } = readAll(request('REGISTER sip:example.com SIP/2.0', { To: 'sip:null-%00-null@example.com' }));
    expect(parseUri(parseNameAddress(headers.first('To') ?? '').uri).user).toBe('null-\0-null');
  });

  test('3.1.1.5 esc02: % where it escapes nothing', () => {
    const parsed = readAll(
      request('RE%47IST%45R sip:registrar.example.com SIP/2.0', { To: '"%Z%45" <sip:resource@example.com>', CSeq: '2 RE%47IST%45R' }),
    );
    expect(parsed).toMatchObject({ method: 'RE%47IST%45R' });
    expect(parseNameAddress(parsed.headers.first('To') ?? '').displayName).toBe('%Z%45');
  });

  test('3.1.1.6 lwsdisp: no white space between display name and address', () => {
    const { headers } = readAll(request('OPTIONS sip:user@example.com SIP/2.0', { From: 'caller<sip:caller@example.com>;tag=323' }));
    expect(parseNameAddress(headers.first('From') ?? '')).toMatchObject({ displayName: 'caller', uri: 'sip:caller@example.com' });
  });

  test('3.1.1.7 longreq: long values, many Vias', () => {
    const vias = Array.from({ length: 34 }, (_unused, index) => `SIP/2.0/TCP sip${index}.example.com`);
    const { headers } = readAll(
      request('INVITE sip:user@example.com SIP/2.0', {
        Via: vias.join(', '),
        To: `"I have a user name of ${'extreme '.repeat(100)}proportion"<sip:user@example.com:6000;unknownparam1=${'very'.repeat(50)}value>`,
        'Call-ID': `longreq.one${'really'.repeat(20)}longcallid`,
      }),
    );
    expect(splitList(headers.all('Via'))).toEqual(vias);
  });

  test('3.1.1.8 dblreq: what follows the Content-Length of a datagram is ignored', () => {
    const parsed = readAll(request('REGISTER sip:example.com SIP/2.0') + request('INVITE sip:joe@example.com SIP/2.0'));
    expect(parsed).toMatchObject({ method: 'REGISTER' });
    expect(parsed.body).toHaveLength(0);
  });

  test('3.1.1.9 semiuri: semicolons in the user part', () => {
    const parsed = readAll(request('OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0'));
    expect(parsed.kind === 'request' && parseUri(parsed.uri)).toMatchObject({ user: 'user;par=u@example.net', host: 'example.com' });
  });

  test('3.1.1.11 mpart01: a binary body', () => {
    const body = Buffer.from([0, 1, 2, 255, 13, 10, 0]);
    const head = Buffer.from(request('MESSAGE sip:callee@example.com SIP/2.0', { 'Content-Length': String(body.length) }));
    expect(Buffer.compare(parseMessage(Buffer.concat([head, body])).body, body)).toBe(0);
  });

  test('3.1.1.12 and 3.1.1.13 unreason, noreason', () => {
    expect(parseMessage(Buffer.from('SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять\r\n\r\n'))).toMatchObject({
      reason: '= 2**3 * 5**2 но сто девяносто девять',
    });
    expect(parseMessage(Buffer.from('SIP/2.0 100 \r\n\r\n'))).toMatchObject({ status: 100, reason: '' });
  });
});

const verdicts: readonly (readonly [section: string, what: string, text: string, verdict: 'valid' | number])[] = [
  [
    '3.1.1.10 transports',
    'unknown transports in Via',
    request('OPTIONS sip:a@example.com SIP/2.0', { Via: 'SIP/2.0/UDP a, SIP/2.0/SCTP b, SIP/2.0/TLS c, SIP/2.0/UNKNOWN d' }),
    'valid',
  ],
  [
    '3.1.2.1 badinv01',
    'stray separators in Via and Contact',
    request('INVITE sip:a@example.com SIP/2.0', { Via: 'SIP/2.0/UDP 192.0.2.15;;,;,,', Contact: '"Joe" <sip:joe@example.org>;;;;' }),
    400,
  ],
  [
    '3.1.2.2 clerr',
    'Content-Length larger than the body',
    request('INVITE sip:a@example.com SIP/2.0', { 'Content-Length': '9999' }, 'v=0'),
    400,
  ],
  ['3.1.2.3 ncl', 'negative Content-Length', request('INVITE sip:a@example.com SIP/2.0', { 'Content-Length': '-999' }, 'v=0'), 400],
  [
    '3.1.2.4 scalar02',
    'CSeq beyond its range',
    request('REGISTER sip:example.com SIP/2.0', { CSeq: '36893488147419103232 REGISTER' }),
    400,
  ],
  [
    '3.1.2.5 scalarlg',
    'numbers of a response beyond their range',
    message('SIP/2.0 503 Service Unavailable', 'CSeq: 9292394834772304023312 OPTIONS', 'Retry-After: 949302838503028349304023988', '', ''),
    400,
  ],
  [
    '3.1.2.6 quotbal',
    'a quote that does not close',
    request('INVITE sip:a@example.com SIP/2.0', { To: '"Mr. J. User <sip:j.user@example.com>' }),
    400,
  ],
  [
    '3.1.2.7 ltgtruri',
    'angle brackets around the Request-URI',
    request('INVITE <sip:user@example.com> SIP/2.0', { CSeq: '1 INVITE' }),
    400,
  ],
  ['3.1.2.8 lwsruri', 'white space in the Request-URI', request('INVITE sip:user@example.com; lr SIP/2.0'), 400],
  ['3.1.2.9 lwsstart', 'several spaces in the start line', request('INVITE  sip:user@example.com  SIP/2.0', { CSeq: '1 INVITE' }), 400],
  ['3.1.2.10 trws', 'a space at the end of the start line', request('OPTIONS sip:remote@example.com SIP/2.0 '), 400],
  [
    '3.1.2.11 escruri',
    'headers in the Request-URI are read, and left to the user agent',
    request('INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0'),
    'valid',
  ],
  [
    '3.1.2.12 baddate',
    'a time zone other than GMT in Date, which is not read',
    request('INVITE sip:user@example.com SIP/2.0', { Date: 'Fri, 01 Jan 2010 16:00:00 EST' }),
    'valid',
  ],
  [
    '3.1.2.13 regbadct',
    'a Contact with a question mark but no brackets',
    request('REGISTER sip:example.com SIP/2.0', { Contact: 'sip:user@example.com?Route=%3Csip:sip.example.com%3E' }),
    400,
  ],
  [
    '3.1.2.14 badaspec',
    'blanks within the brackets, which do no harm',
    request('OPTIONS sip:user@example.org SIP/2.0', { To: '"Watson, Thomas" < sip:t.watson@example.org >' }),
    'valid',
  ],
  [
    '3.1.2.15 baddn',
    'a comma in a display name without quotes',
    request('OPTIONS sip:t.watson@example.org SIP/2.0', { From: 'Bell, Alexander <sip:a.g.bell@example.com>;tag=43' }),
    400,
  ],
  [
    '3.1.2.16 badvers',
    'an unknown version',
    request('OPTIONS sip:t.watson@example.org SIP/7.0', { Via: 'SIP/7.0/UDP c.example.com;branch=z9hG4bKx' }),
    505,
  ],
  [
    '3.1.2.17 mismatch01',
    'CSeq of another method is read, and left to the transactions',
    request('OPTIONS sip:user@example.com SIP/2.0', { CSeq: '8 INVITE' }),
    'valid',
  ],
  [
    '3.1.2.18 mismatch02',
    'an unknown method with CSeq of another',
    request('NEWMETHOD sip:user@example.com SIP/2.0', { CSeq: '8 INVITE' }),
    'valid',
  ],
  [
    '3.1.2.19 bigcode',
    'a status beyond its range',
    message('SIP/2.0 4294967301 better not break the receiver', 'CSeq: 353494 INVITE', '', ''),
    400,
  ],
  [
    '3.2.1 badbranch',
    'a branch that is only the magic cookie',
    request('OPTIONS sip:user@example.com SIP/2.0', { Via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK' }),
    'valid',
  ],
  [
    '3.3.1 insuf',
    'no Call-ID, From or To',
    request('INVITE sip:user@example.com SIP/2.0', { 'Call-ID': undefined, From: undefined, To: undefined }),
    'valid',
  ],
  ['3.3.2 unkscm', 'an unknown scheme in the Request-URI', request('OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0'), 416],
  ['3.3.3 novelsc', 'a known scheme that is not for SIP', request('OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0'), 416],
  [
    '3.3.4 unksm2',
    'unknown schemes in To and Contact',
    request('REGISTER sip:example.com SIP/2.0', { To: 'isbn:2983792873', Contact: '<name:John_Smith>' }),
    'valid',
  ],
  [
    '3.3.8 multi01',
    'headers twice that may be there once',
    request('INVITE sip:user@example.com SIP/2.0', { f: '<sip:other@example.net>;tag=1' }),
    400,
  ],
  ['3.3.9 mcl01', 'Content-Length twice', request('OPTIONS sip:user@example.com SIP/2.0', { l: '5' }, 'hello'), 400],
  ['3.3.11 zeromf', 'Max-Forwards 0', request('OPTIONS sip:user@example.com SIP/2.0', { 'Max-Forwards': '0' }), 'valid'],
  [
    '3.3.12 cparam01',
    'unknown parameters of Contact',
    request('REGISTER sip:example.com SIP/2.0', { Contact: 'sip:+19725552222@gw1.example.net;unknownparam' }),
    'valid',
  ],
  [
    '3.3.13 cparam02',
    'unknown parameters of the Contact URI',
    request('REGISTER sip:example.com SIP/2.0', { Contact: '<sip:+19725552222@gw1.example.net;unknownparam>' }),
    'valid',
  ],
  [
    '3.3.14 regescrt',
    'headers in the Contact URI',
    request('REGISTER sip:example.com SIP/2.0', { Contact: '<sip:user@example.com?Route=%3Csip:sip.example.com%3E>' }),
    'valid',
  ],
  [
    '3.4.1 inv2543',
    'a request as RFC 2543 had it',
    request(
      'INVITE sip:UserB@example.com SIP/2.0',
      { Via: 'SIP/2.0/UDP iftgw.example.com', 'Max-Forwards': undefined, Contact: undefined, 'Content-Length': undefined },
      'v=0\r\n',
    ),
    'valid',
  ],
];

describe('verdicts', () => {
  test.each(verdicts)('%s: %s', (_section, _what, text, expected) => {
    expect(verdict(text)).toBe(expected);
  });

  test('whatever is valid can be written and is then read the same', () => {
    for (const [, , text] of verdicts.filter(([, , , expected]) => expected === 'valid')) {
      const parsed = readAll(text);
      const again = readAll(Buffer.from(writeMessage(parsed)).toString());
      expect([...again.headers.entries()].sort()).toEqual(expect.arrayContaining([...parsed.headers.entries()].sort()));
    }
  });

  // RFC 4475 section 3.1.1.2 holds a quoted NUL in a display name. It is refused on purpose: it ends strings in other software.
  test('3.1.1.2 intmeth: a NUL is refused even in quotes', () => {
    expect(verdict(request('OPTIONS sip:a@example.com SIP/2.0', { To: '"NUL:\\\0" <sip:a@example.com>' }))).toBe(400);
  });
});

describe('messages seen in the field', () => {
  const load: unknown = createRequire(import.meta.url)('sip-message-examples');

  function example(name: string): string {
    const text: unknown = typeof load === 'function' ? load(name) : undefined;
    if (typeof text !== 'string') throw new Error(`There is no example ${name}`);
    return text;
  }

  // Their bodies lack the last line end, which their Content-Length counts.
  test.each(['invite', 'invite-tls', 'invite-compact', '200ok', 'siprec', 'siprec2', 'siprec3'])(
    '%s is refused as it is, and read once it is whole',
    (name) => {
      expect(verdict(example(name))).toBe(400);
      const whole = readAll(example(name).replace(/\r\n(?:Content-Length|l): +\d+/, ''));
      expect(whole.body.length).toBeGreaterThan(100);
      expect(parseNameAddress(whole.headers.first('From') ?? '').tag).toMatch(/\w+/);
    },
  );

  test('options-carriage-return lacks the empty line after the headers', () => {
    expect(verdict(example('options-carriage-return'))).toBe(400);
    expect(verdict(`${example('options-carriage-return')}\r\n`)).toBe('valid');
  });
});
