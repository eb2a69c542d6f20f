import { parseUri } from './uri.ts';

/** The user part of a SIP URI, or the number of a tel URI, in the words of whoever wrote it; '' when there is none. */
export function userOfUri(uri: string): string {
  try {
    return parseUri(uri).user ?? '';
  } catch {
    return '';
  }
}
