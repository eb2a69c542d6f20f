import type { Static, TObject, TSchema } from 'typebox';
import type { Operation } from '../contracts/dto.ts';
import type { Principal } from '../directory/principal.ts';
import { AppError } from '../kernel/errors.ts';
import type { Caller } from './auth.ts';
import { type BindSource, bind, bindBatch } from './bind.ts';
import type { Upload } from './services.ts';

/** What a handler may say about its answer besides the value. */
export interface AnswerHead {
  readonly headers: Record<string, string | string[]>;
  /** 200 if absent. An answer without a value is a 204 all the same. */
  status?: number;
  /** The type of the value, where it is not the response that the operation declares. */
  schema?: TSchema;
  /** Where a browser goes instead of seeing the value: a 302 with this `Location`. */
  redirect?: string;
}

/** What a handler may know of the HTTP request besides its DTO. */
export interface RequestContext {
  readonly verb: string;
  /** Address of the client, by which failed sign-ins are counted. */
  readonly source: string;
  /** Whether clients reach this server by TLS, so that its cookies may travel over nothing else. */
  readonly secure: boolean;
  /** Whether the answer is a page for people. */
  readonly wantsHtml: boolean;
  /** Whether `Prefer: return=representation` was sent (RFC 7240 section 4.2). */
  readonly prefersRepresentation: boolean;
  /** The `Idempotency-Key`, as it came. */
  readonly idempotencyKey: string | undefined;
  /** The first file of a multipart body. */
  readonly upload: Upload | undefined;
  readonly answer: AnswerHead;
  /** Ids of logins that the request carries, in the order in which they are tried. */
  loginIds(): readonly string[];
  /** Who is signed in, if anybody, and how. @throws AppError WRONG_PASSWORD, TOO_MANY_SIGN_INS */
  caller(): Promise<Caller | undefined>;
}

/** A request that can be run. */
export interface BoundRequest {
  /** The value, of the request type of the operation. */
  readonly request: unknown;
  run(context: RequestContext, principal: Principal | undefined): Promise<unknown>;
}

/** An operation with the code that answers it. */
export interface BoundOperation {
  readonly operation: Operation;
  /** Whether a multipart body may carry a file. */
  readonly takesFile: boolean;
  /** @throws AppError SERIALIZATION when the request cannot be made. */
  bind(source: BindSource): Promise<BoundRequest>;
  /** The requests of a batch. @throws AppError SERIALIZATION */
  bindBatch(source: BindSource): Promise<readonly BoundRequest[]>;
}

/** What a handler gives back: the declared response, or anything with `context.answer.schema` set to its type; nothing is a 204. */
type Answer<Response extends TSchema> = Promise<Static<Response> | undefined>;

/** Answers an operation that needs a login. The login and its roles are checked before `run` is called. */
export function signedIn<Request extends TObject, Response extends TSchema>(
  operation: Operation<Request, Response>,
  run: (principal: Principal, request: Static<Request>, context: RequestContext) => Answer<Response>,
  options: { readonly takesFile?: boolean } = {},
): BoundOperation {
  if (operation.auth === 'public') throw new Error(`${operation.name} needs no login`);
  return boundOperation(operation, options.takesFile === true, (request, context, principal) => {
    if (!principal) throw new AppError('NOT_AUTHENTICATED', {});
    return run(principal, request, context);
  });
}

/** Answers an operation that anybody may call. */
export function open<Request extends TObject, Response extends TSchema>(
  operation: Operation<Request, Response>,
  run: (request: Static<Request>, context: RequestContext) => Answer<Response>,
): BoundOperation {
  if (operation.auth !== 'public') throw new Error(`${operation.name} needs a login`);
  return boundOperation(operation, false, run);
}

function boundOperation<Request extends TObject, Response extends TSchema>(
  operation: Operation<Request, Response>,
  takesFile: boolean,
  run: (request: Static<Request>, context: RequestContext, principal: Principal | undefined) => Answer<Response>,
): BoundOperation {
  const bound = (request: Static<Request>): BoundRequest => ({
    request,
    run: (context, principal) => run(request, context, principal),
  });
  return {
    operation,
    takesFile,
    bind: async (source) => bound(await bind(operation.request, source)),
    bindBatch: async (source) => (await bindBatch(operation.request, source)).map(bound),
  };
}
