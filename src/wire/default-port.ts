import type { WireKind } from './wire.ts';

/** The port of SIP when none is named (RFC 3261 section 19.1.2). */
export function defaultPort(kind: WireKind): number {
  return kind === 'tls' ? 5061 : 5060;
}
