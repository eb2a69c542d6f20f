import { isIP } from 'node:net';

/** A host name (RFC 1123 section 2.1) or an IP address. A name of digits and dots only would be taken for an address. */
export function isSipHost(text: string): boolean {
  if (isIP(text) !== 0) return true;
  if (text.length > 253 || /^[0-9.]+$/.test(text)) return false;
  return text.split('.').every((label) => /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label));
}
