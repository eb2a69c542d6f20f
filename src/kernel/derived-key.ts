import { hkdfSync } from 'node:crypto';

/** A key of 32 bytes for one purpose, from the secret that servers share (HKDF with SHA-256, RFC 5869). */
export function derivedKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'ringflow', purpose, 32));
}
