/** The bytes of an RTCP packet that stay readable: header and source (RFC 3711 section 3.4). */
export const RTCP_PLAIN_BYTES = 8;
/** The flag before the SRTCP index that says that the packet is encrypted. */
export const RTCP_ENCRYPTED = 0x8000_0000;

/** Whether a packet that shares a port with RTP is RTCP, by its packet type (RFC 5761 section 4). */
export function isRtcp(bytes: Uint8Array): boolean {
  const type = bytes[1] ?? 0;
  return type >= 192 && type <= 223;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
