import { describe, expect, it } from 'vitest';
import { callWorld, manager, nothingLeft, numberToDial } from '../support/call-world.ts';
import { dialled } from '../support/dialled-call.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { type Person, partyPhones } from '../support/party-phones.ts';

const FRIEND = '+18144043111';
const OTHER = '+18144043222';

/** What the log says of how the calls of a number went, but for the name that each has at the carrier. */
const linesOf = (lines: readonly string[], number: string): string[] =>
  lines.filter((line) => line.startsWith(`${number}: `) && !line.startsWith(`${number}: Call-ID `));

/** A call that waits a minute for what a redirection or a conference does with it. */
async function redirectable(people: Readonly<Record<string, Person>>) {
  const flow = flowOf({ wait: ['WaitNode', { Timeout: 60, Done: to('bye') }], bye: ['HangUpNode'] });
  const world = callWorld({ flow, phoneIsThere: false });
  const phones = partyPhones(world, { [numberToDial]: { answerAfterMs: 100, says: 1 }, ...people });
  const session = await world.call();
  await world.clock.advance(1000);
  return { world, phones, session, sessionId: session.row.id };
}

describe('what a session says of those who were called beside it', () => {
  it.each([
    [503, 'The trunk or the callee cannot be reached (SIP 503 Service Unavailable)'],
    [404, 'The number does not exist (SIP 404 Not Found)'],
    [488, 'The call failed (SIP 488 Not Acceptable Here)'],
    [486, 'The callee is busy (SIP 486 Busy Here)'],
  ])('tells an attempt that %i ended, in its log and in its report', async (reject, sentence) => {
    const { session, left } = await dialled({ [FRIEND]: { answerAfterMs: 500, reject } }, { Number: FRIEND });
    expect(linesOf(session.lines, FRIEND)).toEqual([`${FRIEND}: ${sentence}`]);
    expect(session.partyReports).toEqual([{ address: FRIEND, callSid: expect.any(String), sipCause: reject, end: sentence }]);
    expect(left).toEqual(nothingLeft);
  });

  it('tells each of several once, with the audio of those who had some', async () => {
    const { session, phones, left } = await dialled(
      { [FRIEND]: {}, [OTHER]: { answerAfterMs: 1500, says: 3, hangUpAfterMs: 5000 } },
      { Number: `${FRIEND},${OTHER}` },
    );
    const [friend, other] = [session.partyReports?.[0], session.partyReports?.[1]];
    expect(session.partyReports).toHaveLength(2);
    expect(friend).toMatchObject({ address: FRIEND, end: expect.stringContaining('Cancelled before it was answered') });
    expect(friend).not.toHaveProperty('mediaReport');
    expect(other).toMatchObject({
      address: OTHER,
      callSid: phones.callTo(OTHER)?.callId,
      end: 'The callee hung up',
      mediaReport: { codec: 'PCMU', audioReceived: true, problems: [] },
    });
    expect(other?.mediaReport?.packetsReceived).toBeGreaterThan(200);
    for (const number of [FRIEND, OTHER]) expect(linesOf(session.lines, number)).toHaveLength(1);
    expect(session.mediaReport).toMatchObject({ codec: 'PCMU' });
    expect(left).toEqual(nothingLeft);
  });

  it('tells the second of two who answer in the same moment, and who does not take the call', async () => {
    const both = { answerAfterMs: 1500, hangUpAfterMs: 1000 };
    const first = await dialled({ [FRIEND]: both, [OTHER]: both }, { Number: `${FRIEND},${OTHER}` });
    expect(linesOf(first.session.lines, OTHER)).toEqual([`${OTHER}: Cancelled before it was answered (SIP 487)`]);
    expect(first.left).toEqual(nothingLeft);
    const people = { [FRIEND]: { answerAfterMs: 500, hangUpAfterMs: 2000 } };
    const second = await dialled(people, { Number: FRIEND, RequireKeyPress: '1' });
    expect(linesOf(second.session.lines, FRIEND)).toEqual([`${FRIEND}: The callee hung up`]);
    expect(second.session.partyReports).toMatchObject([{ address: FRIEND, mediaReport: { codec: 'PCMU' } }]);
    expect(second.left).toEqual(nothingLeft);
  });

  it('has the advice of the media doctor for a party that is not heard', async () => {
    const { session, left } = await dialled({ [FRIEND]: { answerAfterMs: 500, isMute: true, hangUpAfterMs: 10_000 } }, { Number: FRIEND });
    const [report] = session.partyReports ?? [];
    expect(report?.mediaReport).toMatchObject({
      oneWayAudio: true,
      problems: [{ problem: 'NothingReceived', advice: expect.any(String) }],
    });
    expect(session.mediaReport).toMatchObject({ oneWayAudio: false });
    expect(left).toEqual(nothingLeft);
  });

  it('tells of whom a call was redirected to, and who was called into its conference', async () => {
    const { world, phones, session, sessionId } = await redirectable({
      [FRIEND]: { answerAfterMs: 100, says: 2, hangUpAfterMs: 3000 },
      [OTHER]: { answerAfterMs: 100, reject: 488 },
    });
    await world.service.conferences.start(manager, { sessionId });
    for (const destination of [FRIEND, OTHER]) await world.service.conferences.addMember(manager, { sessionId, destination });
    await world.clock.advance(5000);
    void world.service.live.redirect(manager, { sessionId, destination: OTHER });
    expect(await world.over(session)).toBe(true);
    expect(session.partyReports).toMatchObject([
      { address: OTHER, sipCause: 488, end: 'The call failed (SIP 488 Not Acceptable Here)' },
      { address: FRIEND, end: 'The callee hung up', mediaReport: { codec: 'PCMU' } },
      { address: OTHER, sipCause: 488 },
    ]);
    expect(session.lines.filter((line) => line === `${OTHER}: The call failed (SIP 488 Not Acceptable Here)`)).toHaveLength(2);
    expect(session.lines.filter((line) => line === `${FRIEND}: The callee hung up`)).toHaveLength(1);
    const left = await world.finish();
    await phones.close();
    expect({ ...left, ports: (left.ports ?? 0) - phones.calls.length - 1 }).toEqual(nothingLeft);
  });
});
