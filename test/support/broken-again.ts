import type { SentMessage } from './message-log.ts';

/**
 * When the connection broke over which the latest INVITE of the server had left for the second time, before anything came of it: the call has failed by
 * that. Infinity: it did not.
 * @param call everything that was sent in it, in order
 * @param breaksMs when the connection between the two broke
 */
export function brokenAgainMs(call: readonly SentMessage[], breaksMs: readonly number[]): number {
  const invites = call.filter(({ from, method, status }) => from === 'near' && method === 'INVITE' && status === undefined);
  const latest = invites.at(-1);
  const [, again] = invites.filter(({ branch, isReliable }) => branch === latest?.branch && isReliable);
  if (!again) return Number.POSITIVE_INFINITY;
  const responses = call.filter(
    ({ from, branch, method, status }) => from === 'far' && method === 'INVITE' && branch === again.branch && status !== undefined,
  );
  const heardMs = Math.min(Number.POSITIVE_INFINITY, ...responses.flatMap(({ arrivedMs }) => arrivedMs));
  // It was sent again as the connection broke for the first time.
  const brokeMs = breaksMs.filter((atMs) => atMs >= again.sentMs)[1];
  return brokeMs !== undefined && brokeMs < heardMs ? brokeMs : Number.POSITIVE_INFINITY;
}
