import { type CommonEvent, go, PATIENCE_MS, type Step, T1_MS, T2_MS, T4_MS, type TransactionContext } from './transaction-step.ts';

export type NonInviteClientState = 'trying' | 'proceeding' | 'completed' | 'terminated';
export type NonInviteClientEvent = 'start' | '1xx' | '200-699';

/**
 * The non-INVITE client transaction: RFC 3261 section 17.1.2 figure 6. A final response that comes after timer F is too late
 * for it and is dropped by the layer (RFC 4320 section 4.2).
 */
export function nonInviteClient(
  state: NonInviteClientState,
  event: NonInviteClientEvent | CommonEvent,
  context: TransactionContext,
): Step<NonInviteClientState> {
  switch (state) {
    case 'trying':
      return event === 'start' ? begin(context) : pending('trying', event, context);
    case 'proceeding':
      return pending('proceeding', event, context);
    case 'completed':
      return event === 'timer K' ? go('terminated') : go('completed');
    case 'terminated':
      return go('terminated');
  }
}

function begin(context: TransactionContext): Step<NonInviteClientState> {
  if (context.reliable) return go('trying', 'send', { set: 'F', ms: PATIENCE_MS });
  return go('trying', 'send', { set: 'E', ms: T1_MS }, { set: 'F', ms: PATIENCE_MS });
}

function pending(
  state: 'trying' | 'proceeding',
  event: NonInviteClientEvent | CommonEvent,
  context: TransactionContext,
): Step<NonInviteClientState> {
  switch (event) {
    case '1xx':
      // Timer E runs on as it was set, and with T2 from then on (section 17.1.2.2).
      return go('proceeding', 'pass up');
    case '200-699':
      if (context.reliable) return go('terminated', { stop: 'F' }, 'pass up');
      return go('completed', { stop: 'E' }, { set: 'K', ms: T4_MS }, 'pass up');
    case 'timer E':
      return go(state, 'send', { set: 'E', ms: state === 'proceeding' ? T2_MS : Math.min(2 * context.intervalMs, T2_MS) });
    case 'timer F':
      return go('terminated', { stop: 'E' }, 'report timeout');
    case 'transport error':
      return go('terminated', { stop: 'E' }, { stop: 'F' }, 'report transport error');
    case 'connection broken':
      return go('terminated', { stop: 'E' }, { stop: 'F' }, 'report broken connection');
    default:
      return go(state);
  }
}
