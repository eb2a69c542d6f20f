import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advanceRefer, asked, type ReferEvent, type ReferState } from './refer-progress.ts';

const response = (status: number, silent = false): ReferEvent => ({ kind: 'response', status, reason: 'said', silent });
const notify = (status: number | undefined, last = false): ReferEvent => ({
  kind: 'notify',
  heard: status === undefined ? undefined : { status, reason: 'heard' },
  last,
});
const other = (kind: 'unanswered' | 'ended' | 'deadline'): ReferEvent => ({ kind, reason: kind });
const stateAfter = (events: readonly ReferEvent[]): ReferState =>
  events.reduce<ReferState>((state, event) => (state.phase === 'over' ? state : advanceRefer(state, event)), asked);

describe('a REFER of ours', () => {
  it.each([
    ['is declined', [response(603)], { result: 'refused', sip: 603, reason: 'said' }],
    ['is not answered', [other('unanswered')], { result: 'refused', sip: 408, reason: 'unanswered' }],
    ['works', [response(202), notify(100), notify(180), notify(200, true)], { result: 'transferred', sip: 200, reason: 'heard' }],
    ['works, and the NOTIFY overtakes the response', [notify(200, true)], { result: 'transferred', sip: 200, reason: 'heard' }],
    ['fails', [response(202), notify(100), notify(486, true)], { result: 'failed', sip: 486, reason: 'heard' }],
    [
      'fails, and the last NOTIFY does not say it is the last',
      [response(202), notify(503)],
      { result: 'failed', sip: 503, reason: 'heard' },
    ],
    ['is accepted without news', [response(200, true)], { result: 'unknown', sip: 200, reason: 'The peer tells nothing of the new call' }],
    [
      'ends with nothing final',
      [response(202), notify(180), notify(undefined, true)],
      { result: 'unknown', sip: 180, reason: expect.any(String) },
    ],
    ['is forgotten by the peer', [response(202), notify(183), other('deadline')], { result: 'unknown', sip: 183, reason: 'deadline' }],
    ['was accepted when the call ended', [response(202), other('ended')], { result: 'unknown', reason: 'ended' }],
    ['was not even answered when the call ended', [other('ended')], { result: 'unknown', reason: 'ended' }],
  ])('%s', (_what, events, outcome) => {
    expect(stateAfter(events)).toEqual({ phase: 'over', outcome });
  });

  it('is under way until then', () => {
    expect(stateAfter([response(202)])).toEqual({ phase: 'accepted' });
    expect(stateAfter([response(202), notify(180), notify(undefined)])).toEqual({
      phase: 'accepted',
      heard: { status: 180, reason: 'heard' },
    });
  });

  it('has an outcome by the deadline, whatever comes in whatever order', () => {
    const event = fc.oneof(
      fc.tuple(fc.integer({ min: 200, max: 699 }), fc.boolean()).map(([status, silent]) => response(status, silent)),
      fc
        .tuple(fc.option(fc.integer({ min: 100, max: 699 }), { nil: undefined }), fc.boolean())
        .map(([status, last]) => notify(status, last)),
      fc.constantFrom(other('unanswered'), other('ended'), other('deadline')),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        expect(stateAfter([...events, other('deadline')]).phase).toBe('over');
      }),
    );
  });
});
