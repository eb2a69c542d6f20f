import { describe, expect, test } from 'vitest';
import { SrtpCipher } from './srtp-cipher.ts';
import { deriveSessionKeys } from './srtp-session-keys.ts';

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
  const salt = bytes('F0F1F2F3F4F5F6F7F8F9FAFBFCFD');
  const streams = [
    [
      'RFC 3711 appendix B.2',
      '2B7E151628AED2A6ABF7158809CF4F3C',
      'e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0',
    ],
    [
      'RFC 6188 section 7.1',
      '57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98',
      '92bdd28a93c3f52511c677d08b5515a49da71b2378a854f67050756ded165bac63c4868b7096d88421b563b8c94c9a31',
    ],
  ] as const;
  test.each(streams)('has the key stream of %s', (_where, key, stream) => {
    const zeros = new Uint8Array(48);
    new SrtpCipher({ cipherKey: bytes(key), tagKey: new Uint8Array(20), salt }).apply(zeros, 0, 48, 0, 0, 0);
    expect(hex(zeros)).toBe(stream);
  });
});
