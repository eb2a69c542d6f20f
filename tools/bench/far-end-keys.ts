import { seededRandom } from '../../src/kernel/random.ts';
import { masterBytes, type SrtpMaster } from '../../src/telephony/rtp/srtp-suite.ts';

const suite = 'AES_CM_128_HMAC_SHA1_80';

/** The SRTP keys of the far end of this index, the same in both processes: what it sends with, and what it is sent. */
export function farEndKeys(index: number): { readonly sends: SrtpMaster; readonly isSent: SrtpMaster } {
  const random = seededRandom(index);
  const master = (): SrtpMaster => ({ suite, keyAndSalt: random.bytes(masterBytes(suite)) });
  return { sends: master(), isSent: master() };
}
