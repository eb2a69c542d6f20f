/** Estimate of the round trip (RFC 3261 section 17.1.1.1). All transaction timers derive from it. Milliseconds. */
export const T1_MS = 500;
/** Longest interval between retransmissions of a non-INVITE request or an INVITE response. Milliseconds. */
export const T2_MS = 4_000;
/** Longest time a message stays in the network. Milliseconds. */
export const T4_MS = 5_000;
/** How long a transaction waits for its peer: 64*T1 (timers B, F, H, J, L and M). Milliseconds. */
export const PATIENCE_MS = 64 * T1_MS;

/** The timers of RFC 3261 table 4 and, L and M, of RFC 6026. */
export type TimerName = 'A' | 'B' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M';

/**
 * What a transaction does on an event. `send` sends the request of a client transaction, or the latest response of a server
 * transaction, again or for the first time; `pass up` hands the message of the event to the transaction user.
 */
export type TransactionAction =
  | 'send'
  | 'send ACK'
  | 'pass up'
  | 'report timeout'
  | 'report transport error'
  | 'report broken connection'
  | { readonly set: TimerName; readonly ms: number }
  | { readonly stop: TimerName };

/** Events that every table knows: a timer fired, the transport could not send, or the connection is gone over which the request left. */
export type CommonEvent = `timer ${TimerName}` | 'transport error' | 'connection broken';

/** What the tables need to know beside state and event. */
export interface TransactionContext {
  /** Whether the transport repeats lost data itself (TCP), so that nothing is retransmitted. */
  readonly reliable: boolean;
  /** The latest interval between retransmissions (timer A, E or G). Milliseconds. */
  readonly intervalMs: number;
}

/** One row of a table: the next state and what to do on the way. */
export interface Step<State extends string> {
  readonly next: State;
  readonly actions: readonly TransactionAction[];
}

/** A transaction's table: a pure function from state and event to the next state and actions. */
export type Table<State extends string, Event extends string> = (
  state: State,
  event: Event | CommonEvent,
  context: TransactionContext,
) => Step<State>;

/** Makes a row. */
export function go<State extends string>(next: State, ...actions: readonly TransactionAction[]): Step<State> {
  return { next, actions };
}
