import { HeaderList } from './header-list.ts';
import { MAX_FORWARDS } from './max-forwards.ts';
import { emptyBody, type SipRequest } from './message.ts';
import { parseCSeq } from './parse-cseq.ts';

/**
 * The CANCEL of an INVITE, or the ACK to its non-2xx response: same Request-URI, Call-ID, From, CSeq number and route
 * (RFC 3261 sections 9.1 and 17.1.1.3). `to` is that of the response for an ACK, that of the INVITE for a CANCEL; `reason` is the value of
 * Reason (RFC 3326).
 */
export function relatedRequest(invite: SipRequest, method: 'ACK' | 'CANCEL', to: string, reason?: string): SipRequest {
  const headers = new HeaderList();
  for (const route of invite.headers.all('Route')) headers.add('Route', route);
  headers.add('Max-Forwards', String(MAX_FORWARDS));
  headers.add('From', invite.headers.first('From') ?? '');
  headers.add('To', to);
  headers.add('Call-ID', invite.headers.first('Call-ID') ?? '');
  headers.add('CSeq', `${parseCSeq(invite.headers.first('CSeq') ?? '').number} ${method}`);
  if (reason !== undefined) headers.add('Reason', reason);
  return { kind: 'request', method, uri: invite.uri, headers, body: emptyBody };
}
