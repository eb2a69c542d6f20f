import { type CommonEvent, go, PATIENCE_MS, type Step, type TransactionContext } from './transaction-step.ts';

export type NonInviteServerState = 'trying' | 'proceeding' | 'completed' | 'terminated';
export type NonInviteServerEvent = 'request again' | 'respond 1xx' | 'respond 200-699';

/**
 * The non-INVITE server transaction: RFC 3261 section 17.2.2 figure 8. The transaction user answers at once, so that it never
 * sends a provisional response other than 100, nor a 408 (RFC 4320 sections 4.1 and 4.2).
 */
export function nonInviteServer(
  state: NonInviteServerState,
  event: NonInviteServerEvent | CommonEvent,
  context: TransactionContext,
): Step<NonInviteServerState> {
  switch (state) {
    case 'trying':
      return pending('trying', event, context);
    case 'proceeding':
      return event === 'request again' ? go('proceeding', 'send') : pending('proceeding', event, context);
    case 'completed':
      return completed(event);
    case 'terminated':
      return go('terminated');
  }
}

function pending(
  state: 'trying' | 'proceeding',
  event: NonInviteServerEvent | CommonEvent,
  context: TransactionContext,
): Step<NonInviteServerState> {
  switch (event) {
    case 'respond 1xx':
      return go('proceeding', 'send');
    case 'respond 200-699':
      return context.reliable ? go('terminated', 'send') : go('completed', 'send', { set: 'J', ms: PATIENCE_MS });
    case 'transport error':
      return go('terminated', 'report transport error');
    default:
      return go(state);
  }
}

function completed(event: NonInviteServerEvent | CommonEvent): Step<NonInviteServerState> {
  switch (event) {
    case 'request again':
      return go('completed', 'send');
    case 'timer J':
      return go('terminated');
    case 'transport error':
      return go('terminated', { stop: 'J' }, 'report transport error');
    default:
      return go('completed');
  }
}
