import { describe, expect, it } from 'vitest';
import { manager, numberToDial } from '../support/call-world.ts';
import { OTHER, THIRD, talking } from '../support/transfer-world.ts';

/** The media of a call that is over are closed so much later, as by a thread that is busy. */
const CLOSE_MS = 60;

describe('a transfer, when somebody hangs up while', () => {
  it.each([
    ['the one answers to whom a caller is sent, the caller', (at: Awaited<ReturnType<typeof talking>>) => at.phones.callTo(numberToDial)],
    ['the one refuses to whom a caller is sent, alice', (at: Awaited<ReturnType<typeof talking>>) => at.desk.callTo('alice'), 486],
  ])('%s: nothing fails, and nothing is left', async (_what, who, reject?: number) => {
    const third = { answerAfterMs: 600, says: 5, ...(reject !== undefined && { reject }) };
    const scene = await talking({}, { [THIRD]: third }, { mediaCloseMs: CLOSE_MS });
    const { world, desk, phones, refer, finish } = scene;
    refer(desk.callTo('alice')?.dialog, { uri: `sip:${THIRD}@10.0.0.1` });
    await world.clock.advance(590);
    void who(scene)?.dialog?.bye();
    await world.clock.advance(5000);
    for (const { dialog } of [...phones.calls, ...desk.calls]) void dialog?.bye();
    await finish();
  });
});

describe('who has dialled somebody, when sending that one on has failed', () => {
  async function failed() {
    const scene = await talking({}, { [THIRD]: { answerAfterMs: 300, reject: 486 } });
    void scene.phones.callTo(numberToDial)?.dialog?.bye();
    const { dialog } = await scene.dials(OTHER);
    const told = scene.refer(dialog, { uri: `sip:${THIRD}@10.0.0.1` });
    await scene.world.clock.advance(1500);
    expect(told.outcome).toMatchObject({ result: 'failed', sip: 486 });
    const session = scene.sessions[1] ?? expect.unreachable();
    return { ...scene, dialog, session, sessionId: session.row.id };
  }

  it('is held by the API for the other one, as before', async () => {
    const { world, phones, dialog, session, sessionId, hears, finish } = await failed();
    const other = phones.callTo(OTHER);
    const holding = world.service.live.hold(manager, { sessionId, callSid: session.callSid ?? '' });
    await world.clock.advance(500);
    await holding;
    expect(other?.offers).toEqual(['sendonly']);
    const resuming = world.service.live.patch(manager, { sessionId, callState: 'Connected' });
    await world.clock.advance(500);
    await resuming;
    expect(other?.offers).toEqual(['sendonly', 'sendrecv']);
    expect(hears(phones, OTHER)).not.toContain(4);
    void dialog?.bye();
    await finish();
    expect(other?.ended).toBe('peer');
    expect(session.outcome).toBe('CallerHungUp');
  });

  it('may try once more, and then leaves the two to each other', async () => {
    const { world, phones, dialog, refer, hears, session, finish } = await failed();
    const told = refer(dialog, { uri: `sip:${numberToDial}@10.0.0.1` });
    await world.clock.advance(3000);
    expect(told.outcome).toMatchObject({ result: 'transferred' });
    expect(dialog?.ended).toBe(true);
    expect(hears(phones, OTHER)).toEqual([1]);
    expect(session.endedAtMs).toBeUndefined();
    void phones.callTo(OTHER)?.dialog?.bye();
    await finish();
  });
});
