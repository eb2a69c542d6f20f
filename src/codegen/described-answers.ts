import { PlaceCall } from '../contracts/calls.ts';
import type { Operation } from '../contracts/dto.ts';
import { NewFile } from '../contracts/files.ts';
import { NewOutgoingSession, SessionInfo } from '../contracts/sessions.ts';
import { type Shape, shapeOf } from '../formats/shape.ts';

export interface DescribedHeader {
  readonly name: string;
  readonly description: string;
  /** The type of its value. */
  readonly type: 'string' | 'integer';
}

/** An answer of an operation that did what it was asked for. */
export interface DescribedAnswer {
  readonly status: string;
  readonly description: string;
  readonly headers: readonly DescribedHeader[];
  /** A value in any format, bytes of one of the media types, or nothing. */
  readonly body: Shape | { readonly kind: 'bytes'; readonly mediaTypes: readonly string[] } | undefined;
}

/** An error that more than one operation answers with. Each has the body of every error. */
export interface DescribedError {
  readonly name: string;
  readonly status: string;
  readonly description: string;
  readonly headers: readonly DescribedHeader[];
}

/** What travels beside the request and the answer of an operation. */
interface Extras {
  readonly requestHeaders?: readonly DescribedHeader[];
  readonly answerHeaders?: readonly DescribedHeader[];
  /** What is answered instead of nothing to who asks for it with `Prefer` (servicestack.md 10, D1). */
  readonly representation?: Shape;
  readonly filePart?: string;
  /** Whether the request is carried out once for each `Idempotency-Key`. */
  readonly once?: true;
}

const idempotencyKey: DescribedHeader = {
  name: 'Idempotency-Key',
  description:
    'Places one call however often the request is sent with the same key by the same login, and answers the same each time. 1 to 255 visible ASCII characters.',
  type: 'string',
};
const prefer: DescribedHeader = {
  name: 'Prefer',
  description: 'return=representation: answer 200 with the session instead of 204.',
  type: 'string',
};
const location: DescribedHeader = { name: 'Location', description: 'The address of the session.', type: 'string' };
const applied: DescribedHeader = { name: 'Preference-Applied', description: 'return=representation', type: 'string' };
const challenge: DescribedHeader = { name: 'WWW-Authenticate', description: 'The ways to sign in.', type: 'string' };
const retryAfter: DescribedHeader = {
  name: 'Retry-After',
  description: 'After how many seconds to try again.',
  type: 'integer',
};

const extras = new Map<Operation, Extras>([
  [
    NewOutgoingSession,
    { requestHeaders: [idempotencyKey, prefer], answerHeaders: [location], representation: shapeOf(SessionInfo), once: true },
  ],
  [PlaceCall, { requestHeaders: [idempotencyKey], answerHeaders: [location], once: true }],
  [NewFile, { filePart: 'file' }],
]);

export function extrasOf(operation: Operation): Extras {
  return extras.get(operation) ?? {};
}

/** How an operation answers when it did what it was asked for. */
export function answersOf(operation: Operation): readonly DescribedAnswer[] {
  const { answerHeaders = [], representation } = extrasOf(operation);
  const { response, successStatus = 200 } = operation;
  if (response) {
    const status = String(successStatus);
    return [{ status, description: status === '201' ? 'Created' : 'The answer', headers: answerHeaders, body: shapeOf(response) }];
  }
  const done: DescribedAnswer = { status: '204', description: 'Done', headers: answerHeaders, body: undefined };
  if (!representation) return [done];
  const asked = 'The answer to Prefer: return=representation';
  return [{ status: '200', description: asked, headers: [...answerHeaders, applied], body: representation }, done];
}

export const answerOfFile: DescribedAnswer = {
  status: '200',
  description: 'The bytes',
  headers: [{ name: 'Content-Disposition', description: 'The name of the file.', type: 'string' }],
  body: { kind: 'bytes', mediaTypes: ['audio/wav', 'audio/mpeg'] },
};

const unauthorized: DescribedError = {
  name: 'Unauthorized',
  status: '401',
  description: 'Nobody is signed in, or the credentials are wrong',
  headers: [challenge],
};
const forbidden: DescribedError = {
  name: 'Forbidden',
  status: '403',
  description: 'The login has none of the roles, or no access to the account',
  headers: [],
};
const keyUsed: DescribedError = {
  name: 'KeyUsed',
  status: '409',
  description: 'The Idempotency-Key belongs to another request',
  headers: [],
};
const tooMany: DescribedError = { name: 'TooManyRequests', status: '429', description: 'Too many requests', headers: [retryAfter] };
const unavailable: DescribedError = {
  name: 'Unavailable',
  status: '503',
  description: 'Nothing was done; what is needed for it is in use or not there at the moment',
  headers: [retryAfter],
};
const other: DescribedError = { name: 'Error', status: 'default', description: 'What went wrong, and what to do', headers: [] };

/** All errors that descriptions name. */
export const describedErrors: readonly DescribedError[] = [unauthorized, forbidden, keyUsed, tooMany, unavailable, other];

/** How an operation answers when it did not do what it was asked for. */
export function errorsOf(operation: Operation): readonly DescribedError[] {
  return [
    ...(operation.auth === 'public' ? [] : [unauthorized, forbidden]),
    ...(extrasOf(operation).once ? [keyUsed] : []),
    tooMany,
    unavailable,
    other,
  ];
}
