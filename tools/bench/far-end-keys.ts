import { seededRandom } from '../../src/kernel/random.ts';
import { masterBytes, type SrtpMaster } from '../../src/telephony/rtp/srtp-suite.ts';

const suite = 'AES_CM_128_HMAC_SHA1_80';

/** How many legs of each call speak SRTP. The far ends 2n and 2n + 1 are the legs of one call; of one encrypted leg it is the first. */
export type EncryptedLegs = 0 | 1 | 2;

export const isEncrypted = (farEnd: number, legs: EncryptedLegs): boolean => farEnd % 2 < legs;

/** The SRTP keys of the far end of this index, the same in both processes: what it sends with, and what it is sent. */
export function farEndKeys(index: number): { readonly sends: SrtpMaster; readonly isSent: SrtpMaster } {
  const random = seededRandom(index);
  const master = (): SrtpMaster => ({ suite, keyAndSalt: random.bytes(masterBytes(suite)) });
  return { sends: master(), isSent: master() };
}
