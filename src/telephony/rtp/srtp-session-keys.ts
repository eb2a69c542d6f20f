import { createCipheriv } from 'node:crypto';
import { masterBytes, SRTP_SALT_BYTES, type SrtpMaster, srtpSuites } from './srtp-suite.ts';

/** The keys of one direction, made from its master key (RFC 3711 section 4.3). */
export interface SessionKeys {
  readonly cipherKey: Uint8Array;
  readonly tagKey: Uint8Array;
  readonly salt: Uint8Array;
}

const TAG_KEY_BYTES = 20;
/** Where the label stands in the salt (RFC 3711 section 4.3.1): before the 48 bits of the index. */
const LABEL_AT = 7;
/** Labels of cipher key, tag key and salt (RFC 3711 section 4.3.2). */
const labels = { rtp: [0, 1, 2], rtcp: [3, 4, 5] } as const;

/** Derives the session keys, once for all packets: the key derivation rate is 0. @throws RangeError when the master has another size */
export function deriveSessionKeys({ suite, keyAndSalt }: SrtpMaster, of: 'rtp' | 'rtcp'): SessionKeys {
  if (keyAndSalt.length !== masterBytes(suite)) throw new RangeError('An SRTP master key has the wrong size');
  const { keyBytes } = srtpSuites[suite];
  const key = keyAndSalt.subarray(0, keyBytes);
  const derive = (label: number, bytes: number): Uint8Array => {
    const counter = new Uint8Array(16);
    counter.set(keyAndSalt.subarray(keyBytes));
    counter[LABEL_AT] = (counter[LABEL_AT] ?? 0) ^ label;
    return createCipheriv(keyBytes === 32 ? 'aes-256-ctr' : 'aes-128-ctr', key, counter).update(new Uint8Array(bytes));
  };
  const [cipherLabel, tagLabel, saltLabel] = labels[of];
  return {
    cipherKey: derive(cipherLabel, keyBytes),
    tagKey: derive(tagLabel, TAG_KEY_BYTES),
    salt: derive(saltLabel, SRTP_SALT_BYTES),
  };
}
