/** From the beginning of NTP time, 1900, to that of Unix, in seconds. */
const UNIX_EPOCH_SECONDS = 2_208_988_800;

/** A moment as RTCP carries it (RFC 3550 section 4): seconds since 1900, and their 2^-32ths. */
export interface NtpTime {
  readonly seconds: number;
  readonly fraction: number;
}

/** `unixMs` is in ms since 1970. */
export function ntpTime(unixMs: number): NtpTime {
  const wholeSeconds = Math.floor(unixMs / 1000);
  return {
    seconds: (wholeSeconds + UNIX_EPOCH_SECONDS) >>> 0,
    fraction: Math.floor(((unixMs - wholeSeconds * 1000) / 1000) * 0x1_0000_0000),
  };
}

/** The middle 32 bits: 1/65536 s, beginning anew every 18 hours. */
export function shortNtp({ seconds, fraction }: NtpTime): number {
  return (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0;
}

/** From 1/65536 s to ms, and back. */
export const shortUnitsPerMs = 65.536;
