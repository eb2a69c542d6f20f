import { randomHex } from '../../kernel/random.ts';
import type { SipCore } from './core.ts';
import { HeaderList } from './header-list.ts';
import { MAX_FORWARDS } from './max-forwards.ts';
import { emptyBody, type SipRequest, type SipResponse } from './message.ts';
import { isUriText } from './token.ts';
import type { Hop } from './transport.ts';

/** A request outside of any dialog, as OPTIONS and REGISTER are. */
export interface LoneRequest {
  readonly method: string;
  /** The next hop. */
  readonly to: Hop;
  readonly requestUri: string;
  /** URIs of From and To. */
  readonly from: string;
  readonly toUri: string;
  /** Absent: new ones. */
  readonly callId?: string;
  /** Gives the CSeq number each time that it is sent. Absent: 1. */
  readonly nextCSeq?: () => number;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/**
 * Sends a request and waits for its final response; once more when the connection breaks over which it left, as one may have that was there before.
 * Resolves with undefined when no response came: the peer is silent or cannot be reached, or `signal` was aborted. Never rejects.
 */
export function sendLone(core: SipCore, request: LoneRequest, signal: AbortSignal): Promise<SipResponse | undefined> {
  if (!isUriText(request.from) || !isUriText(request.toUri)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    const settle = (response: SipResponse | undefined): void => {
      signal.removeEventListener('abort', onAbort);
      resolve(response);
    };
    const onAbort = (): void => settle(undefined);
    signal.addEventListener('abort', onAbort, { once: true });
    const callId = request.callId ?? randomHex(core.random, 16);
    const send = (mayRepeat: boolean): void => {
      try {
        core.layer.send(loneRequest(core, request, callId), request.to, {
          response: (response) => {
            if (response.status >= 200) settle(response);
          },
          failed: () => settle(undefined),
          broken: () => (mayRepeat && !signal.aborted ? send(false) : settle(undefined)),
        });
      } catch {
        settle(undefined);
      }
    };
    send(true);
  });
}

function loneRequest({ random, product }: SipCore, request: LoneRequest, callId: string): SipRequest {
  const headers = new HeaderList();
  headers.add('Max-Forwards', String(MAX_FORWARDS));
  headers.add('From', `<${request.from}>;tag=${randomHex(random, 8)}`);
  headers.add('To', `<${request.toUri}>`);
  headers.add('Call-ID', callId);
  headers.add('CSeq', `${request.nextCSeq?.() ?? 1} ${request.method}`);
  headers.add('User-Agent', product);
  for (const [name, value] of request.headers ?? []) headers.add(name, value);
  return { kind: 'request', method: request.method, uri: request.requestUri, headers, body: emptyBody };
}
