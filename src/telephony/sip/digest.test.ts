import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { answerChallenge, type Challenge, chooseChallenge, makeChallenge, parseChallenge, verifyAuthorization } from './digest.ts';
import { parseCredentials } from './parse-credentials.ts';
import { SipParseError } from './sip-parse-error.ts';

const mufasa = { userName: 'Mufasa', method: 'GET', uri: '/dir/index.html' };

describe('published examples', () => {
  test('RFC 2617 section 3.5', () => {
    const challenge: Challenge = {
      realm: 'testrealm@host.com',
      nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
      algorithm: 'MD5',
      qop: 'auth',
      opaque: '5ccc069c403ebaf9f0171e9517f40e41',
      stale: false,
    };
    expect(
      parseChallenge(
        'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
      ),
    ).toEqual(challenge);
    const authorization =
      'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", ' +
      'qop=auth, nc=00000001, cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"';
    expect(verifyAuthorization({ ...mufasa, password: 'Circle Of Life', challenge, authorization })).toBe('valid');
  });

  test.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ] as const)('RFC 7616 section 3.9.1, %s', (algorithm, response) => {
    const challenge: Challenge = {
      realm: 'http-auth@example.org',
      nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
      algorithm,
      qop: 'auth',
      opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
      stale: false,
    };
    const authorization =
      `Digest username="Mufasa", realm="${challenge.realm}", uri="/dir/index.html", algorithm=${algorithm}, nonce="${challenge.nonce}", ` +
      `nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="${response}", opaque="${challenge.opaque}"`;
    expect(verifyAuthorization({ ...mufasa, password: 'Circle of Life', challenge, authorization })).toBe('valid');
  });

  test('RFC 2069 section 2.4 with the corrected response of its erratum: no qop', () => {
    const challenge: Challenge = {
      realm: 'testrealm@host.com',
      nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
      algorithm: 'MD5',
      stale: false,
    };
    const authorization =
      'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", ' +
      'response="1949323746fe6a43ef61f9606e7febea", opaque="5ccc069c403ebaf9f0171e9517f40e41"';
    expect(verifyAuthorization({ ...mufasa, password: 'CircleOfLife', challenge, authorization })).toBe('valid');
  });
});

describe('parseChallenge', () => {
  test('reads what is there, in any case and order', () => {
    expect(parseChallenge('DIGEST\tStale=TRUE , Nonce="n\\"1",algorithm="sha-256", REALM="a, b"')).toEqual({
      realm: 'a, b',
      nonce: 'n"1',
      algorithm: 'SHA-256',
      stale: true,
    });
  });

  test.each([
    'Basic realm="x"',
    'Digest realm="a", nonce="b", algorithm=MD5-sess',
    'Digest realm="a", nonce="b", algorithm=SHA-512-256',
    'Digest realm="a", nonce="b", qop="auth-int"',
  ])('answers nothing for %s', (text) => {
    expect(parseChallenge(text)).toBeUndefined();
  });

  test.each([
    '',
    'Digest',
    'Digest realm="a"',
    'Digest nonce="b"',
    'Digest realm="a", nonce="b',
    'Digest realm="a", realm="b", nonce="c"',
    'Digest realm',
    'Digest realm="a", nonce="b", c',
    'Digest realm="a", nonce="b", c d=e',
  ])('refuses %j', (text) => {
    expect(() => parseChallenge(text)).toThrow(SipParseError);
  });
});

describe('chooseChallenge', () => {
  const md5 = 'Digest realm="a", nonce="1", algorithm=MD5';
  const plain = 'Digest realm="b", nonce="2"';
  const sha = 'Digest realm="a", nonce="3", algorithm=SHA-256';

  test.each([
    ['the strongest', [md5, sha], sha],
    ['the topmost among equals', [plain, md5], plain],
    ['what is supported', ['Basic realm="x"', 'Digest realm="a", nonce="4", algorithm=SHA-512-256', md5], md5],
    ['what can be read', ['Digest realm="', md5], md5],
    ['nothing when nothing is supported', ['Basic realm="x"'], undefined],
    ['nothing when there is nothing', [], undefined],
  ])('takes %s', (_what, texts, chosen) => {
    expect(chooseChallenge(texts)).toBe(chosen);
  });
});

describe('answerChallenge', () => {
  const answer = (challenge: string, nonceCount = 1) =>
    answerChallenge({
      challenge,
      method: 'INVITE',
      uri: 'sip:bob@b.example',
      userName: 'bob',
      password: 'zanzibar',
      random: seededRandom(1),
      nonceCount,
    });

  test('says which challenge it answers, and how', () => {
    const { params } = parseCredentials(answer('Digest realm="r", nonce="n", qop="auth", opaque="o", algorithm=SHA-256', 26));
    expect(Object.fromEntries(params)).toEqual({
      username: 'bob',
      realm: 'r',
      nonce: 'n',
      uri: 'sip:bob@b.example',
      response: expect.stringMatching(/^[0-9a-f]{64}$/),
      algorithm: 'SHA-256',
      opaque: 'o',
      qop: 'auth',
      nc: '0000001a',
      cnonce: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  test('sends no qop, count or cnonce to a server that asked for none', () => {
    const { params } = parseCredentials(answer('Digest realm="r", nonce="n"'));
    expect([...params.keys()]).toEqual(['username', 'realm', 'nonce', 'uri', 'response', 'algorithm']);
  });

  test('writes qop, nc and algorithm without quotes, as RFC 7616 section 3.4 wants it', () => {
    expect(answer('Digest realm="r", nonce="n", qop="auth"')).toMatch(/, algorithm=MD5, qop=auth, nc=00000001, cnonce="/);
  });

  test('refuses a challenge that it cannot answer', () => {
    expect(() => answer('Basic realm="x"')).toThrow(SipParseError);
  });
});

describe('both sides', () => {
  const challenge: Challenge = { realm: 'ringflow', nonce: 'current', algorithm: 'SHA-256', qop: 'auth', opaque: 'o', stale: false };
  const who = { method: 'INVITE', uri: 'sip:bob@b.example', userName: 'bob', password: 'zanzibar' };
  const authorize = (changes: Partial<Challenge & typeof who> = {}): string => {
    const asked = { ...challenge, ...changes };
    return answerChallenge({ challenge: makeChallenge(asked), random: seededRandom(2), nonceCount: 1, ...who, ...changes });
  };
  const verify = (authorization: string) => verifyAuthorization({ authorization, challenge, ...who });

  test('agree', () => {
    expect(parseChallenge(makeChallenge(challenge))).toEqual(challenge);
    expect(verify(authorize())).toBe('valid');
  });

  test('tell an old nonce from a wrong password', () => {
    expect(verify(authorize({ nonce: 'old' }))).toBe('stale');
    expect(verify(authorize({ nonce: 'old', password: 'wrong' }))).toBe('invalid');
  });

  test.each<Partial<Challenge & typeof who>>([
    { password: 'wrong' },
    { userName: 'eve' },
    { realm: 'other' },
    { uri: 'sip:eve@b.example' },
    { method: 'BYE' },
    { algorithm: 'MD5' },
  ])('notice %j', (changes) => {
    expect(verify(authorize(changes))).toBe('invalid');
  });

  test('notice a changed or missing part', () => {
    const right = authorize();
    for (const [from, to] of [
      [/nc=00000001/, 'nc=00000002'],
      [/nc=00000001/, 'nc=1'],
      [/cnonce="[0-9a-f]+"/, 'cnonce=""'],
      [/, qop=auth/, ''],
      [/response="../, 'response="'],
      [/response="[0-9a-f]+"/, 'response=""'],
      [/^Digest/, 'Basic'],
    ] as const) {
      const changed = right.replace(from, to);
      expect(changed).not.toBe(right);
      expect(verify(changed)).toBe('invalid');
    }
  });

  test('agree whatever the names and passwords, without qop too', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    const arbitrary = fc.record({
      realm: text,
      nonce: text,
      userName: text,
      password: text,
      algorithm: fc.constantFrom('MD5' as const, 'SHA-256' as const),
      qop: fc.boolean(),
    });
    fc.assert(
      fc.property(arbitrary, ({ realm, nonce, userName, password, algorithm, qop }) => {
        const asked: Challenge = { realm, nonce, algorithm, stale: false, ...(qop && { qop: 'auth' as const }) };
        const both = { ...who, userName, password };
        const authorization = answerChallenge({ ...both, challenge: makeChallenge(asked), random: seededRandom(3), nonceCount: 1 });
        expect(verifyAuthorization({ ...both, authorization, challenge: asked })).toBe('valid');
        expect(verifyAuthorization({ ...both, password: `${password}x`, authorization, challenge: asked })).toBe('invalid');
      }),
      { seed: 12, numRuns: 500 },
    );
  });
});
