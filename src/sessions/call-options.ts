import type { CallbackSender } from '../callbacks/callback-sender.ts';
import { callEventNames, type PlaceCall } from '../contracts/calls.ts';
import type { RequestOf } from '../contracts/dto.ts';
import type { MemberChecks } from '../directory/member-checks.ts';
import type { CallOptions } from '../store/session-rows.ts';

export type { CallOptions };

type Request = RequestOf<typeof PlaceCall>;
type Texts = Readonly<Record<string, string>>;

/** Says what is wrong with an address that events are to be sent to. */
export type CallbackCheck = Pick<CallbackSender, 'problemOf'>;

const LONGEST_RING_SECONDS = 300;
const LONGEST_CALL_SECONDS = 14_400;
const MOST_HEADERS = 20;
const HEADER_LENGTH = 255;
const MOST_METADATA = 50;
const METADATA_NAME_LENGTH = 100;
const METADATA_LENGTH = 1000;
const URL_MEMBER = 'StatusCallback.Url';

/** A header field name that nobody else uses: `X-` and a token (RFC 3261 section 25.1). */
const EXTENSION_HEADER = /^x-[a-z0-9.!%*_+`'~-]{1,98}$/i;
/** What would end the header field, or is not text. */
const NO_HEADER_TEXT = /\p{Cc}|\p{Cs}/u;

/** The options that a request gives to its call. What is wrong with them is told to `checks`. */
export function callOptions(request: Request, callbacks: CallbackCheck, checks: MemberChecks): CallOptions {
  const { ringTimeoutInSeconds, maxDurationInSeconds, record } = request;
  checks.number(ringTimeoutInSeconds, 'RingTimeoutInSeconds', { least: 1, most: LONGEST_RING_SECONDS, whole: true });
  checks.number(maxDurationInSeconds, 'MaxDurationInSeconds', { least: 1, most: LONGEST_CALL_SECONDS, whole: true });
  const sipHeaders = filled(request.sipHeaders);
  if (sipHeaders) checkHeaders(sipHeaders, checks);
  const metadata = filled(request.metadata);
  if (metadata) checkMetadata(metadata, checks);
  const statusCallback = request.statusCallback && callbackOf(request.statusCallback, callbacks, checks);
  return {
    ...(ringTimeoutInSeconds !== undefined && { ringTimeoutMs: ringTimeoutInSeconds * 1000 }),
    ...(maxDurationInSeconds !== undefined && { maxDurationMs: maxDurationInSeconds * 1000 }),
    ...(record === true && { record }),
    ...(sipHeaders && { sipHeaders }),
    ...(metadata && { metadata }),
    ...(statusCallback && { statusCallback }),
  };
}

function filled(texts: Texts | undefined): Texts | undefined {
  return texts && Object.keys(texts).length > 0 ? texts : undefined;
}

function checkHeaders(headers: Texts, checks: MemberChecks): void {
  const names = Object.keys(headers);
  if (names.length > MOST_HEADERS) checks.refuse('SipHeaders', `Use at most ${MOST_HEADERS}.`);
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length) checks.refuse('SipHeaders', 'Use each name once, in any case.');
  if (!names.every((name) => EXTENSION_HEADER.test(name)))
    checks.refuse('SipHeaders', "A name is X- and up to 98 letters, digits and signs of -.!%*_+`'~");
  for (const value of Object.values(headers)) {
    if (value.length <= HEADER_LENGTH && !NO_HEADER_TEXT.test(value)) continue;
    checks.refuse('SipHeaders', `A value has up to ${HEADER_LENGTH} characters and no line breaks or other control characters.`);
    break;
  }
}

function checkMetadata(metadata: Texts, checks: MemberChecks): void {
  const entries = Object.entries(metadata);
  if (entries.length > MOST_METADATA) checks.refuse('Metadata', `Use at most ${MOST_METADATA}.`);
  for (const [name, value] of entries.slice(0, MOST_METADATA)) {
    if (name.trim() === '') checks.refuse('Metadata', 'Give every text a name.');
    checks.text(name, 'Metadata', METADATA_NAME_LENGTH);
    checks.text(value, 'Metadata', METADATA_LENGTH);
  }
}

function callbackOf(
  { url = '', events }: NonNullable<Request['statusCallback']>,
  callbacks: CallbackCheck,
  checks: MemberChecks,
): NonNullable<CallOptions['statusCallback']> {
  const problem = url === '' ? undefined : callbacks.problemOf(url);
  if (url === '') checks.fail('REQUIRED', { member: URL_MEMBER, hint: 'the http or https address that is told of the call.' }, URL_MEMBER);
  if (problem !== undefined) checks.refuse(URL_MEMBER, problem);
  const wanted = callEventNames.filter((name) => events?.includes(name));
  return { url, events: wanted.length > 0 ? wanted : callEventNames };
}
