import { seededRandom } from '../../src/kernel/random.ts';
import { RTP_HEADER_BYTES, writeRtpHeader } from '../../src/telephony/rtp/packet.ts';
import { SrtpProtect } from '../../src/telephony/rtp/srtp-protect.ts';
import { masterBytes } from '../../src/telephony/rtp/srtp-suite.ts';
import { SrtpUnprotect } from '../../src/telephony/rtp/srtp-unprotect.ts';

/** Packets of 20 ms in a second of a call, each way. */
const PACKETS_PER_SECOND = 50;
const CALL_SECONDS = 1000;
const suite = 'AES_CM_128_HMAC_SHA1_80';

/**
 * What it takes to protect and unprotect a second of RTP, in ms of CPU, packet after packet with nothing in between: the part of SRTP in a call that
 * no socket and no other call adds to. One value per round, after one to warm up.
 */
export function measureSrtpCipher(rounds: number): number[] {
  const keyAndSalt = seededRandom(1).bytes(masterBytes(suite));
  const protect = new SrtpProtect({ suite, keyAndSalt });
  const unprotect = new SrtpUnprotect({ suite, keyAndSalt });
  const packet = new Uint8Array(RTP_HEADER_BYTES + 160).fill(0x55);
  let sequence = 0;
  const round = (): number => {
    const before = process.cpuUsage();
    for (let sent = 0; sent < CALL_SECONDS * PACKETS_PER_SECOND; sent++, sequence++) {
      writeRtpHeader(packet, false, 0, sequence & 0xffff, (sequence * 160) >>> 0, 1);
      const srtp = protect.protect(packet);
      if (!srtp || !unprotect.unprotect(srtp)) throw new Error('A packet of SRTP was refused');
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / CALL_SECONDS;
  };
  round();
  return Array.from({ length: rounds }, round);
}
