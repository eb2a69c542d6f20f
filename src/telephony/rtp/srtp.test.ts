import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtectionProfileAes128CmHmacSha1_80, RtcpHeader, RtpHeader, SrtcpSession, SrtpSession } from 'werift-rtp';
import { seededRandom } from '../../kernel/random.ts';
import { writeRtpHeader } from './packet.ts';
import { SrtpCipher } from './srtp-cipher.ts';
import { SrtpProtect } from './srtp-protect.ts';
import { deriveSessionKeys } from './srtp-session-keys.ts';
import { masterBytes, type SrtpMaster, type SrtpSuite, srtpSuites } from './srtp-suite.ts';
import { SrtpUnprotect } from './srtp-unprotect.ts';

const SSRC = 0xcafe_babe;
const suites = Object.keys(srtpSuites).filter((name): name is SrtpSuite => name in srtpSuites);
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

function masterOf(suite: SrtpSuite, seed = 1): SrtpMaster {
  return { suite, keyAndSalt: seededRandom(seed).bytes(masterBytes(suite)) };
}

function packetOf(sequence: number, payload: Uint8Array = new Uint8Array(160).fill(sequence), ssrc = SSRC): Uint8Array {
  const packet = new Uint8Array(12 + payload.length);
  writeRtpHeader(packet, false, 0, sequence & 0xffff, 160 * sequence, ssrc);
  packet.set(payload, 12);
  return packet;
}

/** A receiver report of `ssrc`, with `more` bytes behind it. */
function reportOf(ssrc: number, more: Uint8Array): Uint8Array {
  const report = new Uint8Array(8 + more.length);
  const view = new DataView(report.buffer);
  view.setUint16(0, 0x80c9);
  view.setUint16(2, report.length / 4 - 1);
  view.setUint32(4, ssrc);
  report.set(more, 8);
  return report;
}

/** Both directions; what comes out is copied, since the next packet overwrites it. */
function pairOf(suite: SrtpSuite): {
  protect: (packet: Uint8Array) => Uint8Array;
  unprotect: (packet: Uint8Array) => Uint8Array | undefined;
} {
  const sender = new SrtpProtect(masterOf(suite));
  const receiver = new SrtpUnprotect(masterOf(suite));
  return {
    protect: (packet) => sender.protect(packet)?.slice() ?? new Uint8Array(0),
    unprotect: (packet) => receiver.unprotect(Uint8Array.from(packet))?.slice(),
  };
}

describe('a protected packet', () => {
  test('is the one of the reference implementation', () => {
    const master: SrtpMaster = {
      suite: 'AES_CM_128_HMAC_SHA1_80',
      keyAndSalt: bytes('e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6'),
    };
    const plain = bytes(`800f1234decafbadcafebabe${'ab'.repeat(16)}`);
    const srtp = bytes('800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb');
    expect(new SrtpProtect(master).protect(plain)).toEqual(srtp);
    expect(new SrtpUnprotect(master).unprotect(srtp)).toEqual(plain);
  });

  test.each(suites)('comes back as it was, with a tag of its suite and nothing to be read: %s', (suite) => {
    const { protect, unprotect } = pairOf(suite);
    for (let sequence = 65_000; sequence < 66_500; sequence++) {
      const plain = packetOf(sequence);
      const srtp = protect(plain);
      expect(srtp.length).toBe(plain.length + srtpSuites[suite].tagBytes);
      expect(srtp.subarray(0, 12)).toEqual(plain.subarray(0, 12));
      expect(srtp.subarray(12, 172)).not.toEqual(plain.subarray(12));
      expect(unprotect(srtp)).toEqual(plain);
    }
  });

  test('comes back when it was protected a little late, also from before a turn of the sequence', () => {
    const { protect, unprotect } = pairOf('AES_CM_128_HMAC_SHA1_80');
    const order = [
      65_530, 65_532, 65_531, 65_535, 65_536, 65_534, 65_538, 65_533, 65_537, 65_540, 65_539, 131_000, 131_073, 131_071, 131_074,
    ];
    // No step is longer than half a turn, as a receiver needs it.
    order.splice(11, 0, 90_000, 110_000);
    for (const sequence of order) expect(unprotect(protect(packetOf(sequence)))).toEqual(packetOf(sequence));
  });

  test("is none when it comes from before the first one: its place would be another packet's", () => {
    const sender = new SrtpProtect(masterOf('AES_CM_128_HMAC_SHA1_80'));
    expect(sender.protect(packetOf(3))).toBeDefined();
    expect(sender.protect(packetOf(65_535))).toBeUndefined();
    expect(sender.protect(packetOf(4))).toBeDefined();
  });

  test('is refused when any bit is changed, and taken when it was not', () => {
    const { protect, unprotect } = pairOf('AES_CM_128_HMAC_SHA1_32');
    const plain = packetOf(7, new Uint8Array(20));
    const srtp = protect(plain);
    for (let bit = 0; bit < srtp.length * 8; bit++) {
      const changed = srtp.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(unprotect(changed)).toBeUndefined();
    }
    expect(unprotect(srtp)).toEqual(plain);
  });

  test('is refused with another key, cut short or in clear', () => {
    const { protect, unprotect } = pairOf('AES_CM_128_HMAC_SHA1_80');
    const plain = packetOf(7);
    const srtp = protect(plain);
    expect(new SrtpUnprotect(masterOf('AES_CM_128_HMAC_SHA1_80', 2)).unprotect(srtp)).toBeUndefined();
    for (let length = 0; length < srtp.length; length++) expect(unprotect(srtp.subarray(0, length))).toBeUndefined();
    expect(unprotect(plain)).toBeUndefined();
    expect(unprotect(srtp)).toEqual(plain);
  });

  test('is refused when its header reaches into the tag, though whoever made it has the key', () => {
    const master = masterOf('AES_CM_128_HMAC_SHA1_80');
    const signed = new Uint8Array(16);
    writeRtpHeader(signed, false, 0, 7, 160, SSRC);
    for (const sources of [0, 1]) {
      signed[0] = 0x80 | sources;
      const tag = new SrtpCipher(deriveSessionKeys(master, 'rtp')).tag(signed).subarray(0, 10);
      const taken = new SrtpUnprotect(master).unprotect(Uint8Array.of(...signed.subarray(0, 12), ...tag));
      expect(taken?.length).toBe(sources === 0 ? 12 : undefined);
    }
  });

  test('is taken once, and not when it is far behind', () => {
    const { protect, unprotect } = pairOf('AES_CM_128_HMAC_SHA1_80');
    const sent = Array.from({ length: 300 }, (_, sequence) => protect(packetOf(sequence)));
    const taken = (sequence: number): boolean => unprotect(sent[sequence] ?? new Uint8Array(0)) !== undefined;
    expect([taken(0), taken(0), taken(2), taken(1), taken(1), taken(2)]).toEqual([true, false, true, true, false, false]);
    expect(taken(250)).toBe(true);
    expect([taken(250 - 127), taken(250 - 127), taken(250 - 128), taken(3)]).toEqual([true, false, false, false]);
  });

  test('is decrypted around the wrap of the sequence, late ones too', () => {
    const { protect, unprotect } = pairOf('AES_CM_128_HMAC_SHA1_80');
    const sent = Array.from({ length: 40 }, (_, step) => protect(packetOf(65_516 + step)));
    const order = [0, 1, 25, 5, 19, 20, 39, 21, 2];
    for (const step of order) expect(unprotect(sent[step] ?? new Uint8Array(0))).toEqual(packetOf(65_516 + step));
    for (const step of order) expect(unprotect(sent[step] ?? new Uint8Array(0))).toBeUndefined();
  });

  test('goes on after several wraps', () => {
    const { protect, unprotect } = pairOf('AES_CM_128_HMAC_SHA1_80');
    let heard = 0;
    for (let sequence = 30_000; sequence < 5 * 65_536; sequence += 97) {
      const plain = packetOf(sequence, new Uint8Array(4));
      const srtp = protect(plain);
      expect(unprotect(srtp)).toEqual(plain);
      heard++;
    }
    expect(heard).toBeGreaterThan(3000);
  });

  test('may come from several sources, but not from any number', () => {
    const { protect, unprotect } = pairOf('AES_CM_128_HMAC_SHA1_80');
    const taken = Array.from({ length: 70 }, (_, source) => unprotect(protect(packetOf(5, new Uint8Array(4), source))) !== undefined);
    expect(taken.filter(Boolean).length).toBe(64);
    expect(unprotect(protect(packetOf(6, new Uint8Array(4), 0)))).toBeDefined();
  });

  test.each([
    ['AES_CM_128_HMAC_SHA1_80', 30, 10],
    ['AES_256_CM_HMAC_SHA1_80', 46, 10],
    ['AES_CM_128_HMAC_SHA1_32', 30, 4],
  ] as const)(
    'of %s has a master key of %i bytes and a tag of %i (RFC 4568 section 6.2, RFC 6188 section 4)',
    (suite, keyBytes, tagBytes) => {
      const keyAndSalt = seededRandom(1).bytes(keyBytes);
      expect(new SrtpProtect({ suite, keyAndSalt }).protect(packetOf(1))?.length).toBe(172 + tagBytes);
      for (const wrong of [keyAndSalt.subarray(1), new Uint8Array(keyBytes + 1)]) {
        expect(() => new SrtpProtect({ suite, keyAndSalt: wrong })).toThrow(RangeError);
        expect(() => new SrtpUnprotect({ suite, keyAndSalt: wrong })).toThrow(RangeError);
      }
    },
  );

  test('is refused when it is longer than any network carries', () => {
    const receiver = new SrtpUnprotect(masterOf('AES_CM_128_HMAC_SHA1_80'));
    for (const type of [0, 200]) {
      for (const length of [2048, 2049, 2053, 65_535]) {
        const packet = new Uint8Array(length);
        packet.set([0x80, type]);
        expect(receiver.unprotect(packet)).toBeUndefined();
      }
    }
  });

  test('is not made of what is no packet or too long', () => {
    const sender = new SrtpProtect(masterOf('AES_CM_128_HMAC_SHA1_80'));
    expect(sender.protect(new Uint8Array(11))).toBeUndefined();
    expect(sender.protect(packetOf(1, new Uint8Array(2040)))).toBeUndefined();
    expect(sender.protect(packetOf(1, new Uint8Array(2000)))).toBeDefined();
  });
});

describe('a protected report', () => {
  test.each(suites)('comes back as it was, once: %s', (suite) => {
    const { protect, unprotect } = pairOf(suite);
    for (let step = 0; step < 10; step++) {
      const plain = reportOf(9, new Uint8Array(24).fill(step));
      const srtcp = protect(plain);
      expect(srtcp.length).toBe(plain.length + 14);
      const changed = srtcp.slice();
      changed[10 + step] = (changed[10 + step] ?? 0) ^ 1;
      expect(unprotect(changed)).toBeUndefined();
      expect(unprotect(srtcp)).toEqual(plain);
      expect(unprotect(srtcp)).toBeUndefined();
    }
  });
});

test('a report that is signed and not encrypted is taken as it is (RFC 3711 section 3.4)', () => {
  const master = masterOf('AES_CM_128_HMAC_SHA1_80');
  const plain = reportOf(9, new Uint8Array(24).fill(5));
  const signed = new Uint8Array(plain.length + 4);
  signed.set(plain);
  signed[signed.length - 1] = 1;
  const tag = new SrtpCipher(deriveSessionKeys(master, 'rtcp')).tag(signed).subarray(0, 10);
  const receiver = new SrtpUnprotect(master);
  expect(receiver.unprotect(Uint8Array.of(...signed, ...tag))).toEqual(plain);
  expect(receiver.unprotect(Uint8Array.of(...signed, ...tag))).toBeUndefined();
});

describe('beside another implementation', () => {
  const suite = 'AES_CM_128_HMAC_SHA1_80';
  const profile = ProtectionProfileAes128CmHmacSha1_80;
  const halves = (keyAndSalt: Uint8Array): [Buffer, Buffer] => [
    Buffer.from(keyAndSalt.subarray(0, 16)),
    Buffer.from(keyAndSalt.subarray(16)),
  ];

  test('RTP is the same both ways', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 30, maxLength: 30 }),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.integer({ min: 0, max: 0xffff }),
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { minLength: 1, maxLength: 5 }),
        (keyAndSalt, ssrc, first, payloads) => {
          const [localMasterKey, localMasterSalt] = halves(keyAndSalt);
          const keys = { localMasterKey, localMasterSalt, remoteMasterKey: localMasterKey, remoteMasterSalt: localMasterSalt };
          const theirs = new SrtpSession({ keys, profile });
          const protect = new SrtpProtect({ suite, keyAndSalt });
          const unprotect = new SrtpUnprotect({ suite, keyAndSalt });
          payloads.forEach((payload, step) => {
            const plain = packetOf(first + step, payload, ssrc);
            const header = RtpHeader.deSerialize(Buffer.from(plain));
            const encrypted = Uint8Array.from(theirs.encrypt(Buffer.from(payload), header));
            expect(protect.protect(plain)?.slice()).toEqual(encrypted);
            expect(unprotect.unprotect(Uint8Array.from(encrypted))?.slice()).toEqual(plain);
            expect(Uint8Array.from(theirs.decrypt(Buffer.from(encrypted)))).toEqual(plain);
          });
        },
      ),
      { seed: 3, numRuns: 200 },
    );
  });

  test('RTCP is taken both ways', () => {
    const keyAndSalt = Uint8Array.from(randomBytes(30));
    const [localMasterKey, localMasterSalt] = halves(keyAndSalt);
    const keys = { localMasterKey, localMasterSalt, remoteMasterKey: localMasterKey, remoteMasterSalt: localMasterSalt };
    const theirs = new SrtcpSession({ keys, profile });
    const protect = new SrtpProtect({ suite, keyAndSalt });
    const unprotect = new SrtpUnprotect({ suite, keyAndSalt });
    for (let step = 0; step < 5; step++) {
      const plain = reportOf(7, new Uint8Array(24).fill(step));
      expect(Uint8Array.from(theirs.decrypt(Buffer.from(protect.protect(plain) ?? [])))).toEqual(plain);
      expect(RtcpHeader.deSerialize(Buffer.from(plain)).type).toBe(201);
      expect(unprotect.unprotect(Uint8Array.from(theirs.encrypt(Buffer.from(plain))))?.slice()).toEqual(plain);
    }
  });
});

test('any bytes at all are refused without harm', () => {
  const receiver = new SrtpUnprotect(masterOf('AES_CM_128_HMAC_SHA1_80'));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (noise) => {
      expect(receiver.unprotect(noise)).toBeUndefined();
      if (noise.length > 1) noise.set([0x80, 0xc9]);
      expect(receiver.unprotect(noise)).toBeUndefined();
    }),
    { seed: 4, numRuns: 2000 },
  );
});
