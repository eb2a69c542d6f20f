import { describe, expect, it } from 'vitest';
import { manager, numberToDial } from '../support/call-world.ts';
import { named, OTHER, THIRD, talking } from '../support/transfer-world.ts';

/** Alice has dialled somebody from her desk, and the call in which she was dialled is over. */
async function calling(...parameters: Parameters<typeof talking>) {
  const scene = await talking(...parameters);
  void scene.phones.callTo(numberToDial)?.dialog?.bye();
  const { dialog } = await scene.dials(OTHER);
  return { ...scene, first: dialog };
}

describe('who has dialled somebody and sends that one on (REFER)', () => {
  it.each([
    ['waits for what comes of it', false],
    ['hangs up at once', true],
  ])('and %s: the two talk until one of them hangs up', async (_what, hangsUp) => {
    const { world, phones, sessions, first, refer, hears, finish } = await calling();
    const told = refer(first, { uri: `sip:${THIRD}@10.0.0.1` });
    await world.clock.advance(200);
    if (hangsUp) void first?.bye();
    await world.clock.advance(1000);
    if (!hangsUp) expect(told.outcome).toEqual({ result: 'transferred', sip: 200, reason: 'OK' });
    await world.clock.advance(1500);
    expect(first?.ended).toBe(true);
    expect(hears(phones, OTHER)).toEqual([5]);
    expect(hears(phones, THIRD)).toEqual([4]);
    expect(world.liveThings()).toMatchObject({ sessions: 1, legs: 2, streams: 2 });
    expect(sessions[1]?.endedAtMs).toBeUndefined();
    await world.clock.advance(10_000);
    const hungUpAtMs = world.clock.now();
    void phones.callTo(THIRD)?.dialog?.bye();
    await finish();
    expect(phones.callTo(OTHER)?.ended).toBe('peer');
    expect(sessions[1]?.endedAtMs).toBeGreaterThanOrEqual(hungUpAtMs);
    expect(sessions[1]?.outcome).toBe(hangsUp ? 'CallerHungUp' : 'Completed');
    expect(sessions[1]?.lines).toEqual(
      expect.arrayContaining(['alice transfers the call', `Calling ${THIRD}`, 'alice has transferred the call', `Joined with ${THIRD}`]),
    );
  });

  it('to somebody who is busy: is told so and talks on, and the flow goes on when the other one hangs up', async () => {
    const { world, phones, sessions, first, refer, hears, finish } = await calling({}, { [THIRD]: { answerAfterMs: 300, reject: 486 } });
    const told = refer(first, { uri: `sip:${THIRD}@10.0.0.1` });
    await world.clock.advance(1500);
    expect(told.outcome).toMatchObject({ result: 'failed', sip: 486 });
    expect(first?.ended).toBe(false);
    expect(hears(phones, OTHER)).not.toEqual([5]);
    void phones.callTo(OTHER)?.dialog?.bye();
    await finish();
    expect(sessions[1]?.outcome).toBe('Done');
  });

  it('to somebody who is busy: the two are again who they were, so that the other one may send it on, whose call is over then', async () => {
    const { world, phones, sessions, first, refer, finish } = await calling({}, { [THIRD]: { answerAfterMs: 300, reject: 486 } });
    refer(first, { uri: `sip:${THIRD}@10.0.0.1` });
    await world.clock.advance(1500);
    const told = refer(phones.callTo(OTHER)?.dialog, { uri: `sip:${numberToDial}@10.0.0.1` });
    await world.clock.advance(2500);
    expect(told.outcome).toEqual({ result: 'transferred', sip: 200, reason: 'OK' });
    expect([phones.callTo(OTHER)?.ended, first?.ended]).toEqual(['peer', false]);
    expect(world.liveThings()).toMatchObject({ sessions: 1, legs: 2 });
    expect(sessions[1]?.lines).toEqual(expect.arrayContaining([`${OTHER} transfers the call`, `${OTHER} has transferred the call`]));
    void first?.bye();
    await finish();
    expect(sessions[1]?.outcome).toBe('CallerHungUp');
  });

  it('and is gone when that comes to nothing: the other one is hung up', async () => {
    const { world, phones, first, refer, finish } = await calling({}, { [THIRD]: { answerAfterMs: 1000, reject: 486 } });
    refer(first, { uri: `sip:${THIRD}@10.0.0.1` });
    await world.clock.advance(100);
    void first?.bye();
    await finish();
    expect(phones.callTo(OTHER)?.ended).toBe('peer');
  });

  it('to a number and then is sent on itself by that one, since the flow allows it', async () => {
    const { world, phones, first, refer, hears, finish } = await calling();
    refer(first, { uri: `sip:${THIRD}@10.0.0.1` });
    await world.clock.advance(2500);
    const told = refer(phones.callTo(THIRD)?.dialog, { uri: `sip:${numberToDial}@10.0.0.1` });
    await world.clock.advance(2500);
    expect(told.outcome).toMatchObject({ result: 'transferred' });
    expect(phones.callTo(THIRD)?.ended).toBe('peer');
    expect(hears(phones, OTHER)).toEqual([1]);
    void phones.callTo(OTHER)?.dialog?.bye();
    await finish();
  });

  it('is declined when the flow does not allow it', async () => {
    const { world, phones, first, refer, finish } = await calling({ out: { AllowTransfer: false } });
    const told = refer(first, { uri: `sip:${THIRD}@10.0.0.1` });
    await world.clock.advance(500);
    expect(told.outcome).toMatchObject({ result: 'refused', sip: 603 });
    expect(phones.callTo(THIRD)).toBeUndefined();
    void first?.bye();
    await finish();
  });
});

describe('who has dialled two and joins them (REFER with Replaces)', () => {
  async function both(...parameters: Parameters<typeof talking>) {
    const scene = await calling(...parameters);
    const { dialog } = await scene.dials(THIRD);
    return { ...scene, second: dialog };
  }

  it.each([OTHER, THIRD])('the two talk until %s hangs up, and who joined them is told and hung up on in both', async (who) => {
    const { world, phones, sessions, first, second, refer, hears, finish } = await both();
    const told = refer(first, named(second));
    await world.clock.advance(300);
    expect(told.outcome).toEqual({ result: 'transferred', sip: 200, reason: 'OK' });
    await world.clock.advance(2500);
    expect([first?.ended, second?.ended]).toEqual([true, true]);
    expect(hears(phones, OTHER)).toEqual([5]);
    expect(hears(phones, THIRD)).toEqual([4]);
    expect(world.liveThings()).toMatchObject({ sessions: 1, legs: 2, streams: 2 });
    expect(sessions.map(({ endedAtMs }) => endedAtMs !== undefined)).toEqual([true, false, true]);
    void phones.callTo(who)?.dialog?.bye();
    await finish();
    expect(sessions.slice(1).map(({ outcome }) => outcome)).toEqual(['Completed', 'Completed']);
    expect(sessions[1]?.lines).toEqual(expect.arrayContaining(['alice has transferred the call', `Joined with ${THIRD}`]));
    expect(sessions[2]?.lines).toContain(`${THIRD} is handed over to another call`);
  });

  it('the two are hung up when the session is ended', async () => {
    const { world, phones, sessions, first, second, refer, finish } = await both();
    refer(first, named(second));
    await world.clock.advance(2500);
    await world.service.end(manager, sessions[1]?.row.id ?? '');
    await finish();
    expect(sessions[1]?.outcome).toBe('Cancelled');
    expect([phones.callTo(OTHER)?.ended, phones.callTo(THIRD)?.ended]).toEqual(['peer', 'peer']);
  });

  it('the two are hung up when the server stops', async () => {
    const { world, phones, first, second, refer, finish } = await both();
    refer(first, named(second));
    await world.clock.advance(2500);
    await world.stop();
    expect(world.liveThings().legs).toBe(0);
    await finish();
    expect([phones.callTo(OTHER)?.ended, phones.callTo(THIRD)?.ended]).toEqual(['peer', 'peer']);
  });
});
