import { describe, expect, test } from 'vitest';
import { parseParams } from './parse-params.ts';
import { parseReplaces } from './replaces.ts';
import { SipParseError } from './sip-parse-error.ts';
import { parseUri } from './uri.ts';

/** `count` of what `part` writes, joined. */
const many = (count: number, part: (nth: number) => string, joined = ''): string =>
  Array.from({ length: count }, (_, nth) => part(nth)).join(joined);

describe('a reader takes so much and no more:', () => {
  test.each<[string, (count: number) => unknown, number]>([
    ['parameters of a header', (count) => parseParams(many(count, (nth) => `;p${nth}=1`)), 100],
    ['parameters of a URI', (count) => parseUri(`sip:a@b${many(count, (nth) => `;p${nth}=1`)}`), 50],
    ['headers of a URI', (count) => parseUri(`sip:a@b?${many(count, (nth) => `h${nth}=1`, '&')}`), 50],
    ['characters of a URI', (count) => parseUri(`sip:${many(count - 6, () => 'u')}@b`), 2048],
    ['characters of Replaces', (count) => parseReplaces(`${many(count - 24, () => 'c')};to-tag=1;from-tag=2;x=4`), 1024],
  ])('%s', (_what, read, most) => {
    expect(() => read(most)).not.toThrow();
    expect(() => read(most + 1)).toThrow(SipParseError);
  });
});

describe('Replaces', () => {
  test.each(['c;to-tag=1', 'c;from-tag=1', 'c;to-tag=;from-tag=1', 'c d;to-tag=1;from-tag=2', ';to-tag=1;from-tag=2', 'c'])(
    'is not valid as %j',
    (text) => {
      expect(() => parseReplaces(text)).toThrow(SipParseError);
    },
  );
});
