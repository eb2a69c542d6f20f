import { lowered, trimmed } from './char-set.ts';
import { SipParseError } from './sip-parse-error.ts';
import { splitAt } from './split-list.ts';
import { isToken, unquote } from './token.ts';

const MAX_PARAMS = 100;
const none: ReadonlyMap<string, string> = new Map();

/**
 * Reads `;name=value;flag` (RFC 3261 section 25.1, generic-param). Names are lower case, quoted values are unquoted, a flag has
 * the value ''.
 * @throws SipParseError 400 for a name that is no token, a name given twice, or a quote that does not close.
 */
export function parseParams(text: string): ReadonlyMap<string, string> {
  if (text === '') return none;
  const params = new Map<string, string>();
  splitAt(text, ';', (part) => {
    const equals = part.indexOf('=');
    const name = lowered(trimmed(equals === -1 ? part : part.slice(0, equals)));
    if (!isToken(name)) throw new SipParseError(400, 'A parameter has no proper name');
    if (params.has(name) || params.size === MAX_PARAMS) throw new SipParseError(400, 'A parameter is given twice, or there are too many');
    params.set(name, equals === -1 ? '' : unquote(trimmed(part.slice(equals + 1))));
  });
  return params;
}
