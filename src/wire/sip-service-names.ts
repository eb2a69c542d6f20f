import type { NaptrRecord } from './dns.ts';
import type { WireKind } from './wire.ts';

const NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*$/i;
const SERVICES: ReadonlyMap<string, WireKind> = new Map([
  ['sip+d2u', 'udp'],
  ['sip+d2t', 'tcp'],
  ['sips+d2t', 'tls'],
]);

/** What stands before a domain in the name of its SRV records, by transport (RFC 3263 section 4.1). */
export const SRV_NAMES: Readonly<Record<WireKind, string>> = { udp: '_sip._udp', tcp: '_sip._tcp', tls: '_sips._tcp' };

/** Whether a text, without a dot at its end, can be a name that name servers are asked for. */
export function isHostName(text: string): boolean {
  return NAME.test(text);
}

/** The SRV records that a NAPTR record leads to; undefined when it is for no SIP service that we know (RFC 3263 section 4.1). */
export function srvNameOf({
  flags,
  service,
  replacement,
}: NaptrRecord): { readonly name: string; readonly transport: WireKind } | undefined {
  const transport = SERVICES.get(service.toLowerCase());
  const name = replacement.replace(/\.$/, '');
  return flags.toLowerCase() === 's' && transport !== undefined && isHostName(name) ? { name, transport } : undefined;
}
