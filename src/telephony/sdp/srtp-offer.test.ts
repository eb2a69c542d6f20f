import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../../../test/support/sdp-texts.ts';
import { seededRandom } from '../../kernel/random.ts';
import { masterBytes } from '../media/media-port.ts';
import { answerOffer, type Offer, readAnswer, writeOffer } from './negotiate.ts';
import { parseCrypto } from './parse-crypto.ts';
import { newLocalSrtp, type SrtpPolicy, withoutKeys } from './srtp-offer.ts';

const key = (fill: number, length = 30): string => Buffer.alloc(length, fill).toString('base64');
const LINE = `1 AES_CM_128_HMAC_SHA1_80 inline:${key(1)}`;

function sideOf(policy: SrtpPolicy, seed: number): Offer {
  const srtp = newLocalSrtp(policy, seededRandom(seed));
  return {
    address: `192.0.2.${seed}`,
    port: 20_000,
    sessionId: '1',
    version: 1,
    codecs: ['PCMU'],
    telephoneEvent: 101,
    ...(srtp && { srtp }),
  };
}

const answerOf = (protocol: string, ...crypto: string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 192.0.2.9', 's=-', 'c=IN IP4 192.0.2.9', 't=0 0', `m=audio 4000 ${protocol} 0`, ...crypto, ''].join('\r\n');

test.each(['optional', 'required'] as const)('RTP/SAVP without a key that we can use is never taken in clear: %s', (policy) => {
  for (const crypto of [[], [`a=crypto:1 F8_128_HMAC_SHA1_80 inline:${key(1)}`]]) {
    expect(failureOf(() => answerOffer(answerOf('RTP/SAVP', ...crypto), sideOf(policy, 1)))).toBe('no-key');
    expect(failureOf(() => readAnswer(sideOf(policy, 1), answerOf('RTP/SAVP', ...crypto)))).toBe('no-key');
  }
});

describe('parseCrypto', () => {
  const good: readonly (readonly [what: string, text: string])[] = [
    ['the usual line', LINE],
    ['a lifetime as a power', `${LINE}|2^31`],
    ['a lifetime as a number', `${LINE}|1066400`],
    ['a window hint', `${LINE} WSH=128`],
    ['an extension that may be passed over', `${LINE} -x`],
    ['keys that are not derived anew', `${LINE} KDR=0`],
    ['the least lifetime', `${LINE}|2^20`],
    ['the method in capitals', LINE.replace('inline', 'INLINE')],
    ['any blanks between its parts, and behind them', ` ${LINE.replaceAll(' ', ' \t ')} `],
  ];
  test.each(good)('takes %s', (_what, text) => {
    expect(parseCrypto(text)).toEqual({ tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', keyAndSalt: new Uint8Array(30).fill(1) });
  });

  const bad: readonly (readonly [what: string, text: string])[] = [
    ['nothing', ''],
    ['no key', '1 AES_CM_128_HMAC_SHA1_80'],
    ['another suite', `1 F8_128_HMAC_SHA1_80 inline:${key(1)}`],
    ['the name of a member of objects', `1 constructor inline:${key(1)}`],
    ['a tag that is no number', LINE.replace('1', 'x')],
    ['a tag that is too long', LINE.replace('1', '1234567890')],
    ['another method', LINE.replace('inline', 'uri')],
    ['a key that is too short', `1 AES_CM_128_HMAC_SHA1_80 inline:${key(1, 29)}`],
    ['a key for a smaller suite', `1 AES_256_CM_HMAC_SHA1_80 inline:${key(1)}`],
    ['a key that is no base64', `1 AES_CM_128_HMAC_SHA1_80 inline:${'-'.repeat(40)}`],
    ['several keys', `${LINE};inline:${key(2)}`],
    ['a master key identifier', `${LINE}|1:4`],
    ['a lifetime and a master key identifier', `${LINE}|2^20|1:4`],
    ['a lifetime that ends during a call', `${LINE}|2^19`],
    ['a lifetime that ends during a call, as a number', `${LINE}|1048575`],
    ['a lifetime beyond all packets', `${LINE}|2^49`],
    ['packets that are not encrypted', `${LINE} UNENCRYPTED_SRTP`],
    ['packets that are not authenticated', `${LINE} WSH=64 UNAUTHENTICATED_SRTP`],
    ['keys that are derived anew', `${LINE} KDR=1`],
  ];
  test.each(bad)('refuses %s', (_what, text) => {
    expect(parseCrypto(text)).toBeUndefined();
  });

  test('meets any change to a line with a key of the right size or nothing', () => {
    fc.assert(
      fc.property(fc.nat(LINE.length), fc.nat(6), fc.string({ maxLength: 6 }), (at, cut, put) => {
        const line = parseCrypto(LINE.slice(0, at) + put + LINE.slice(at + cut));
        if (line) expect(line.keyAndSalt.length).toBe(masterBytes(line.suite));
      }),
      { seed: 1, numRuns: 3000 },
    );
  });
});

describe('an offer', () => {
  test.each([
    ['off', 'RTP/AVP', 0],
    ['optional', 'RTP/AVP', 3],
    ['required', 'RTP/SAVP', 3],
  ] as const)('with SRTP %s is %s with %d keys', (policy, protocol, count) => {
    const text = writeOffer(sideOf(policy, 1));
    expect(text).toContain(`m=audio 20000 ${protocol} 0 101\r\n`);
    const lines = text.split('\r\n').filter((line) => line.startsWith('a=crypto:'));
    expect(lines.length).toBe(count);
    expect(new Set(lines.map((line) => line.split('inline:')[1])).size).toBe(count);
    for (const line of lines) expect(parseCrypto(line.slice('a=crypto:'.length))).toBeDefined();
    expect(withoutKeys(text)).not.toContain('inline');
    expect(withoutKeys(text).length).toBe(text.length - lines.reduce((sum, line) => sum + line.length + 2, 0));
  });
});

const outcomes: readonly (readonly [SrtpPolicy, SrtpPolicy, string])[] = [
  ['off', 'off', 'clear'],
  ['off', 'optional', 'clear'],
  ['off', 'required', 'no-key'],
  ['optional', 'off', 'clear'],
  ['optional', 'optional', 'encrypted'],
  ['optional', 'required', 'encrypted'],
  ['required', 'off', 'no-protocol'],
  ['required', 'optional', 'encrypted'],
  ['required', 'required', 'encrypted'],
];
test.each(outcomes)('offered %s, answered %s: %s', (offered, answered, outcome) => {
  const [caller, callee] = [sideOf(offered, 1), sideOf(answered, 2)];
  const result = failureOf(() => {
    const { answer, agreed } = answerOffer(writeOffer(caller), callee);
    const ours = readAnswer(caller, answer);
    expect(agreed.srtp !== undefined).toBe(outcome === 'encrypted');
    expect(ours.srtp).toEqual(agreed.srtp && { suite: agreed.srtp.suite, send: agreed.srtp.receive, receive: agreed.srtp.send });
    expect(answer.split('a=crypto:').length - 1).toBe(agreed.srtp ? 1 : 0);
  });
  expect(result).toBe(outcome === 'clear' || outcome === 'encrypted' ? 'agreed' : outcome);
});

test.each([
  ['AES_CM_128_HMAC_SHA1_80', 30],
  ['AES_256_CM_HMAC_SHA1_80', 46],
  ['AES_CM_128_HMAC_SHA1_32', 30],
] as const)('optional, where %s is the only suite of both: it is agreed on, in RTP/AVP', (suite, bytes) => {
  const [caller, callee] = [sideOf('optional', 1), sideOf('optional', 2)];
  const offer = writeOffer(caller).replace(/^a=crypto:\d+ (\S+) .*\r\n/gm, (line, name) => (name === suite ? line : ''));
  expect(offer.split('a=crypto:')).toHaveLength(2);
  const { answer, agreed } = answerOffer(offer, callee);
  expect(answer).toMatch(/^m=audio \d+ RTP\/AVP /m);
  expect(agreed.srtp).toMatchObject({ suite, send: { length: bytes }, receive: { length: bytes } });
  const ours = readAnswer(caller, answer);
  expect(ours.srtp).toEqual(agreed.srtp && { suite, send: agreed.srtp.receive, receive: agreed.srtp.send });
});

describe('an answer', () => {
  const required = sideOf('required', 1);
  const optional = sideOf('optional', 1);
  const crypto = (text: string): string => `a=crypto:${text}`;

  test('has the tag of the line that was chosen, the first that we can use', () => {
    const offer = answerOf(
      'RTP/SAVP',
      crypto('1 F8_128_HMAC_SHA1_80 inline:abc'),
      crypto(`7 AES_256_CM_HMAC_SHA1_80 inline:${key(3, 46)}`),
      crypto(LINE),
    );
    const { answer, agreed } = answerOffer(offer, optional);
    expect(answer).toMatch(/\r\nm=audio 20000 RTP\/SAVP 0\r\n/);
    expect(answer).toMatch(/\r\na=crypto:7 AES_256_CM_HMAC_SHA1_80 inline:/);
    expect(agreed.srtp).toMatchObject({ suite: 'AES_256_CM_HMAC_SHA1_80', receive: new Uint8Array(46).fill(3) });
  });

  test.each([
    ['of another suite than its tag', crypto(LINE.replace('1', '2'))],
    ['of a tag that was not offered', crypto(LINE.replace('1', '9'))],
    ['with a part that we cannot follow', crypto(`${LINE}|1:1`)],
  ])('with a key %s is none', (_what, line) => {
    expect(failureOf(() => readAnswer(required, answerOf('RTP/SAVP', line)))).toBe('no-key');
    expect(failureOf(() => readAnswer(required, answerOf('RTP/AVP', line)))).toBe('no-key');
    expect(readAnswer(optional, answerOf('RTP/AVP', line)).srtp).toBeUndefined();
  });

  test('has its key in its own media line', () => {
    const text = answerOf('RTP/AVP', 'm=video 0 RTP/AVP 96', crypto(LINE));
    expect(readAnswer(optional, text).srtp).toBeUndefined();
    expect(failureOf(() => readAnswer(required, text))).toBe('no-key');
  });
});
