import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtectionProfileAes128CmHmacSha1_80, RtpHeader, SrtcpSession, SrtpSession } from 'werift-rtp';
import { seededRandom } from '../../kernel/random.ts';
import { writeRtpHeader } from './packet.ts';
import { SrtpProtect } from './srtp-protect.ts';
import { SrtpUnprotect } from './srtp-unprotect.ts';

// werift has tags of 80 bits only. That of 32 bits is the first part of it, and all else is the same (RFC 3711 section 4.2.1).

const suite = 'AES_CM_128_HMAC_SHA1_32';
const profile = ProtectionProfileAes128CmHmacSha1_80;
const LONG_TAG = 10;
const SHORT_TAG = 4;

function keysOf(keyAndSalt: Uint8Array) {
  const [key, salt] = [Buffer.from(keyAndSalt.subarray(0, 16)), Buffer.from(keyAndSalt.subarray(16))];
  return { localMasterKey: key, localMasterSalt: salt, remoteMasterKey: key, remoteMasterSalt: salt };
}

const cut = (packet: Uint8Array): Uint8Array => Uint8Array.from(packet.subarray(0, packet.length - LONG_TAG + SHORT_TAG));

/** A receiver report without blocks. */
const report = Uint8Array.from([0x80, 201, 0, 1, 0, 0, 0, 7]);

function reportScene() {
  const keyAndSalt = seededRandom(6).bytes(30);
  const theirs = new SrtcpSession({ keys: keysOf(keyAndSalt), profile });
  const protectedReport = (): Uint8Array => Uint8Array.from(theirs.encrypt(Buffer.from(report)));
  return { theirs, protectedReport, receiver: new SrtpUnprotect({ suite, keyAndSalt }), keyAndSalt };
}

describe('a packet with a tag of 32 bits', () => {
  it('is that of another implementation, both ways', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 30, maxLength: 30 }),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.integer({ min: 0, max: 0xffff }),
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { minLength: 1, maxLength: 5 }),
        (keyAndSalt, ssrc, first, payloads) => {
          const theirs = new SrtpSession({ keys: keysOf(keyAndSalt), profile });
          const protect = new SrtpProtect({ suite, keyAndSalt });
          const unprotect = new SrtpUnprotect({ suite, keyAndSalt });
          payloads.forEach((payload, step) => {
            const plain = new Uint8Array(12 + payload.length);
            writeRtpHeader(plain, false, 0, (first + step) & 0xffff, 160 * step, ssrc);
            plain.set(payload, 12);
            const encrypted = cut(theirs.encrypt(Buffer.from(payload), RtpHeader.deSerialize(Buffer.from(plain))));
            expect(protect.protect(plain)?.slice()).toEqual(encrypted);
            expect(unprotect.unprotect(encrypted)?.slice()).toEqual(plain);
          });
        },
      ),
      { seed: 7, numRuns: 200 },
    );
  });
});

describe('a report of that suite', () => {
  it('has a tag of 80 bits, as another implementation writes and reads it (RFC 4568 section 6.2.2)', () => {
    const { theirs, protectedReport, receiver, keyAndSalt } = reportScene();
    const ours = new SrtpProtect({ suite, keyAndSalt }).protect(report);
    expect(Uint8Array.from(theirs.decrypt(Buffer.from(ours ?? [])))).toEqual(report);
    expect(receiver.unprotect(protectedReport())).toEqual(report);
  });

  it('is taken with one of 32 bits too, once, and unchanged', () => {
    const { protectedReport, receiver } = reportScene();
    const whole = protectedReport();
    const short = cut(whole);
    for (let bit = 0; bit < short.length * 8; bit++) {
      const changed = short.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(receiver.unprotect(changed)).toBeUndefined();
    }
    expect(receiver.unprotect(short)?.slice()).toEqual(report);
    expect([receiver.unprotect(short), receiver.unprotect(whole)]).toEqual([undefined, undefined]);
    expect(receiver.unprotect(cut(protectedReport()))).toEqual(report);
  });

  it('is not taken so where the suite has 80 bits', () => {
    const { protectedReport, keyAndSalt } = reportScene();
    const receiver = new SrtpUnprotect({ suite: 'AES_CM_128_HMAC_SHA1_80', keyAndSalt });
    const whole = protectedReport();
    expect(receiver.unprotect(cut(whole))).toBeUndefined();
    expect(receiver.unprotect(whole)).toEqual(report);
  });
});
