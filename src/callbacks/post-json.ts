import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Clock } from '../kernel/clock.ts';
import { reachableAddresses } from './callback-url.ts';
import type { AddressCheck } from './public-address.ts';
import type { ResolvedAddress, ResolveName } from './resolve-name.ts';

/** For looking up, connecting, sending and all of the answer. */
const LIMIT_MS = 5000;
/** What is read of an answer; it means nothing to us, but a receiver may not like to be cut off. */
const MOST_ANSWER_BYTES = 64 * 1024;

export interface JsonPost {
  readonly url: URL;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends a request. Answers its status; redirects are not followed. @throws CallbackRefused, or why it could not be sent */
export type PostJson = (post: JsonPost, signal: AbortSignal) => Promise<number>;

export interface PostJsonOptions {
  readonly mayReach: AddressCheck;
  readonly resolve: ResolveName;
  readonly clock: Clock;
}

/**
 * Makes the sender of requests to addresses that somebody else has chosen. The name is looked up once for each request, and the connection
 * goes to the addresses that were checked, so a name that changes its mind gets nowhere. TLS is checked against the name as usual.
 */
export function jsonPoster({ mayReach, resolve, clock }: PostJsonOptions): PostJson {
  return async (post, signal) => {
    signal.throwIfAborted();
    const over = new AbortController();
    const stop = (): void => over.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    const timer = clock.after(LIMIT_MS, () => over.abort(new Error(`The receiver has not answered within ${LIMIT_MS} ms`)));
    try {
      const addresses = await unlessAborted(reachableAddresses(post.url, mayReach, resolve, over.signal), over.signal);
      return await send(post, addresses, over.signal);
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', stop);
    }
  };
}

/** Resolves with the status when the answer is over, or cut off: once the status is there, nothing else counts. */
function send({ url, body, headers }: JsonPost, addresses: readonly ResolvedAddress[], signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(body);
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'content-length': String(bytes.length) },
      lookup: pinned(addresses),
      agent: false,
    });
    let failure = new Error('The receiver closed the connection without an answer');
    let status: number | undefined;
    request.on('error', (error) => {
      failure = error;
    });
    request.once('response', (response) => {
      status = response.statusCode;
      drop(response, request);
    });
    request.once('close', () => (status === undefined ? reject(failure) : resolve(status)));
    signal.addEventListener('abort', () => request.destroy(signal.reason), { once: true });
    request.end(bytes);
  });
}

/** Lets an answer come in, up to a limit. */
function drop(response: IncomingMessage, request: ClientRequest): void {
  let received = 0;
  response.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > MOST_ANSWER_BYTES) request.destroy();
  });
  response.on('error', () => {});
}

/** Looks up nothing: whatever the name is, these are its addresses. */
function pinned(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_host, { all }, found) => {
    const [first] = addresses;
    if (!first) found(new Error('The receiver has no address'), '');
    else if (all) found(null, [...addresses]);
    else found(null, first.address, first.family);
  };
}

/** Does not wait for what does not listen to its signal. */
function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
