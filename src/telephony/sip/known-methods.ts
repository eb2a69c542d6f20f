const METHODS = new Set([
  ...['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'REGISTER'],
  ...['INFO', 'UPDATE', 'PRACK', 'SUBSCRIBE', 'NOTIFY', 'MESSAGE', 'PUBLISH', 'REFER'],
]);

/** Whether SIP has this method, although we may not: what we refuse with 405 instead of 501 (RFC 3261 section 21.5.2). */
export function isKnownMethod(method: string): boolean {
  return METHODS.has(method);
}
