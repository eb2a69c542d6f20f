import { isIP } from 'node:net';
import { defaultPort } from '../../wire/default-port.ts';
import { canonicalAddress, isNotPublic } from '../../wire/ip-address.ts';
import type { CanReach, SipDestination } from '../../wire/locate-servers.ts';
import type { WireKind } from '../../wire/wire.ts';
import type { DialogState } from './dialog-state.ts';
import { parseNameAddress } from './parse-address.ts';
import type { Hop } from './transport.ts';
import { parseUri, type SipUri } from './uri.ts';

/** Request-URI and Route lines of a request in a dialog (RFC 3261 section 12.2.1.1). */
export function routeOf(state: DialogState): { readonly uri: string; readonly routes: readonly string[] } {
  const [first, ...others] = state.routeSet;
  if (first === undefined) return { uri: state.remoteTarget, routes: [] };
  const strict = uriOf(first);
  // A first route without `lr` is a strict router of RFC 2543: it wants to be the Request-URI.
  if (strict === undefined || strict.uri.params.has('lr')) return { uri: state.remoteTarget, routes: state.routeSet };
  return { uri: strict.text, routes: [...others, `<${state.remoteTarget}>`] };
}

/**
 * Where requests of a dialog go: to the address that the first route, or else the remote target, names. It is where the INVITE
 * went to or came from instead when that is a host name (see `destinationOf`), when it asks for a transport or is of a family that we do not have, or
 * when it is a private address while the INVITE crossed the public network (a Contact from behind NAT). The transport stays that of
 * the dialog unless the URI asks for another one; what was encrypted stays so, and the peer must prove to be the same. Where the INVITE came
 * from is the only way to its caller: nothing can be connected to the port behind a NAT. Nor to a private Contact of a phone that was called
 * the way that it registered from.
 */
export function hopOf(state: DialogState, canReach: CanReach): Hop {
  const known: Hop = { ...state.nextHop, transport: state.transport, ...(isFlow(state) && { isOnlyWay: true }) };
  const [first] = state.routeSet;
  const uri = first === undefined ? readUri(state.remoteTarget) : uriOf(first)?.uri;
  if (uri === undefined || uri.scheme === 'tel') return known;
  const host = canonicalAddress(uri.params.get('maddr') ?? uri.host);
  const transport = uri.scheme === 'sips' ? 'tls' : wireKindOf(uri.params.get('transport') ?? state.transport);
  if (transport === undefined || (state.transport === 'tls' && transport !== 'tls')) return known;
  const family = isIP(host);
  if ((family !== 4 && family !== 6) || !canReach(transport, family)) return known;
  const isBehindNat = !isNotPublic(known.address) || (first === undefined && state.nextHop.isOnlyWay);
  if (isNotPublic(host) && isBehindNat) return known;
  return { ...state.nextHop, address: host, port: uri.port ?? defaultPort(transport), transport };
}

/**
 * The host name to which requests of a dialog go, to be resolved (RFC 3263): that of the first route, or else of the remote target. Undefined
 * when it is an address, or asks for something that the dialog must not change to.
 */
export function destinationOf(state: DialogState): SipDestination | undefined {
  const [first] = state.routeSet;
  const uri = first === undefined ? readUri(state.remoteTarget) : uriOf(first)?.uri;
  if (uri === undefined || uri.scheme === 'tel') return undefined;
  const host = uri.params.get('maddr') ?? uri.host;
  const transport = uri.scheme === 'sips' ? 'tls' : wireKindOf(uri.params.get('transport') ?? state.transport);
  if (isIP(host) !== 0 || transport === undefined || (state.transport === 'tls' && transport !== 'tls')) return undefined;
  return { host, port: uri.port, transport };
}

/**
 * Where the peer of a dialog is after a message of it came from `source`, when it is known by where it has begun the dialog or registered from: its NAT
 * may have given it another port, or it may have had to connect anew.
 */
export function nextHopAfter({ role, transport, nextHop }: DialogState, source: Hop): DialogState['nextHop'] {
  const isFollowed = role === 'uas' || (transport === 'udp' && nextHop.isOnlyWay === true);
  const isThere = source.transport === transport && source.address === nextHop.address;
  const moved = isFollowed && isThere && source.port !== nextHop.port;
  return moved ? { ...nextHop, port: source.port } : nextHop;
}

/** Whether what is known of the peer is the source of its INVITE over UDP, which need not be where it listens. */
function isFlow({ role, transport }: DialogState): boolean {
  return role === 'uas' && transport === 'udp';
}

function wireKindOf(transport: string): WireKind | undefined {
  const kind = transport.toLowerCase();
  return kind === 'udp' || kind === 'tcp' || kind === 'tls' ? kind : undefined;
}

function uriOf(route: string): { text: string; uri: SipUri } | undefined {
  try {
    const text = parseNameAddress(route).uri;
    return { text, uri: parseUri(text) };
  } catch {
    return undefined;
  }
}

function readUri(text: string): SipUri | undefined {
  try {
    return parseUri(text);
  } catch {
    return undefined;
  }
}
