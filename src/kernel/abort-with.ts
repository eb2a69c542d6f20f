/**
 * Aborts `controller` as soon as `signal` is aborted. AbortSignal.any would do where all signals live equally long; where one lives as long as the
 * server, Node (20 to 24) keeps something in it of each signal that was made of it.
 * @returns what lets go of `signal`, once `controller` is of no more use
 */
export function abortWith(controller: AbortController, signal: AbortSignal): () => void {
  const onAbort = (): void => controller.abort(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return () => signal.removeEventListener('abort', onAbort);
}
