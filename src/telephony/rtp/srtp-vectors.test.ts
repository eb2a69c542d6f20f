import { describe, expect, test } from 'vitest';
import { SrtpCipher } from './srtp-cipher.ts';
import { SrtpProtect } from './srtp-protect.ts';
import { deriveSessionKeys } from './srtp-session-keys.ts';
import { SrtpUnprotect } from './srtp-unprotect.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

describe('deriveSessionKeys', () => {
  test('makes the keys of RFC 3711 appendix B.3', () => {
    const keyAndSalt = bytes('E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6');
    const keys = deriveSessionKeys({ suite: 'AES_CM_128_HMAC_SHA1_80', keyAndSalt }, 'rtp');
    expect(hex(keys.cipherKey)).toBe('c61e7a93744f39ee10734afe3ff7a087');
    expect(hex(keys.salt)).toBe('30cbbc08863d8c85d49db34a9ae1');
    expect(hex(keys.tagKey)).toBe('cebe321f6ff7716b6fd4ab49af256a156d38baa4');
  });

  test('makes the keys of RFC 6188 section 7.2', () => {
    const keyAndSalt = bytes('f0f04914b513f2763a1b1fa130f10e29 98f6f6e43e4309d1e622a0e332b9f1b6 3b04803de51ee7c96423ab5b78d2');
    const keys = deriveSessionKeys({ suite: 'AES_256_CM_HMAC_SHA1_80', keyAndSalt }, 'rtp');
    expect(hex(keys.cipherKey)).toBe('5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4');
    expect(hex(keys.salt)).toBe('fa31791685ca444a9e07c6c64e93');
    expect(hex(keys.tagKey)).toBe('fd9c32d39ed5fbb5a9dc96b30818454d1313dc05');
  });

  test('refuses a master of another size', () => {
    expect(() => deriveSessionKeys({ suite: 'AES_256_CM_HMAC_SHA1_80', keyAndSalt: new Uint8Array(30) }, 'rtp')).toThrow(RangeError);
  });
});

describe('SrtpCipher', () => {
  const salt = 'F0F1F2F3F4F5F6F7F8F9FAFBFCFD';
  const appendixB = '2B7E151628AED2A6ABF7158809CF4F3C';
  const section7 = '57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98';
  // The last blocks of a segment that is longer than our packets: the counter goes on from where the salt says.
  const streams = [
    [
      'RFC 3711 appendix B.2',
      appendixB,
      salt,
      'e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0',
    ],
    [
      'RFC 3711 appendix B.2, its end',
      appendixB,
      `${salt}FEFF`,
      'ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae6a2cc3787889374fbeb4c81b17ba6c44',
    ],
    [
      'RFC 6188 section 7.1',
      section7,
      salt,
      '92bdd28a93c3f52511c677d08b5515a49da71b2378a854f67050756ded165bac63c4868b7096d88421b563b8c94c9a31',
    ],
    [
      'RFC 6188 section 7.1, its end',
      section7,
      `${salt}FEFF`,
      'cea518c90fd91ced9cbb18c078a547113dbc4814f4da5f00a08772b63c6a046d6eb246913062a16891433e97dd01a57f',
    ],
  ] as const;

  test.each(streams)('has the key stream of %s', (_where, key, start, stream) => {
    const zeros = new Uint8Array(48);
    new SrtpCipher({ cipherKey: bytes(key), tagKey: new Uint8Array(20), salt: bytes(start) }).apply(zeros, 0, 48, 0, 0, 0);
    expect(hex(zeros)).toBe(stream);
  });

  test('has the tags of RFC 2202 section 3', () => {
    const tagOf = (tagKey: Uint8Array, text: string): string =>
      hex(new SrtpCipher({ cipherKey: new Uint8Array(16), tagKey, salt: bytes(salt) }).tag(Buffer.from(text)));
    expect(tagOf(new Uint8Array(20).fill(0x0b), 'Hi There')).toBe('b617318655057264e28bc0b6fb378c8ef146be00');
    expect(tagOf(Buffer.from('Jefe'), 'what do ya want for nothing?')).toBe('effcdf6ae5eb2fa2d27416d5f184df9c259a7c79');
  });
});

/** Whole packets under the master of RFC 3711 appendix B.3, as other implementations write them: cipher, tag and their order together. */
describe('whole packets', () => {
  const master = {
    suite: 'AES_CM_128_HMAC_SHA1_80',
    keyAndSalt: bytes('E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6'),
  } as const;
  const rtp = bytes('800f1234decafbadcafebabe abababababababababababababababab');
  const srtp = bytes('800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb');
  const rtcp = bytes('81c8000bcafebabe abababababababababababababababab');
  const srtcp = bytes('81c8000bcafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798');

  test('RTP', () => {
    expect(hex(new SrtpProtect(master).protect(rtp) ?? rtp)).toBe(hex(srtp));
    expect(hex(new SrtpUnprotect(master).unprotect(srtp) ?? srtp)).toBe(hex(rtp));
  });

  test('RTCP, whose index is 0 in the first packet and 1 in the second (RFC 3711 section 3.4)', () => {
    const sender = new SrtpProtect(master);
    const indexOf = (packet: Uint8Array | undefined): string => hex(packet?.subarray(24, 28) ?? rtcp);
    expect(indexOf(sender.protect(rtcp))).toBe('80000000');
    expect(hex(sender.protect(rtcp) ?? rtcp)).toBe(hex(srtcp));
    expect(hex(new SrtpUnprotect(master).unprotect(srtcp) ?? srtcp)).toBe(hex(rtcp));
  });
});
