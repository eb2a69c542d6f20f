import { type CommonEvent, go, PATIENCE_MS, type Step, T1_MS, T2_MS, T4_MS, type TransactionContext } from './transaction-step.ts';

export type InviteServerState = 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';
export type InviteServerEvent = 'INVITE again' | 'ACK' | 'respond 1xx' | 'respond 2xx' | 'respond 300-699';

/**
 * The INVITE server transaction: RFC 3261 section 17.2.1 figure 7 with the Accepted state of RFC 6026 section 7.1.
 * A 2xx is retransmitted by the transaction user, not here (RFC 3261 section 13.3.1.4).
 */
export function inviteServer(
  state: InviteServerState,
  event: InviteServerEvent | CommonEvent,
  context: TransactionContext,
): Step<InviteServerState> {
  switch (state) {
    case 'proceeding':
      return proceeding(event, context);
    case 'completed':
      return completed(event, context);
    case 'confirmed':
      return event === 'timer I' ? go('terminated') : go('confirmed');
    case 'accepted':
      return accepted(event);
    case 'terminated':
      return go('terminated');
  }
}

function proceeding(event: InviteServerEvent | CommonEvent, context: TransactionContext): Step<InviteServerState> {
  switch (event) {
    case 'INVITE again':
    case 'respond 1xx':
      return go('proceeding', 'send');
    case 'respond 2xx':
      return go('accepted', 'send', { set: 'L', ms: PATIENCE_MS });
    case 'respond 300-699':
      return context.reliable
        ? go('completed', 'send', { set: 'H', ms: PATIENCE_MS })
        : go('completed', 'send', { set: 'G', ms: T1_MS }, { set: 'H', ms: PATIENCE_MS });
    case 'transport error':
      // A datagram may fail, as it may be lost: the peer repeats its INVITE, and must find it here. A connection that is gone is the end.
      return context.reliable ? go('terminated', 'report transport error') : go('proceeding');
    default:
      return go('proceeding');
  }
}

function completed(event: InviteServerEvent | CommonEvent, context: TransactionContext): Step<InviteServerState> {
  switch (event) {
    case 'INVITE again':
      return go('completed', 'send');
    case 'timer G':
      return go('completed', 'send', { set: 'G', ms: Math.min(2 * context.intervalMs, T2_MS) });
    case 'ACK':
      return context.reliable ? go('terminated', { stop: 'H' }) : go('confirmed', { stop: 'G' }, { set: 'I', ms: T4_MS });
    case 'timer H':
      return go('terminated', { stop: 'G' }, 'report timeout');
    case 'transport error':
      // RFC 6026 section 7.1: the error is reported, the transaction goes on; timer H ends it.
      return go('completed', 'report transport error');
    default:
      return go('completed');
  }
}

function accepted(event: InviteServerEvent | CommonEvent): Step<InviteServerState> {
  switch (event) {
    case 'respond 2xx':
      return go('accepted', 'send');
    case 'ACK':
      return go('accepted', 'pass up');
    case 'timer L':
      return go('terminated');
    case 'transport error':
      return go('accepted', 'report transport error');
    default:
      return go('accepted');
  }
}
