import { describe, expect, it } from 'vitest';
import { inviteClient } from './transaction-invite-client.ts';
import { inviteServer } from './transaction-invite-server.ts';
import { nonInviteClient } from './transaction-non-invite-client.ts';
import { nonInviteServer } from './transaction-non-invite-server.ts';
import type { TransactionAction, TransactionContext } from './transaction-step.ts';

/** `state, event, -> next state, actions`; a timer that is set is `B=32000`, one that is stopped `-B`. */
type Row<State, Event> = readonly [state: State, event: Event, next: State, actions: string];

const udp: TransactionContext = { reliable: false, intervalMs: 1_000 };
const tcp: TransactionContext = { reliable: true, intervalMs: 1_000 };

function written(actions: readonly TransactionAction[]): string {
  return actions
    .map((action) => (typeof action === 'string' ? action : 'set' in action ? `${action.set}=${action.ms}` : `-${action.stop}`))
    .join(', ');
}

type InviteClientRow = Row<Parameters<typeof inviteClient>[0], Parameters<typeof inviteClient>[1]>;
type NonInviteClientRow = Row<Parameters<typeof nonInviteClient>[0], Parameters<typeof nonInviteClient>[1]>;
type InviteServerRow = Row<Parameters<typeof inviteServer>[0], Parameters<typeof inviteServer>[1]>;
type NonInviteServerRow = Row<Parameters<typeof nonInviteServer>[0], Parameters<typeof nonInviteServer>[1]>;

describe('INVITE client transaction (RFC 3261 figure 5, RFC 6026 section 7.2)', () => {
  const rows: readonly InviteClientRow[] = [
    ['calling', 'start', 'calling', 'send, A=500, B=32000'],
    ['calling', 'timer A', 'calling', 'send, A=2000'],
    ['calling', 'timer B', 'terminated', '-A, -B, report timeout'],
    ['calling', 'give up', 'terminated', '-A, -B, report timeout'],
    ['calling', 'fall silent', 'calling', '-A'],
    ['calling', '1xx', 'proceeding', '-A, -B, pass up'],
    ['calling', '2xx', 'accepted', '-A, M=32000, pass up'],
    ['calling', '300-699', 'completed', '-A, D=32000, send ACK, pass up'],
    ['calling', 'transport error', 'terminated', '-A, -B, report transport error'],
    ['calling', 'timer M', 'calling', ''],
    ['proceeding', '1xx', 'proceeding', 'pass up'],
    ['proceeding', '2xx', 'accepted', '-A, M=32000, pass up'],
    ['proceeding', '300-699', 'completed', '-A, D=32000, send ACK, pass up'],
    ['proceeding', 'give up', 'terminated', 'report timeout'],
    ['proceeding', 'transport error', 'terminated', 'report transport error'],
    ['proceeding', 'timer A', 'proceeding', ''],
    ['proceeding', 'fall silent', 'proceeding', ''],
    ['completed', '300-699', 'completed', 'send ACK'],
    ['completed', 'timer D', 'terminated', ''],
    ['completed', '1xx', 'completed', ''],
    ['completed', '2xx', 'completed', ''],
    ['completed', 'give up', 'completed', ''],
    ['completed', 'transport error', 'completed', ''],
    ['accepted', '2xx', 'accepted', 'pass up'],
    ['accepted', 'timer M', 'terminated', ''],
    ['accepted', '1xx', 'accepted', ''],
    ['accepted', '300-699', 'accepted', ''],
    ['accepted', 'give up', 'accepted', ''],
    ['terminated', '2xx', 'terminated', ''],
  ];
  it.each(rows)('over UDP: %s, %s -> %s: %s', (state, event, next, actions) => {
    const step = inviteClient(state, event, udp);
    expect([step.next, written(step.actions)]).toEqual([next, actions]);
  });

  const reliable: readonly InviteClientRow[] = [
    ['calling', 'start', 'calling', 'send, B=32000'],
    ['calling', '300-699', 'terminated', '-A, -B, send ACK, pass up'],
    ['calling', 'connection broken', 'calling', 'report broken connection'],
    ['proceeding', 'connection broken', 'proceeding', ''],
    ['accepted', 'connection broken', 'accepted', ''],
    ['calling', '2xx', 'accepted', '-A, M=32000, pass up'],
    ['proceeding', '300-699', 'terminated', '-A, -B, send ACK, pass up'],
  ];
  it.each(reliable)('over TCP: %s, %s -> %s: %s', (state, event, next, actions) => {
    const step = inviteClient(state, event, tcp);
    expect([step.next, written(step.actions)]).toEqual([next, actions]);
  });
});

describe('non-INVITE client transaction (RFC 3261 figure 6)', () => {
  const rows: readonly NonInviteClientRow[] = [
    ['trying', 'start', 'trying', 'send, E=500, F=32000'],
    ['trying', 'timer E', 'trying', 'send, E=2000'],
    ['trying', '1xx', 'proceeding', 'pass up'],
    ['trying', '200-699', 'completed', '-E, K=5000, pass up'],
    ['trying', 'timer F', 'terminated', '-E, report timeout'],
    ['trying', 'transport error', 'terminated', '-E, -F, report transport error'],
    ['trying', 'timer K', 'trying', ''],
    ['proceeding', 'timer E', 'proceeding', 'send, E=4000'],
    ['proceeding', '1xx', 'proceeding', 'pass up'],
    ['proceeding', '200-699', 'completed', '-E, K=5000, pass up'],
    ['proceeding', 'timer F', 'terminated', '-E, report timeout'],
    ['proceeding', 'transport error', 'terminated', '-E, -F, report transport error'],
    ['completed', '200-699', 'completed', ''],
    ['completed', 'timer K', 'terminated', ''],
    ['terminated', '200-699', 'terminated', ''],
  ];
  it.each(rows)('over UDP: %s, %s -> %s: %s', (state, event, next, actions) => {
    const step = nonInviteClient(state, event, udp);
    expect([step.next, written(step.actions)]).toEqual([next, actions]);
  });

  const reliable: readonly NonInviteClientRow[] = [
    ['trying', 'start', 'trying', 'send, F=32000'],
    ['trying', '1xx', 'proceeding', 'pass up'],
    ['trying', '200-699', 'terminated', '-F, pass up'],
    ['proceeding', '200-699', 'terminated', '-F, pass up'],
  ];
  it.each(reliable)('over TCP: %s, %s -> %s: %s', (state, event, next, actions) => {
    const step = nonInviteClient(state, event, tcp);
    expect([step.next, written(step.actions)]).toEqual([next, actions]);
  });

  it('never waits longer than T2 between repetitions', () => {
    expect(written(nonInviteClient('trying', 'timer E', { reliable: false, intervalMs: 4_000 }).actions)).toBe('send, E=4000');
  });
});

describe('INVITE server transaction (RFC 3261 figure 7, RFC 6026 section 7.1)', () => {
  const rows: readonly InviteServerRow[] = [
    ['proceeding', 'INVITE again', 'proceeding', 'send'],
    ['proceeding', 'respond 1xx', 'proceeding', 'send'],
    ['proceeding', 'respond 2xx', 'accepted', 'send, L=32000'],
    ['proceeding', 'respond 300-699', 'completed', 'send, G=500, H=32000'],
    ['proceeding', 'transport error', 'proceeding', ''],
    ['proceeding', 'ACK', 'proceeding', ''],
    ['completed', 'INVITE again', 'completed', 'send'],
    ['completed', 'timer G', 'completed', 'send, G=2000'],
    ['completed', 'ACK', 'confirmed', '-G, I=5000'],
    ['completed', 'timer H', 'terminated', '-G, report timeout'],
    ['completed', 'transport error', 'completed', 'report transport error'],
    ['completed', 'respond 2xx', 'completed', ''],
    ['confirmed', 'INVITE again', 'confirmed', ''],
    ['confirmed', 'ACK', 'confirmed', ''],
    ['confirmed', 'timer I', 'terminated', ''],
    ['accepted', 'INVITE again', 'accepted', ''],
    ['accepted', 'respond 2xx', 'accepted', 'send'],
    ['accepted', 'ACK', 'accepted', 'pass up'],
    ['accepted', 'timer L', 'terminated', ''],
    ['accepted', 'transport error', 'accepted', 'report transport error'],
    ['terminated', 'INVITE again', 'terminated', ''],
  ];
  it.each(rows)('over UDP: %s, %s -> %s: %s', (state, event, next, actions) => {
    const step = inviteServer(state, event, udp);
    expect([step.next, written(step.actions)]).toEqual([next, actions]);
  });

  const reliable: readonly InviteServerRow[] = [
    ['proceeding', 'respond 300-699', 'completed', 'send, H=32000'],
    ['completed', 'ACK', 'terminated', '-H'],
    ['proceeding', 'respond 2xx', 'accepted', 'send, L=32000'],
    ['proceeding', 'transport error', 'terminated', 'report transport error'],
  ];
  it.each(reliable)('over TCP: %s, %s -> %s: %s', (state, event, next, actions) => {
    const step = inviteServer(state, event, tcp);
    expect([step.next, written(step.actions)]).toEqual([next, actions]);
  });

  it('never waits longer than T2 between repetitions', () => {
    expect(written(inviteServer('completed', 'timer G', { reliable: false, intervalMs: 4_000 }).actions)).toBe('send, G=4000');
  });
});

describe('non-INVITE server transaction (RFC 3261 figure 8)', () => {
  const rows: readonly NonInviteServerRow[] = [
    ['trying', 'request again', 'trying', ''],
    ['trying', 'respond 1xx', 'proceeding', 'send'],
    ['trying', 'respond 200-699', 'completed', 'send, J=32000'],
    ['trying', 'transport error', 'terminated', 'report transport error'],
    ['proceeding', 'request again', 'proceeding', 'send'],
    ['proceeding', 'respond 1xx', 'proceeding', 'send'],
    ['proceeding', 'respond 200-699', 'completed', 'send, J=32000'],
    ['proceeding', 'transport error', 'terminated', 'report transport error'],
    ['completed', 'request again', 'completed', 'send'],
    ['completed', 'respond 200-699', 'completed', ''],
    ['completed', 'timer J', 'terminated', ''],
    ['completed', 'transport error', 'terminated', '-J, report transport error'],
    ['terminated', 'request again', 'terminated', ''],
  ];
  it.each(rows)('over UDP: %s, %s -> %s: %s', (state, event, next, actions) => {
    const step = nonInviteServer(state, event, udp);
    expect([step.next, written(step.actions)]).toEqual([next, actions]);
  });

  it('over TCP is over with its final response', () => {
    const step = nonInviteServer('trying', 'respond 200-699', tcp);
    expect([step.next, written(step.actions)]).toEqual(['terminated', 'send']);
  });
});
