import { HeaderList } from './header-list.ts';
import { emptyBody, type SipRequest, type SipResponse } from './message.ts';
import { reasonPhrase } from './reason-phrase.ts';

/** What a response carries beside the headers that every response repeats from its request. */
export interface ReplyOptions {
  /** The words after the status; the usual ones when absent. */
  readonly reason?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** A session description. */
  readonly sdp?: string;
}

const REPEATED = ['From', 'To', 'Call-ID', 'CSeq'];
const REPEATED_ON_100 = [...REPEATED, 'Timestamp'];

/**
 * A response to `request` (RFC 3261 section 8.2.6). `topVia` stands for the topmost Via line; `toTag` is added to To when the
 * request has none, except on 100. What the request lacks is left out.
 */
export function makeResponse(request: SipRequest, status: number, topVia: string, toTag: string, options: ReplyOptions = {}): SipResponse {
  const headers = new HeaderList();
  const { headers: received } = request;
  headers.add('Via', topVia);
  const vias = received.all('Via');
  for (let index = 1; index < vias.length; index++) headers.add('Via', vias[index] ?? '');
  // RFC 3261 section 12.1.1: a response that makes a dialog repeats the Record-Route lines.
  if (request.method === 'INVITE' && status > 100 && status < 300) {
    for (const route of received.all('Record-Route')) headers.add('Record-Route', route);
  }
  for (const name of status === 100 ? REPEATED_ON_100 : REPEATED) {
    const value = received.first(name);
    if (value === undefined) continue;
    headers.add(name, name === 'To' && status !== 100 ? withTag(value, toTag) : value);
  }
  for (const [name, value] of options.headers ?? []) headers.add(name, value);
  if (options.sdp !== undefined) headers.add('Content-Type', 'application/sdp');
  const body = options.sdp === undefined ? emptyBody : Buffer.from(options.sdp);
  return { kind: 'response', status, reason: options.reason ?? reasonPhrase(status), headers, body };
}

function withTag(to: string, tag: string): string {
  return hasTag(to) ? to : `${to};tag=${tag}`;
}

/** Whether a From or To line has a tag parameter. Only looks behind the address, where header parameters stand. */
function hasTag(line: string): boolean {
  return /;\s*tag\s*=/i.test(line.slice(line.lastIndexOf('>') + 1));
}
