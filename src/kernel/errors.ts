/**
 * Every error that a caller of the API can meet, once: status, ServiceStack error code, and a message that says what to do.
 * `{slots}` are filled from the data given to AppError; the types make sure that exactly those are given.
 */
export const errorCatalogue = {
  // requests
  SERIALIZATION: { status: 400, errorCode: 'SerializationException', message: '{reason}' },
  INVALID_REQUEST: { status: 400, errorCode: 'ArgumentException', message: '{reason}' },
  REQUIRED: { status: 400, errorCode: 'NotEmpty', message: "'{member}' is required: {hint}" },
  INVALID_MEMBER: { status: 400, errorCode: 'ArgumentException', message: "'{member}' is not valid: {reason}" },
  BODY_TOO_LARGE: { status: 413, errorCode: 'RequestTooLarge', message: 'The body is larger than {limit} bytes. Send less.' },
  NO_HTTP: { status: 400, errorCode: 'BadRequest', message: 'This is not a request of HTTP/1.1. Check what is sent to this port.' },
  TOO_SLOW: { status: 408, errorCode: 'RequestTimeout', message: 'The request took too long to arrive. Send it again.' },
  HEADERS_TOO_LARGE: { status: 431, errorCode: 'RequestTooLarge', message: 'The headers of the request are too large. Send fewer.' },
  TOO_MANY_REQUESTS: {
    status: 429,
    errorCode: 'TooManyRequests',
    message: 'Your login may send {limit} requests per second. Wait {seconds} s and try again.',
  },
  NO_SUCH_ROUTE: {
    status: 404,
    errorCode: 'NotFound',
    message: 'Nothing is served at this address. See /metadata for all operations and their routes.',
  },
  NO_SUCH_OPERATION: { status: 405, errorCode: 'NotImplementedException', message: 'The operation does not exist for this service' },
  NO_SUCH_LANGUAGE: { status: 404, errorCode: 'NotFound', message: 'There is no code for this language. {hint}' },
  NO_SUCH_METHOD: {
    status: 405,
    errorCode: 'NotImplementedException',
    message: 'Could not find method named {verb}({operation}) or Any({operation}) on Service {operation}Service',
  },
  SIGN_IN_BY_GET: {
    status: 405,
    errorCode: 'NotSupportedException',
    message: 'Sign in with POST. A password in an address ends up in logs and histories.',
  },
  NOT_FOUND: {
    status: 404,
    errorCode: 'NotFound',
    message: 'There is no {kind} with this id. Check the id, and that your login has access to its account.',
  },
  CONFLICT: { status: 409, errorCode: 'Conflict', message: '{reason}' },
  REQUEST_UNDER_WAY: {
    status: 503,
    errorCode: 'RequestUnderWay',
    message: 'Another server has not yet said what became of the request with this Idempotency-Key. Send it again in {seconds} s.',
  },
  IDEMPOTENCY_KEY_USED: {
    status: 409,
    errorCode: 'IdempotencyKeyUsed',
    message: 'This Idempotency-Key belongs to another request. Use a new key, or send that request again as it was to get its answer.',
  },
  // sign-in
  NOT_AUTHENTICATED: { status: 401, errorCode: 'Unauthorized', message: 'Not Authenticated' },
  WRONG_PASSWORD: { status: 401, errorCode: 'Unauthorized', message: 'Invalid Username or Password' },
  FORBIDDEN_ROLE: { status: 403, errorCode: 'Forbidden', message: 'Invalid Role' },
  FORBIDDEN_ACCOUNT: { status: 403, errorCode: 'Forbidden', message: 'Your login has no access to this account.' },
  NO_SUCH_PROVIDER: { status: 404, errorCode: 'NotFound', message: "No configuration was added for OAuth provider '{provider}'" },
  TOO_MANY_SIGN_INS: {
    status: 429,
    errorCode: 'TooManyRequests',
    message: 'Too many failed sign-ins. Wait {seconds} s and try again.',
  },
  // outgoing calls
  FLOW_NOT_FOUND: {
    status: 404,
    errorCode: 'NotFound',
    message: 'There is no flow with this id. Check FlowId, and that your login has access to the account of the flow.',
  },
  NUMBER_NOT_POSSIBLE: {
    status: 400,
    errorCode: 'ArgumentException',
    message: 'NumberToDial is not a possible E.164 number. Write it with + and country code, for example +18144043093.',
  },
  CALLER_ID_NOT_OWNED: {
    status: 400,
    errorCode: 'ArgumentException',
    message: 'CallerId is not a phone number of the account of the flow. Use the E.164 number of a phone number that the account owns.',
  },
  NO_CALLER_ID: {
    status: 400,
    errorCode: 'ArgumentException',
    message: 'The account of the flow owns no voice number to call from. Add one with POST /endpoints/phone-numbers.',
  },
  NO_TRUNK: {
    status: 503,
    errorCode: 'NoTrunk',
    message: 'The account of the flow has no SIP trunk. Add one with POST /endpoints/sip-trunk.',
  },
  NO_ROUTE: {
    status: 400,
    errorCode: 'NoRoute',
    message: 'No SIP trunk of the account is for this number. See the prefixes of its trunks at GET /endpoints.',
  },
  NO_CAPACITY: { status: 503, errorCode: 'NoCapacity', message: 'All channels are in use: {limit}. Try again in {seconds} s.' },
  CONFERENCE_FULL: {
    status: 409,
    errorCode: 'ConferenceFull',
    message: 'A conference takes {limit} members, and it has as many. Wait until one leaves, or raise RINGFLOW_CONFERENCE_MEMBERS.',
  },
  SHUTTING_DOWN: {
    status: 503,
    errorCode: 'ShuttingDown',
    message: 'This server is shutting down and takes no new calls. Try again in {seconds} s.',
  },
  STORE_UNAVAILABLE: {
    status: 503,
    errorCode: 'StoreUnavailable',
    message: 'The database does not answer. Nothing was changed; try again in {seconds} s.',
  },
  // flows
  FLOW_INVALID: { status: 400, errorCode: 'ValidationException', message: '{reason}' },
  // files
  FILE_NOT_AUDIO: {
    status: 400,
    errorCode: 'ArgumentException',
    message: 'The file cannot be played: {reason}. Send WAV (PCM, G.711) or MP3.',
  },
  // speech
  TEXT_NOT_SPEAKABLE: { status: 400, errorCode: 'ArgumentException', message: 'The text cannot be spoken: {reason}.' },
  SPEECH_BUSY: {
    status: 503,
    errorCode: 'SpeechBusy',
    message: 'Too much audio is being prepared at the moment. Try again in {seconds} s.',
  },
  SPEECH_FAILED: { status: 500, errorCode: 'SpeechFailed', message: 'The audio could not be prepared. The log says why.' },
  // start
  BAD_SETTING: { status: 500, errorCode: 'BadSetting', message: '{name} {reason}' },
  // everything else
  INTERNAL: {
    status: 500,
    errorCode: 'InternalError',
    message: 'Something went wrong on our side. The log has the details under {reference}.',
  },
} as const satisfies Record<string, { status: number; errorCode: string; message: string }>;

export type ErrorName = keyof typeof errorCatalogue;

type Slots<Message extends string> = Message extends `${string}{${infer Slot}}${infer Rest}` ? Slot | Slots<Rest> : never;
export type ErrorData<Name extends ErrorName> = { readonly [Slot in Slots<(typeof errorCatalogue)[Name]['message']>]: string | number };

/** One member of a request that was refused. `fieldName` is PascalCase, as the contract has it. */
export interface FieldError {
  readonly errorCode: string;
  readonly fieldName: string;
  readonly message: string;
}

export interface ErrorExtras {
  readonly fields?: readonly FieldError[];
  /** For a `Retry-After` header. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/**
 * An error of the catalogue. Its message is safe to show to the caller of the API. It has no stack: it is an answer, which nobody debugs,
 * and the stack would cost more than the rest of it. What went wrong underneath is its `cause`, with a stack.
 */
export class AppError<Name extends ErrorName = ErrorName> extends Error {
  readonly code: Name;
  readonly status: number;
  readonly errorCode: string;
  readonly fields: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: Name, data: ErrorData<Name>, extras: ErrorExtras = {}) {
    const entry = errorCatalogue[code];
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(fill(entry.message, data), extras.cause === undefined ? undefined : { cause: extras.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'AppError';
    this.code = code;
    this.status = entry.status;
    this.errorCode = entry.errorCode;
    this.fields = extras.fields ?? [];
    this.retryAfterSeconds = extras.retryAfterSeconds;
  }
}

/** The error for one wrong member of a request, with its `errors[]` entry made from the same words. */
export function memberError<Name extends ErrorName>(code: Name, data: ErrorData<Name>, fieldName: string): AppError<Name> {
  const { errorCode, message } = errorCatalogue[code];
  return new AppError(code, data, { fields: [{ errorCode, fieldName, message: fill(message, data) }] });
}

function fill(message: string, data: Readonly<Record<string, string | number>>): string {
  if (!message.includes('{')) return message;
  return message.replace(/\{(\w+)\}/g, (_whole, slot: string) => String(data[slot] ?? ''));
}
