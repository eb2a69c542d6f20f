/** What a caller may be called when it is no number. */
const ADDRESS_LENGTH = 64;
export const NO_NAME = 'anonymous';

/** A text of somebody else as the address of a session: short, and without what cannot be stored. */
export function addressOf(user: string): string {
  const text = user.replace(/\p{Cc}|\p{Cs}/gu, '').slice(0, ADDRESS_LENGTH);
  return text === '' ? NO_NAME : text;
}
