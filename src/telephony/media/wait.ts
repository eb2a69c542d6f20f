/** A promise that somebody waits for, settled once: by the owner, or by the signal. */
export interface Wait<Value> {
  readonly promise: Promise<Value>;
  resolve(value: Value): void;
  reject(error: unknown): void;
}

/**
 * Makes a wait that rejects with the signal's reason when `signal` is aborted. Whatever settles it, `over` is called once, before the
 * promise settles; later calls of resolve and reject do nothing. With a signal that is aborted already it is settled from the start, and
 * `over` is not called, as nothing has begun.
 */
export function newWait<Value>(signal: AbortSignal, over: () => void): Wait<Value> {
  const { promise, resolve, reject } = resolvers<Value>();
  let settled = false;
  const settle = (how: () => void): void => {
    if (settled) return;
    settled = true;
    signal.removeEventListener('abort', onAbort);
    over();
    how();
  };
  const onAbort = (): void => settle(() => reject(signal.reason));
  if (signal.aborted) {
    settled = true;
    reject(signal.reason);
  } else {
    signal.addEventListener('abort', onAbort, { once: true });
  }
  return { promise, resolve: (value) => settle(() => resolve(value)), reject: (error) => settle(() => reject(error)) };
}

/** The error that waits of a closed stream reject with. One for all: every stream closes, and its stack would say nothing. */
export const streamClosed = new DOMException('The media stream is closed', 'AbortError');

function resolvers<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void; reject: (error: unknown) => void } {
  let resolve: (value: Value) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<Value>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
