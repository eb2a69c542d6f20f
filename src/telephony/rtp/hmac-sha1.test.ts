import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HmacSha1 } from './hmac-sha1.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('HMAC-SHA1', () => {
  it.each([
    ['1', new Uint8Array(20).fill(0x0b), ascii('Hi There'), 'b617318655057264e28bc0b6fb378c8ef146be00'],
    ['2', ascii('Jefe'), ascii('what do ya want for nothing?'), 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
    ['3', new Uint8Array(20).fill(0xaa), new Uint8Array(50).fill(0xdd), '125d7342b9ac11cd91a39af48aa17b4f63f175d3'],
    ['4', Uint8Array.from({ length: 25 }, (_, at) => at + 1), new Uint8Array(50).fill(0xcd), '4c9007f4026250c6bc8414f9bf50c86c2d7235da'],
  ])('gives the tag of case %s of RFC 2202', (_case, key, message, expected) => {
    expect(hex(new HmacSha1(key).tag(message))).toBe(expected);
  });

  it('gives the tag of another implementation, for every length of message and key', () => {
    const bytes = fc.uint8Array({ maxLength: 2048 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(bytes, { minLength: 1, maxLength: 3 }), (key, messages) => {
        const hmac = new HmacSha1(key);
        for (const message of messages) expect(hex(hmac.tag(message))).toBe(createHmac('sha1', key).update(message).digest('hex'));
      }),
      { numRuns: 300, seed: 3 },
    );
    const [one, other] = [new HmacSha1(ascii('one')), new HmacSha1(ascii('other'))];
    for (let length = 0; length <= 200; length++) {
      const message = new Uint8Array(length).fill(length);
      expect(hex(one.tag(message))).toBe(createHmac('sha1', 'one').update(message).digest('hex'));
      expect(hex(other.tag(message))).toBe(createHmac('sha1', 'other').update(message).digest('hex'));
    }
  });

  it('takes no key that is longer than a block', () => {
    expect(() => new HmacSha1(new Uint8Array(65))).toThrow(RangeError);
  });
});
