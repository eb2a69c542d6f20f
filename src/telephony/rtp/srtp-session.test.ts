import { expect, test } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { writeRtpHeader } from './packet.ts';
import { SrtpSession } from './srtp-session.ts';
import { SrtpUnprotect } from './srtp-unprotect.ts';

const suite = 'AES_CM_128_HMAC_SHA1_80';
const random = seededRandom(1);
const keys = { suite, send: random.bytes(30), receive: random.bytes(30) } as const;

const packet = (sequence: number): Uint8Array => {
  const bytes = new Uint8Array(172).fill(9);
  writeRtpHeader(bytes, false, 0, sequence, 160 * sequence, 0xcafe);
  return bytes;
};

test('packets are in clear for a party without keys, and the count of those under one key goes on after it', () => {
  const session = new SrtpSession();
  const peer = new SrtpUnprotect({ suite, keyAndSalt: keys.send });
  const taken = (sequence: number): boolean => peer.unprotect(Uint8Array.from(session.protect(packet(sequence)) ?? [])) !== undefined;
  session.secure(keys);
  expect([taken(0xffff), taken(0)]).toEqual([true, true]);
  session.clear();
  expect(session.isSecure).toBe(false);
  expect(session.protect(packet(1))).toEqual(packet(1));
  expect(session.unprotect(packet(1))).toEqual(packet(1));
  // Had it begun anew, its rollover counter would be 0 again, and the peer would take nothing of it.
  session.secure(keys);
  expect([session.isSecure, taken(2)]).toEqual([true, true]);
  expect(session.unprotect(packet(3))).toBeUndefined();
});
