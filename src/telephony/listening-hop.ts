import { defaultPort } from '../wire/default-port.ts';
import { canonicalAddress } from '../wire/ip-address.ts';
import type { WireKind } from '../wire/wire.ts';
import { parseNameAddress } from './sip/parse-address.ts';
import type { Hop } from './sip/transport.ts';
import { parseUri, type SipUri } from './sip/uri.ts';
import type { Binding } from './sip-users.ts';

/**
 * Where a phone, or the proxy that it registered through, says that it listens, when a connection can be opened to there: at the very address that
 * its REGISTER came from, so that there is no NAT before it and nobody is named who has nothing to do with it, and at another port than the one from
 * which it had connected. What was encrypted stays so.
 */
export function listeningHop({ contact, path, source }: Pick<Binding, 'contact' | 'path' | 'source'>): Hop | undefined {
  const uri = readUri(contact, path[0]);
  if (uri === undefined || uri.scheme === 'tel') return undefined;
  const transport = uri.scheme === 'sips' ? 'tls' : wireKindOf(uri.params.get('transport') ?? source.transport);
  if (transport === undefined || (source.transport === 'tls' && transport !== 'tls')) return undefined;
  const port = uri.port ?? defaultPort(transport);
  const isElsewhere = canonicalAddress(uri.params.get('maddr') ?? uri.host) !== source.address;
  if (isElsewhere || (port === source.port && transport === source.transport)) return undefined;
  return { address: source.address, port, transport };
}

function readUri(contact: string, proxy: string | undefined): SipUri | undefined {
  try {
    return parseUri(proxy === undefined ? contact : parseNameAddress(proxy).uri);
  } catch {
    return undefined;
  }
}

function wireKindOf(text: string): WireKind | undefined {
  const kind = text.toLowerCase();
  return kind === 'udp' || kind === 'tcp' || kind === 'tls' ? kind : undefined;
}
