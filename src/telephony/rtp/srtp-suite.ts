/** The names by which SDP knows the ways to protect RTP (RFC 4568 section 6.2, RFC 6188 section 4). */
export type SrtpSuite = 'AES_CM_128_HMAC_SHA1_80' | 'AES_256_CM_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_32';

/** Sizes in bytes. SRTCP always has a tag of 10 bytes (RFC 4568 section 6.2.2). */
export const srtpSuites: Readonly<Record<SrtpSuite, { readonly keyBytes: number; readonly tagBytes: number }>> = {
  AES_CM_128_HMAC_SHA1_80: { keyBytes: 16, tagBytes: 10 },
  AES_256_CM_HMAC_SHA1_80: { keyBytes: 32, tagBytes: 10 },
  AES_CM_128_HMAC_SHA1_32: { keyBytes: 16, tagBytes: 4 },
};

export const SRTP_SALT_BYTES = 14;
export const SRTCP_TAG_BYTES = 10;

/** A master key with its master salt behind it, as SDP carries them. Secret: never log it. */
export interface SrtpMaster {
  readonly suite: SrtpSuite;
  readonly keyAndSalt: Uint8Array;
}

/** How the RTP of one stream is protected: each direction has a master key of its own. */
export interface SrtpKeys {
  readonly suite: SrtpSuite;
  /** What we protect with. */
  readonly send: Uint8Array;
  /** What the peer protects with. */
  readonly receive: Uint8Array;
}

/** How many bytes the master key and the master salt of a suite have together. */
export function masterBytes(suite: SrtpSuite): number {
  return srtpSuites[suite].keyBytes + SRTP_SALT_BYTES;
}
