import { ABILITIES, ALLOWED_METHODS } from './core.ts';
import { isKnownMethod } from './known-methods.ts';
import type { ReplyOptions } from './make-response.ts';
import type { SipRequest } from './message.ts';
import { SUPPORTED } from './option-tags.ts';
import { READABLE_TYPES } from './read-body.ts';
import { splitList } from './split-list.ts';

export interface Reply {
  readonly status: number;
  readonly options?: ReplyOptions;
}

const abilities: ReplyOptions = {
  headers: [...ABILITIES, ['Accept', READABLE_TYPES]],
};

/**
 * The reply to a request that asks for extensions that we lack (RFC 3261 section 8.2.2.3); undefined when it asks for
 * none of these.
 * @throws SipParseError 400
 */
export function refuseExtensions(request: SipRequest): Reply | undefined {
  const lacking = splitList(request.headers.all('Require')).filter((option) => !SUPPORTED.includes(option.toLowerCase()));
  return lacking.length === 0 ? undefined : { status: 420, options: { headers: [['Unsupported', lacking.join(', ')]] } };
}

/** The reply to a method that means the same inside and outside of a dialog, or that we do not support. */
export function methodReply(method: string): Reply {
  switch (method) {
    case 'OPTIONS':
      return { status: 200, options: abilities };
    case 'REFER':
      // Only whom we talk to may ask us to call somebody else.
      return { status: 403 };
    case 'NOTIFY':
    case 'SUBSCRIBE':
      // We have no event packages (RFC 6665 section 8.3.2).
      return { status: 489 };
    default:
      // RFC 3261 sections 21.4.6 and 21.5.2.
      return { status: isKnownMethod(method) ? 405 : 501, options: { headers: [['Allow', ALLOWED_METHODS]] } };
  }
}
