import { addressOfUri } from './address-of-uri.ts';
import { ABILITIES } from './core.ts';
import type { InviteSent } from './dialog-state.ts';
import { HeaderList } from './header-list.ts';
import { MAX_FORWARDS } from './max-forwards.ts';
import { emptyBody, type SipRequest } from './message.ts';
import type { OutgoingInviteRequest } from './outgoing-invite.ts';

/** The INVITE as it leaves, but for its Via; `more` are headers of this attempt only. */
export function inviteRequest(
  request: OutgoingInviteRequest,
  sent: InviteSent,
  product: string,
  more: readonly (readonly [string, string])[],
): SipRequest {
  const headers = new HeaderList();
  headers.add('Max-Forwards', String(request.maxForwards ?? MAX_FORWARDS));
  headers.add('From', `${addressOfUri(request.from)};tag=${sent.localTag}`);
  headers.add('To', addressOfUri(request.toUri));
  headers.add('Call-ID', sent.callId);
  headers.add('CSeq', `${sent.cSeq} INVITE`);
  headers.add('Contact', addressOfUri(sent.contact));
  for (const [name, value] of ABILITIES) headers.add(name, value);
  headers.add('User-Agent', product);
  for (const [name, value] of request.headers ?? []) headers.add(name, value);
  for (const [name, value] of more) headers.add(name, value);
  if (sent.offer !== undefined) headers.add('Content-Type', 'application/sdp');
  const body = sent.offer === undefined ? emptyBody : Buffer.from(sent.offer);
  return { kind: 'request', method: 'INVITE', uri: request.requestUri, headers, body };
}

/** The user part of a URI as written; '' when it has none. */
export function userOf(uri: string): string {
  const at = uri.indexOf('@');
  return at === -1 ? '' : uri.slice(uri.indexOf(':') + 1, at);
}
