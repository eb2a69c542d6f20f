import type { Static, TObject, TSchema } from 'typebox';
import { Check } from 'typebox/value';
import type { Operation } from '../contracts/dto.ts';
import { ErrorResponse } from '../contracts/errors.ts';
import { NewOutgoingSession, SessionInfo } from '../contracts/sessions.ts';

/** An answer of the API that is not the one hoped for. Its message is the API's own sentence. */
export class ApiError extends Error {
  readonly status: number;
  readonly errorCode: string | undefined;

  constructor(status: number, errorCode: string | undefined, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.errorCode = errorCode;
  }
}

export interface ApiLogin {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

const REQUEST_TIMEOUT_MS = 30_000;

/** Calls the HTTP API as the given login; routes, types and the form of the answers come from the contract. */
export class ApiClient {
  readonly #base: string;
  readonly #authorization: string;

  constructor({ url, user, password }: ApiLogin) {
    this.#base = url.replace(/\/$/, '');
    this.#authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  }

  /**
   * Calls an operation by its first route. Members named in the path go there, the others into the query (GET, DELETE) or a
   * JSON body; with `file` they go into a form beside the part `file`.
   * @throws ApiError when it is refused, or when the answer does not have the form that the contract promises.
   */
  async call<Request extends TObject, Response extends TSchema>(
    operation: Operation<Request, Response>,
    request: Static<Request>,
    file?: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> },
  ): Promise<Static<Response>> {
    if (!operation.response) throw new Error(`${operation.name} answers nothing`);
    const { path, rest, verb } = resolveRoute(operation, request);
    if (file) {
      const form = new FormData();
      for (const [name, value] of Object.entries(rest)) form.set(name, String(value));
      form.set('file', new Blob([file.bytes]), file.name);
      return checked(operation.response, await this.#send(verb, path, { body: form }));
    }
    if (verb === 'GET' || verb === 'DELETE') {
      return checked(operation.response, await this.#send(verb, path + query(rest), {}));
    }
    return checked(operation.response, await this.#send(verb, path, asJson(rest)));
  }

  /** Places a call and answers its session, which the API returns to those who prefer it. @throws ApiError */
  async placeCall(request: Static<typeof NewOutgoingSession.request>): Promise<SessionInfo> {
    const { path, verb } = resolveRoute(NewOutgoingSession, {});
    const { headers, body } = asJson(request);
    return checked(SessionInfo, await this.#send(verb, path, { headers: { ...headers, prefer: 'return=representation' }, body }));
  }

  async #send(
    verb: string,
    path: string,
    { headers, body }: { headers?: Record<string, string>; body?: string | FormData },
  ): Promise<unknown> {
    const response = await fetch(`${this.#base}${path}`, {
      method: verb,
      headers: { accept: 'application/json', authorization: this.#authorization, ...headers },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    }).catch((cause: unknown) => {
      throw new ApiError(
        0,
        undefined,
        `${this.#base} does not answer (${reasonOf(cause)}). Is the server running, and is this its address?`,
      );
    });
    const text = await response.text();
    if (!response.ok) throw refusal(response, text);
    return parseJson(text);
  }
}

function resolveRoute(operation: Operation, request: object): { verb: string; path: string; rest: Record<string, unknown> } {
  const [verb = '', template = ''] = (operation.routes[0] ?? '').split(' ');
  const rest: Record<string, unknown> = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  const path = template.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = rest[name];
    if (value === undefined) throw new Error(`${operation.name} needs ${name}`);
    delete rest[name];
    return encodeURIComponent(String(value));
  });
  return { verb, path, rest };
}

function asJson(members: object): { headers: Record<string, string>; body: string } {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(members) };
}

/** Members as a query string; a list is written with commas, as the contract has it. */
function query(members: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(members).map(([name, value]): [string, string] => [
    name,
    Array.isArray(value) ? value.join(',') : String(value),
  ]);
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}

function checked<Schema extends TSchema>(schema: Schema, answer: unknown): Static<Schema> {
  if (!Check(schema, answer))
    throw new ApiError(200, undefined, 'The API gave an answer that this program does not understand. Are the versions the same?');
  return answer;
}

/** The error in the words of its ResponseStatus: one sentence, and one for each member that was refused. */
function refusal(response: Response, text: string): ApiError {
  const body = parseJson(text);
  const status = Check(ErrorResponse, body) ? body.responseStatus : undefined;
  if (!status?.message)
    return new ApiError(response.status, undefined, `The API answered ${response.status} ${response.statusText}.`.replace(' .', '.'));
  const members = (status.errors ?? []).flatMap(({ fieldName, message }) =>
    message && message !== status.message ? [`${fieldName}: ${message}`] : [],
  );
  return new ApiError(response.status, status.errorCode, [status.message, ...members].join('\n'));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** fetch hides the reason in the cause of its TypeError. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message ? cause.message : error.message;
}
