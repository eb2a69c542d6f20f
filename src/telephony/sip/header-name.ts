/** A header name in its two forms: `key` to compare (lower case, compact forms resolved), `text` to write. */
export interface HeaderName {
  readonly key: string;
  readonly text: string;
  /** One bit of its own for a header that a message may have only once, 0 for others. */
  readonly once: number;
}

/** Names with their compact form, where there is one (RFC 3261 section 7.3.3 and the IANA registry). */
const known: readonly (readonly [text: string, compact?: string])[] = [
  ['Via', 'v'],
  ['From', 'f'],
  ['To', 't'],
  ['Call-ID', 'i'],
  ['CSeq'],
  ['Contact', 'm'],
  ['Max-Forwards'],
  ['Content-Length', 'l'],
  ['Content-Type', 'c'],
  ['Content-Encoding', 'e'],
  ['Content-Disposition'],
  ['Content-Language'],
  ['Route'],
  ['Record-Route'],
  ['Path'],
  ['Service-Route'],
  ['Allow'],
  ['Allow-Events', 'u'],
  ['Event', 'o'],
  ['Supported', 'k'],
  ['Require'],
  ['Proxy-Require'],
  ['Unsupported'],
  ['Accept'],
  ['Accept-Contact', 'a'],
  ['Reject-Contact', 'j'],
  ['Request-Disposition', 'd'],
  ['Accept-Encoding'],
  ['Accept-Language'],
  ['Alert-Info'],
  ['Call-Info'],
  ['Error-Info'],
  ['Authorization'],
  ['Proxy-Authorization'],
  ['WWW-Authenticate'],
  ['Proxy-Authenticate'],
  ['Authentication-Info'],
  ['Date'],
  ['Expires'],
  ['Min-Expires'],
  ['Retry-After'],
  ['User-Agent'],
  ['Server'],
  ['Subject', 's'],
  ['Organization'],
  ['Priority'],
  ['Warning'],
  ['Reason'],
  ['Reply-To'],
  ['In-Reply-To'],
  ['MIME-Version'],
  ['Timestamp'],
  ['Session-Expires', 'x'],
  ['Min-SE'],
  ['RSeq'],
  ['RAck'],
  ['Refer-To', 'r'],
  ['Referred-By', 'b'],
  ['Replaces'],
  ['Subscription-State'],
  ['SIP-ETag'],
  ['SIP-If-Match'],
  ['Identity', 'y'],
  ['P-Asserted-Identity'],
  ['P-Preferred-Identity'],
  ['Remote-Party-ID'],
  ['Privacy'],
  ['Diversion'],
  ['History-Info'],
];

const onlyOnce = ['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Content-Length', 'Content-Type'];

const bySpelling = new Map<string, HeaderName>();
for (const [text, compact] of known) {
  const bit = onlyOnce.indexOf(text);
  const name: HeaderName = { key: text.toLowerCase(), text, once: bit === -1 ? 0 : 1 << bit };
  for (const spelling of [text, name.key, text.toUpperCase()]) bySpelling.set(spelling, name);
  if (compact === undefined) continue;
  bySpelling.set(compact, name);
  bySpelling.set(compact.toUpperCase(), name);
}

/** The name of a known header. Case does not matter, and compact forms stand for their long form. */
export function knownHeaderName(spelling: string): HeaderName | undefined {
  return bySpelling.get(spelling) ?? bySpelling.get(spelling.toLowerCase());
}

/** The name of any header; an unknown one keeps its spelling. */
export function headerName(spelling: string): HeaderName {
  return knownHeaderName(spelling) ?? { key: spelling.toLowerCase(), text: spelling, once: 0 };
}
