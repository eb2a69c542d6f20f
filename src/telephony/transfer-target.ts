import type { DialogState } from './sip/dialog-state.ts';
import { writeHostPort } from './sip/host-port.ts';
import { parseNameAddress } from './sip/parse-address.ts';
import type { ReferTarget } from './sip/refer-to.ts';
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

/** The other side of a dialog, to be called in our place (RFC 5589 section 7.3). */
export function peerOf({ remoteTarget, callId, remoteTag, localTag }: DialogState): ReferTarget {
  return { uri: remoteTarget, replaces: { callId, toTag: remoteTag, fromTag: localTag, earlyOnly: false } };
}
