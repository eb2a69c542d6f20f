import type { DialogState } from './dialog-state.ts';
import { HeaderList } from './header-list.ts';
import { MAX_FORWARDS } from './max-forwards.ts';
import { emptyBody, type SipRequest } from './message.ts';
import { routeOf } from './next-hop.ts';

/** What a request carries, and its Content-Type. */
export interface MessageBody {
  readonly type: string;
  readonly text: string;
}

/** The body of a session description, if there is one. */
export function sdpBody(sdp: string | undefined): MessageBody | undefined {
  return sdp === undefined ? undefined : { type: 'application/sdp', text: sdp };
}

/** A request inside a dialog (RFC 3261 section 12.2.1.1). An ACK has the CSeq number of its INVITE. */
export function dialogRequest(
  state: DialogState,
  method: string,
  cSeq: number,
  product: string,
  extra: readonly (readonly [name: string, value: string])[] = [],
  body?: MessageBody,
): SipRequest {
  const { uri, routes } = routeOf(state);
  const headers = new HeaderList();
  for (const route of routes) headers.add('Route', route);
  headers.add('Max-Forwards', String(MAX_FORWARDS));
  headers.add('From', state.local);
  headers.add('To', state.remote);
  headers.add('Call-ID', state.callId);
  headers.add('CSeq', `${cSeq} ${method}`);
  headers.add('User-Agent', product);
  for (const [name, value] of extra) headers.add(name, value);
  if (body) headers.add('Content-Type', body.type);
  return { kind: 'request', method, uri, headers, body: body ? Buffer.from(body.text) : emptyBody };
}
