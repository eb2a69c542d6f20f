import { GetSession } from '../../contracts/sessions.ts';
import { systemClock } from '../../kernel/clock.ts';
import { ApiClient } from '../api-client.ts';
import { followSession, sinceStart } from '../follow-session.ts';

export interface CallOptions {
  readonly number: string;
  readonly flow: string;
  readonly callerId?: string;
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

const POLL_EVERY_MS = 250;

/**
 * Places a call through the API and prints what happens on it until it has ended. Ctrl-C stops following, not the call.
 * Answers 0 when the outcome is Completed, otherwise 1.
 * @throws ApiError when the call is refused
 */
export async function call(options: CallOptions, print: (line: string) => void, signal: AbortSignal): Promise<number> {
  const api = new ApiClient(options);
  const startMs = systemClock.now();
  const { callerId } = options;
  const { id: sessionId } = await api.placeCall({
    flowId: options.flow,
    numberToDial: options.number,
    ...(callerId === undefined ? {} : { callerId }),
  });
  if (sessionId === undefined) throw new Error('The API answered a session without an id.');
  print(`Session ${sessionId}`);
  const session = await followSession({
    read: () => api.call(GetSession, { sessionId }),
    tell: ({ atMs, text }) => print(`${sinceStart(atMs, startMs)}  ${text}`),
    clock: systemClock,
    pollEveryMs: POLL_EVERY_MS,
    signal,
  });
  return session.outcome === 'Completed' ? 0 : 1;
}
