import { isUriText } from './token.ts';
import { SipWriteError } from './write-message.ts';

/** `uri` in angle brackets, as From, To and Contact have it. @throws SipWriteError for a text that would end the brackets. */
export function addressOfUri(uri: string): string {
  if (!isUriText(uri)) throw new SipWriteError('A URI is not valid');
  return `<${uri}>`;
}
