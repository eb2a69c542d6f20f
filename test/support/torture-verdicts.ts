import { expect } from 'vitest';
import { readSession } from '../../src/telephony/sdp/read-session.ts';
import type { SipMessage, SipResponse } from '../../src/telephony/sip/message.ts';
import { parseNameAddress } from '../../src/telephony/sip/parse-address.ts';
import { parseCSeq } from '../../src/telephony/sip/parse-cseq.ts';
import { parseVia } from '../../src/telephony/sip/parse-via.ts';
import { sdpOf } from '../../src/telephony/sip/session-description.ts';
import { splitList } from '../../src/telephony/sip/split-list.ts';
import { parseUri } from '../../src/telephony/sip/uri.ts';

/** What becomes of a message: by the readers of everything in it, and by a user agent without a registrar that answers calls. */
export interface Verdict {
  /** 'valid', or the status with which reading ends. */
  readonly read: 'valid' | number;
  /** The responses that leave, in order; none for a message that is dropped. */
  readonly answers: readonly number[];
  /** What is to be found in the message. */
  readonly means?: (message: SipMessage) => void;
  /** What is to be found in the last response. */
  readonly says?: (response: SipResponse) => void;
}

const taken = [100, 200];
const dropped: readonly number[] = [];
const refused = (status: number): Verdict => ({ read: status, answers: [status] });
/** A method that we know and do not take: the registrar of the documents is another program. */
const notOurs: Verdict = { read: 'valid', answers: [405], says: ({ headers }) => expect(headers.first('Allow')).toContain('INVITE') };
const unknownMethod: Verdict = { ...notOurs, answers: [501] };

const address = (message: SipMessage, name: string) => parseNameAddress(message.headers.first(name) ?? '');
const uriIn = (message: SipMessage, name: string) => parseUri(address(message, name).uri);
const target = (message: SipMessage) => parseUri(message.kind === 'request' ? message.uri : '');
const vias = ({ headers }: SipMessage) => splitList(headers.all('Via')).map((via) => parseVia(via));
const audio = (message: SipMessage) => readSession(sdpOf(message) ?? '').media.map(({ type, port, address: at }) => [type, port, at]);

/** One verdict on every message of RFC 4475 and RFC 5118, by name. Where a document leaves a choice, the reason for ours stands beside it. */
export const tortureVerdicts: Readonly<Record<string, Verdict>> = {
  wsinv: {
    read: 'valid',
    // Its To has a tag, and there is no such dialog.
    answers: [481],
    means: (message) => {
      const { headers } = message;
      expect(address(message, 'From')).toMatchObject({ displayName: 'J Rosenberg \\"', tag: '98asjd8' });
      expect(address(message, 'To').tag).toBe('1918181833n');
      expect([headers.first('Max-Forwards'), parseCSeq(headers.first('CSeq') ?? '')]).toEqual(['0068', { number: 9, method: 'INVITE' }]);
      expect(vias(message).map((via) => [via.transport, via.host, via.branch])).toEqual([
        ['UDP', '192.0.2.2', '390skdjuw'],
        ['TCP', 'spindle.example.com', 'z9hG4bK9ikj8'],
        ['UDP', '192.168.255.111', 'z9hG4bK30239'],
      ]);
      expect([headers.first('Subject'), headers.first('NewFangledHeader'), headers.first('UnknownHeaderWithUnusualValue')]).toEqual([
        '',
        'newfangled value continued newfangled value',
        ';;,,;;,;',
      ]);
      expect([...address(message, 'Contact').params]).toEqual([
        ['newparam', 'newvalue'],
        ['secondparam', ''],
        ['q', '0.33'],
      ]);
    },
  },
  intmeth: {
    ...unknownMethod,
    means: (message) => {
      const user = "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*";
      expect(message).toMatchObject({ method: "!interesting-Method0123456789_*+`.%indeed'~" });
      expect(target(message)).toMatchObject({ user, password: "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)", host: 'example.com' });
      expect([address(message, 'To').displayName, uriIn(message, 'To').user]).toEqual(['BEL:\u0007 NUL:\0 DEL:\u007f', user]);
      expect(address(message, 'From')).toMatchObject({ displayName: "token1~` token2'+_ token3*%!.-", tag: "_token~1'+`*%!-." });
      expect(address(message, 'From').params.get("fromparam''~+*_!.-%")).toBe('работающий');
      expect(message.headers.first('Call-ID')).toBe('intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{');
      expect(message.headers.first("EXTENSIONHEADER-!.%*+_`'~")).toBe('\ufeff大停電');
    },
    says: ({ headers }) => expect(headers.first('To')).toContain('NUL:\\\0 DEL:'),
  },
  esc01: {
    read: 'valid',
    answers: taken,
    means: (message) => {
      expect([target(message).user, uriIn(message, 'To').user, uriIn(message, 'From').user, uriIn(message, 'Contact').user]).toEqual([
        'sips:user@example.com',
        'user',
        'I have spaces',
        'caller',
      ]);
      expect([...uriIn(message, 'Contact').params]).toEqual([
        ['lr', ''],
        ['name', 'value%41'],
      ]);
    },
  },
  escnull: {
    ...notOurs,
    means: (message) => {
      expect(uriIn(message, 'To').user).toBe('null-\0-null');
      expect(message.headers.all('Contact').map((contact) => parseUri(parseNameAddress(contact).uri).user)).toEqual(['\0', '\0\0']);
    },
  },
  esc02: {
    ...unknownMethod,
    means: (message) => {
      expect(message).toMatchObject({ method: 'RE%47IST%45R' });
      expect([address(message, 'To').displayName, message.headers.all('Contact')]).toEqual([
        '%Z%45',
        ['<sip:alias1@host1.example.com>', '<sip:alias3@host3.example.com>'],
      ]);
    },
  },
  lwsdisp: {
    read: 'valid',
    answers: [200],
    means: (message) =>
      expect(address(message, 'From')).toMatchObject({ displayName: 'caller', uri: 'sip:caller@example.com', tag: '323' }),
  },
  longreq: {
    read: 'valid',
    answers: taken,
    means: (message) => {
      expect([vias(message).length, vias(message)[0]?.host, vias(message)[33]?.branch?.length]).toEqual([34, 'sip33.example.com', 215]);
      expect([address(message, 'From').tag?.length, uriIn(message, 'To').port, uriIn(message, 'To').params.size]).toEqual([155, 6000, 3]);
    },
  },
  dblreq: { ...notOurs, means: (message) => expect([message.headers.first('CSeq'), message.body.length]).toEqual(['8 REGISTER', 0]) },
  semiuri: { read: 'valid', answers: [200], means: (message) => expect(target(message).user).toBe('user;par=u@example.net') },
  transports: {
    read: 'valid',
    answers: [200],
    means: (message) => expect(vias(message).map(({ transport }) => transport)).toEqual(['UDP', 'SCTP', 'TLS', 'UNKNOWN', 'TCP']),
    says: (response) => expect(vias(response)).toHaveLength(5),
  },
  mpart01: { ...notOurs, means: ({ body }) => expect([body.length, Buffer.from(body).indexOf(0)]).toEqual([553, 368]) },
  unreason: {
    read: 'valid',
    answers: dropped,
    means: (message) => expect(message).toMatchObject({ status: 200, reason: '= 2**3 * 5**2 но сто девяносто девять - простое' }),
  },
  noreason: { read: 'valid', answers: dropped, means: (message) => expect(message).toMatchObject({ status: 100, reason: '' }) },
  badinv01: refused(400),
  clerr: refused(400),
  ncl: refused(400),
  scalar02: refused(400),
  scalarlg: { read: 400, answers: dropped },
  quotbal: refused(400),
  ltgtruri: refused(400),
  lwsruri: refused(400),
  lwsstart: refused(400),
  trws: refused(400),
  // Read as a URI, which may have headers elsewhere; in a Request-URI they may not be.
  escruri: { read: 'valid', answers: [400] },
  // Nothing depends on its Date.
  baddate: { read: 'valid', answers: taken },
  regbadct: { ...notOurs, read: 400 },
  // The blanks within the brackets can mean nothing else.
  badaspec: { read: 'valid', answers: [200], means: (message) => expect(address(message, 'To').uri).toBe('sip:t.watson@example.org') },
  baddn: refused(400),
  badvers: refused(505),
  mismatch01: { read: 'valid', answers: [400] },
  mismatch02: { read: 'valid', answers: [501] },
  bigcode: { read: 400, answers: dropped },
  badbranch: { read: 'valid', answers: [200] },
  insuf: {
    read: 'valid',
    answers: [400],
    says: ({ headers }) => expect(['From', 'To', 'Call-ID'].map((name) => headers.all(name))).toEqual([[], [], []]),
  },
  unkscm: refused(416),
  novelsc: refused(416),
  unksm2: notOurs,
  bext01: {
    read: 'valid',
    answers: [420],
    says: ({ headers }) => expect(headers.first('Unsupported')).toBe('nothingSupportsThis, nothingSupportsThisEither'),
  },
  invut: {
    read: 'valid',
    answers: [415],
    says: ({ headers }) => expect(headers.first('Accept')).toContain('application/sdp, multipart/mixed'),
  },
  regaut01: notOurs,
  multi01: refused(400),
  mcl01: refused(400),
  bcast: { read: 'valid', answers: dropped },
  zeromf: { read: 'valid', answers: [200] },
  cparam01: {
    ...notOurs,
    means: (message) =>
      expect([[...address(message, 'Contact').params.keys()], uriIn(message, 'Contact').params.size]).toEqual([['unknownparam'], 0]),
  },
  cparam02: {
    ...notOurs,
    means: (message) =>
      expect([[...uriIn(message, 'Contact').params.keys()], address(message, 'Contact').params.size]).toEqual([['unknownparam'], 0]),
  },
  regescrt: {
    ...notOurs,
    means: (message) => expect(uriIn(message, 'Contact').headers).toEqual([['Route', '<sip:sip.example.com>']]),
  },
  sdp01: { read: 'valid', answers: [406], says: ({ headers }) => expect(headers.first('Warning')).toMatch(/^399 test "/) },
  inv2543: { read: 'valid', answers: taken, means: (message) => expect(message.body.length).toBe(105) },

  'ipv6-good': { ...notOurs, means: (message) => expect(target(message)).toMatchObject({ host: '2001:db8::10' }) },
  'ipv6-bad': refused(400),
  'port-ambiguous': {
    ...notOurs,
    means: (message) => expect([target(message).host, target(message).port]).toEqual(['2001:db8::10:5070', undefined]),
  },
  'port-unambiguous': {
    ...notOurs,
    means: (message) => expect([target(message).host, target(message).port]).toEqual(['2001:db8::10', 5070]),
  },
  'via-received-param-with-delim': {
    read: 'valid',
    answers: [481],
    means: (message) => expect(vias(message)[0]).toMatchObject({ host: '2001:db8::9:1', received: '2001:db8::9:255' }),
  },
  'via-received-param-no-delim': {
    read: 'valid',
    answers: [200],
    means: (message) => expect(vias(message)[0]).toMatchObject({ received: '2001:db8::9:255', branch: 'z9hG4bKas3' }),
  },
  'ipv6-in-sdp': {
    read: 'valid',
    answers: taken,
    means: (message) =>
      expect(audio(message)).toEqual([
        ['audio', 6000, '2001:db8::20'],
        ['video', 6024, '2001:db8::20'],
      ]),
  },
  'mult-ip-in-header': {
    read: 'valid',
    answers: [481],
    means: (message) =>
      expect(vias(message).map(({ host, port }) => [host, port])).toEqual([
        ['2001:db8::9:1', 6050],
        ['192.0.2.1', undefined],
        ['2001:db8::9:255', undefined],
      ]),
  },
  'mult-ip-in-sdp': {
    read: 'valid',
    answers: taken,
    means: (message) =>
      expect(audio(message)).toEqual([
        ['audio', 22334, '192.0.2.1'],
        ['video', 6024, '2001:db8::1'],
      ]),
  },
  'ipv4-mapped-ipv6': {
    read: 'valid',
    answers: taken,
    means: (message) => {
      expect(vias(message).map(({ host, port }) => [host, port])).toEqual([
        ['::ffff:192.0.2.10', 19823],
        ['::ffff:192.0.2.2', undefined],
      ]);
      expect(audio(message)[0]).toEqual(['audio', 6000, '::ffff:192.0.2.2']);
    },
  },
  'ipv6-bug-abnf-3-colons': {
    read: 'valid',
    answers: [200],
    means: (message) => expect([target(message).host, uriIn(message, 'To').host]).toEqual(['2001:db8::192.0.2.1', '2001:db8::192.0.2.1']),
  },
  'ipv6-correct-abnf-2-colons': {
    read: 'valid',
    answers: [200],
    means: (message) => expect(target(message).host).toBe('2001:db8::192.0.2.1'),
  },
};
