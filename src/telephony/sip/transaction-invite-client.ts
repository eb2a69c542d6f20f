import { type CommonEvent, go, PATIENCE_MS, type Step, T1_MS, type TransactionContext } from './transaction-step.ts';

export type InviteClientState = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';
export type InviteClientEvent = 'start' | '1xx' | '2xx' | '300-699' | 'give up' | 'fall silent';

/** How long an ended INVITE client transaction absorbs repeated final responses on an unreliable transport. Milliseconds. */
const TIMER_D_MS = 32_000;

/**
 * The INVITE client transaction: RFC 3261 section 17.1.1 figure 5 with the Accepted state of RFC 6026 section 7.2.
 * Two events are the transaction user's. `give up`: no final response came 64*T1 after its CANCEL (RFC 3261 section 9.1). `fall silent`: it
 * wants the call no more, but may not send CANCEL before a provisional response; a peer that has heard nothing so far shall hear nothing.
 * A connection that breaks ends nothing: the peer may have the INVITE, and answers over another one (RFC 3261 section 18.2.2).
 */
export function inviteClient(
  state: InviteClientState,
  event: InviteClientEvent | CommonEvent,
  context: TransactionContext,
): Step<InviteClientState> {
  switch (state) {
    case 'calling':
      return calling(event, context);
    case 'proceeding':
      return proceeding(event, context);
    case 'completed':
      return completed(event);
    case 'accepted':
      return accepted(event);
    case 'terminated':
      return go('terminated');
  }
}

function calling(event: InviteClientEvent | CommonEvent, context: TransactionContext): Step<InviteClientState> {
  switch (event) {
    case 'start':
      return context.reliable
        ? go('calling', 'send', { set: 'B', ms: PATIENCE_MS })
        : go('calling', 'send', { set: 'A', ms: T1_MS }, { set: 'B', ms: PATIENCE_MS });
    case 'timer A':
      return go('calling', 'send', { set: 'A', ms: 2 * context.intervalMs });
    case 'fall silent':
      return go('calling', { stop: 'A' });
    case 'timer B':
    case 'give up':
      return go('terminated', { stop: 'A' }, { stop: 'B' }, 'report timeout');
    case '1xx':
      return go('proceeding', { stop: 'A' }, { stop: 'B' }, 'pass up');
    case '2xx':
    case '300-699':
      return final(event, context);
    case 'transport error':
      return go('terminated', { stop: 'A' }, { stop: 'B' }, 'report transport error');
    case 'connection broken':
      return go('calling', 'report broken connection');
    default:
      return go('calling');
  }
}

function proceeding(event: InviteClientEvent | CommonEvent, context: TransactionContext): Step<InviteClientState> {
  switch (event) {
    case '1xx':
      return go('proceeding', 'pass up');
    case '2xx':
    case '300-699':
      return final(event, context);
    case 'give up':
      return go('terminated', 'report timeout');
    case 'transport error':
      return go('terminated', 'report transport error');
    default:
      return go('proceeding');
  }
}

function final(event: '2xx' | '300-699', context: TransactionContext): Step<InviteClientState> {
  if (event === '2xx') return go('accepted', { stop: 'A' }, { set: 'M', ms: PATIENCE_MS }, 'pass up');
  // Timer D is zero on a reliable transport: nothing will be repeated there.
  if (context.reliable) return go('terminated', { stop: 'A' }, { stop: 'B' }, 'send ACK', 'pass up');
  return go('completed', { stop: 'A' }, { set: 'D', ms: TIMER_D_MS }, 'send ACK', 'pass up');
}

function completed(event: InviteClientEvent | CommonEvent): Step<InviteClientState> {
  switch (event) {
    case '300-699':
      return go('completed', 'send ACK');
    case 'timer D':
      return go('terminated');
    default:
      return go('completed');
  }
}

function accepted(event: InviteClientEvent | CommonEvent): Step<InviteClientState> {
  switch (event) {
    case '2xx':
      return go('accepted', 'pass up');
    case 'timer M':
      return go('terminated');
    default:
      return go('accepted');
  }
}
