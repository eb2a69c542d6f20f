/**
 * Whether a status tells only of the server that sent it, so that another server of the same domain may do better (RFC 3263 section 4.3): it cannot
 * serve (503), or has lost what is behind it (408).
 */
export function isServerFailure(status: number): boolean {
  return status === 503 || status === 408;
}
