import { describe, expect, it } from 'vitest';
import { compiled, into, type ShortParameter, to } from '../../../test/support/flow-builder.ts';
import { runOnCall } from '../../../test/support/flow-call.ts';
import type { TransferOutcome } from '../../telephony/port.ts';
import type { AttendedResult } from '../second-party.ts';

const exits: readonly AttendedResult['end'][] = ['Transferred', 'Accepted', 'Refused', 'Failed', 'Joined', 'NoAnswer', 'Busy', 'Rejected'];
const outputs = { SipStatus: into('Status'), Reason: into('Why'), AnsweredBy: into('Who'), DurationInSeconds: into('Seconds') };
const flow = (target: string, more: Readonly<Record<string, ShortParameter>> = {}) =>
  compiled({
    move: ['TransferNode', { Target: target, ...outputs, ...Object.fromEntries(exits.map((exit) => [exit, to(exit)])), ...more }],
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

  it.each(['bob', 'http://example.com', 'sip:bob@example.com>', 'sip:bob@example.com\r\nX: y', `+${'1'.repeat(40)}`])(
    'cannot go to %j',
    (target) => {
      expect(() => flow(target)).toThrow();
    },
  );

  it.each([
    ['to nobody', { Target: '' }, 'Target'],
    ['to several', { Target: '+15550177, +15550178' }, 'Target'],
    ['to a user', { Target: '', User: 'ada' }, 'User'],
    ['to a number and a user', { User: 'ada' }, 'User'],
    ['to a number and a team', { Team: 'sales' }, 'Team'],
    ['to what the call says and an endpoint', { Target: '{{ Session.From }}', Endpoint: 'desk' }, 'Endpoint'],
  ])('cannot be saved as blind %s', (_what, more, input) => {
    expect(() => flow('+15550177', more)).toThrow(`${input}`);
  });

  it('cannot be saved without a Target', () => {
    expect(() => compiled({ move: ['TransferNode', { Transferred: to('end') }], end: ['HangUpNode', {}] })).toThrow('Target');
  });

  it.each([
    ['attended to several', { Mode: 'Attended', Target: '+18144043111, +18144043222' }],
    ['as the call says', { Mode: '{{ Session.How }}', Target: '' }],
  ])('can be saved %s', (_what, more) => {
    expect(() => flow('', more)).not.toThrow();
  });

  it.each([
    ['to nobody', ''],
    ['to several', '+15550177, +15550178'],
  ])('fails when the call says that it goes %s', async (_what, target) => {
    const { result, call } = await runOnCall(flow(`{{ '${target}' | append: Session.Nothing }}`));
    expect(result.end).toMatchObject({ outcome: 'Failed' });
    expect(call.leg.transferredTo).toEqual([]);
  });
});

describe('Transfer, attended', () => {
  const attended = (more: Readonly<Record<string, ShortParameter>> = {}) => flow('+18144043111', { Mode: 'Attended', ...more });

  it('orders a call to the number as Dial does, with the music of the server, and asks nobody itself', async () => {
    const { call } = await runOnCall(attended());
    expect(call.transfers).toEqual([
      {
        parties: [{ number: '+18144043111' }],
        callerId: undefined,
        ringTimeoutMs: 30_000,
        acceptKeys: '',
        whisper: undefined,
        meanwhile: expect.objectContaining({ id: 'music' }),
      },
    ]);
    expect([call.orders, call.leg.transferredTo, call.holds]).toEqual([[], [], []]);
  });

  it('says what the author has chosen', async () => {
    const chosen = { CallerId: '+18144043000', TimeoutInSeconds: 12, WhisperText: 'A call', RequireKeyPress: '1', HoldMusic: 'song' };
    const { call } = await runOnCall(attended({ Target: '', Team: 'sales', ...chosen }));
    expect(call.transfers).toMatchObject([
      {
        parties: [{ endpointId: 'sales', type: 'Team' }],
        callerId: '+18144043000',
        ringTimeoutMs: 12_000,
        acceptKeys: '1',
        whisper: { id: 'A call' },
        meanwhile: { id: 'file:song' },
      },
    ]);
  });

  it.each(exits.map((exit) => [exit] as const))('is left by %s when that is what came of it', async (exit) => {
    const result = { end: exit, sip: 486, reason: 'Told', answeredBy: 'ALICE', talkedMs: 2500 };
    const { result: done, call } = await runOnCall(attended(), { attended: result });
    expect(call.leftBy('move')).toBe(exit);
    expect(done.session).toEqual({ Status: 486, Why: 'Told', Who: 'ALICE', Seconds: 2.5 });
  });

  it.each([
    ['a URI', { Target: 'sip:bob@example.com' }],
    ['an extension', { Target: '100' }],
    ['nobody', { Target: '' }],
    ['two', { User: 'ada' }],
  ])('fails for %s', async (_what, more) => {
    const { result, call } = await runOnCall(attended(more));
    expect(result.end).toMatchObject({ outcome: 'Failed' });
    expect(call.transfers).toEqual([]);
  });
});
