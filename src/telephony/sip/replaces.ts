import { parseParams } from './parse-params.ts';
import { SipParseError } from './sip-parse-error.ts';

/** Names the dialog that a new call takes the place of, as whoever is to give it up knows it (RFC 3891). */
export interface Replaces {
  readonly callId: string;
  /** The tag of the side that gets the INVITE. */
  readonly toTag: string;
  readonly fromTag: string;
  /** Only while that call rings. */
  readonly earlyOnly: boolean;
}

const MAX_LENGTH = 1024;
const CALL_ID = /^[\w\-.!%*+`'~()<>:\\/"[\]?{}@]+$/;

/** Reads a Replaces value (RFC 3891 section 6.1). @throws SipParseError 400 */
export function parseReplaces(text: string): Replaces {
  const semicolon = text.indexOf(';');
  const callId = text.slice(0, semicolon).trim();
  if (semicolon === -1 || text.length > MAX_LENGTH || !CALL_ID.test(callId)) throw invalid();
  const params = parseParams(text.slice(semicolon));
  const toTag = params.get('to-tag');
  const fromTag = params.get('from-tag');
  // A peer of RFC 2543 has no tag; the tag 0 stands for that.
  if (!toTag || !fromTag) throw invalid();
  return { callId, toTag, fromTag, earlyOnly: params.has('early-only') };
}

/** The counterpart of `parseReplaces`. */
export function writeReplaces({ callId, toTag, fromTag, earlyOnly }: Replaces): string {
  return `${callId};to-tag=${toTag};from-tag=${fromTag}${earlyOnly ? ';early-only' : ''}`;
}

function invalid(): SipParseError {
  return new SipParseError(400, 'Replaces is not valid');
}
