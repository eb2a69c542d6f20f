import { describe, expect, it } from 'vitest';
import { compiled, into, to } from '../../../test/support/flow-builder.ts';
import { runOnCall } from '../../../test/support/flow-call.ts';
import type { TransferOutcome } from '../../telephony/port.ts';

const exits = ['Transferred', 'Accepted', 'Refused', 'Failed'];
const flow = (target: string) =>
  compiled({
    move: [
      'TransferNode',
      { Target: target, SipStatus: into('Status'), Reason: into('Why'), ...Object.fromEntries(exits.map((exit) => [exit, to(exit)])) },
    ],
    ...Object.fromEntries(exits.map((exit) => [exit, ['HangUpNode', { Outcome: exit }] as const])),
  });

describe('Transfer', () => {
  it.each([
    [{ result: 'transferred', sip: 200, reason: 'OK' }, 'Transferred'],
    [{ result: 'unknown', reason: 'silence' }, 'Accepted'],
    [{ result: 'failed', sip: 486, reason: 'Busy Here' }, 'Failed'],
    [{ result: 'refused', sip: 603, reason: 'Decline' }, 'Refused'],
  ] satisfies [TransferOutcome, string][])('%j leaves by %s', async (outcome, exit) => {
    const { result, call } = await runOnCall(flow('+15550177'), { script: { transfers: { afterMs: 500, outcome } } });
    expect(call.leg.transferredTo).toEqual(['+15550177']);
    expect(result).toMatchObject({
      end: { why: 'hung-up', outcome: exit },
      session: { Status: 'sip' in outcome ? outcome.sip : 0, Why: outcome.reason },
    });
  });

  it('ends with the call', async () => {
    const outcome: TransferOutcome = { result: 'transferred', sip: 200, reason: 'OK' };
    const { result } = await runOnCall(flow('sip:bob@example.com'), { script: { transfers: { afterMs: 500, outcome }, hangsUpAtMs: 100 } });
    expect(result.end).toEqual({ why: 'call-ended' });
  });

  it.each(['', 'bob', 'http://example.com', '+1 555', 'sip:bob@example.com>', 'sip:bob@example.com\r\nX: y', `+${'1'.repeat(40)}`])(
    'cannot go to %j',
    (target) => {
      expect(() => flow(target)).toThrow();
    },
  );
});
