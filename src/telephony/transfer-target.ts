import { canonicalAddress } from '../wire/ip-address.ts';
import type { DialogState } from './sip/dialog-state.ts';
import { writeHostPort } from './sip/host-port.ts';
import { parseNameAddress } from './sip/parse-address.ts';
import type { ReferTarget } from './sip/refer-to.ts';
import { SipParseError } from './sip/sip-parse-error.ts';
import { parseUri } from './sip/uri.ts';

const NUMBER = /^\+?[0-9*#]{1,32}$/;

/**
 * Whom the peer of a dialog is asked to call: a SIP, SIPS or tel URI as it is, a number at the host that the peer itself is of, which is
 * where numbers of its trunk are. @throws SipParseError when it is neither.
 */
export function referTargetOf(to: string, { remote }: DialogState): ReferTarget {
  if (!NUMBER.test(to)) return { uri: to };
  const { host, port } = parseUri(parseNameAddress(remote).uri);
  return { uri: host === '' ? `tel:${to}` : `sip:${to.replaceAll('#', '%23')}@${writeHostPort(host, port)}` };
}

/**
 * The other side of a dialog, to be called in our place (RFC 5589 section 7.3) by the peer of the dialog `asked`. `called` is the number, or the
 * name of the user, that we have called there.
 *
 * The URI is the Contact of who was called. A peer that takes no notice of Replaces calls it as it would any other, at the cost of whom the call
 * with us is. So it may name nobody but `called` where it reads as a number, or is at a host of that peer or of ours.
 * @throws SipParseError 403 when it does
 */
export function peerOf({ remoteTarget, callId, remoteTag, localTag }: DialogState, called: string, asked: DialogState): ReferTarget {
  if (!isOf(called, remoteTarget, asked)) throw new SipParseError(403, 'The address of who was called may be that of somebody else');
  return { uri: remoteTarget, replaces: { callId, toTag: remoteTag, fromTag: localTag, earlyOnly: false } };
}

function isOf(called: string, target: string, asked: DialogState): boolean {
  const { user, host, params } = parseUri(target);
  if (user === undefined || user === called) return true;
  const [name = ''] = user.split(/[;,]/, 1);
  const number = name.replace(/[\s().-]/g, '');
  if (NUMBER.test(number)) return digitsOf(number) === digitsOf(called);
  // Phones tell their calls apart by something behind their name.
  if (name.startsWith(`${called}-`)) return true;
  const uris = [asked.remoteTarget, asked.contact, parseNameAddress(asked.remote).uri, parseNameAddress(asked.local).uri];
  const { address, serverName = address } = asked.nextHop;
  const hosts = new Set([...uris.map((uri) => parseUri(uri).host), address, serverName].map(spelled));
  return ![host, params.get('maddr') ?? host].some((one) => hosts.has(spelled(one)));
}

const digitsOf = (number: string): string => number.replace(/^\+/, '');

/** A host in the one spelling in which it is compared. */
const spelled = (host: string): string => canonicalAddress(host.toLowerCase().replace(/\.$/, ''));
