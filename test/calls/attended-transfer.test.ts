import { describe, expect, it } from 'vitest';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import { numberToDial } from '../support/call-world.ts';
import { FRIEND, named, OTHER, talking } from '../support/transfer-world.ts';

type Scene = Awaited<ReturnType<typeof talking>>;

/** Alice, with a caller at one call, has dialled somebody else in another. */
async function consulting(
  ...parameters: Parameters<typeof talking>
): Promise<Scene & { first: Dialog | undefined; second: Dialog | undefined }> {
  const scene = await talking(...parameters);
  const call = await scene.dials(OTHER);
  return { ...scene, first: scene.desk.callTo('alice')?.dialog, second: call.dialog };
}

describe('who has two calls and joins the other sides of both (REFER with Replaces)', () => {
  it.each([
    ['asked for in the call that came in', 'first', 'second'],
    ['asked for in the call that went out', 'second', 'first'],
  ] as const)('%s: the two talk, who joined them is told and hung up on in both', async (_what, here, there) => {
    const scene = await consulting();
    const { world, phones, desk, sessions, refer, hears, finish } = scene;
    expect(hears(phones, numberToDial)).toEqual([2]);
    const told = refer(scene[here], named(scene[there]));
    await world.clock.advance(300);
    expect(told.outcome).toEqual({ result: 'transferred', sip: 200, reason: 'OK' });
    await world.clock.advance(2500);
    expect([scene.first?.ended, scene.second?.ended]).toEqual([true, true]);
    expect(hears(phones, numberToDial)).toEqual([4]);
    expect(hears(phones, OTHER)).toEqual([1]);
    expect(sessions[1]?.endedAtMs).toBeDefined();
    expect(sessions[0]?.endedAtMs).toBeUndefined();
    expect(world.liveThings()).toMatchObject({ sessions: 1, legs: 2, streams: 2 });
    void phones.callTo(OTHER)?.dialog?.bye();
    await finish();
    expect(sessions.map(({ outcome }) => outcome)).toEqual(['Done', 'Completed']);
    expect(sessions[0]?.lines).toEqual(expect.arrayContaining(['ALICE has transferred the call', `Joined with ${OTHER}`]));
    expect(sessions[1]?.lines).toContain(`${OTHER} is handed over to another call`);
    expect(desk.callTo('alice')?.ended).toBe('peer');
  });

  it('of which both came in: each goes on with the flow that it has when the other hangs up', async () => {
    const scene = await talking({}, { [FRIEND]: { answerAfterMs: 100, says: 3 } });
    const { world, phones, desk, sessions, refer, hears, finish } = scene;
    sessions.push(await world.call({ numberToDial: FRIEND }));
    await world.clock.advance(1500);
    const [first, second] = desk.calls.map(({ dialog }) => dialog);
    const told = refer(first, named(second));
    await world.clock.advance(2500);
    expect(told.outcome).toMatchObject({ result: 'transferred' });
    expect([first?.ended, second?.ended]).toEqual([true, true]);
    expect(hears(phones, numberToDial)).toEqual([3]);
    expect(hears(phones, FRIEND)).toEqual([1]);
    void phones.callTo(numberToDial)?.dialog?.bye();
    await finish();
    expect(sessions.map(({ outcome }) => outcome)).toEqual(['CalleeHungUp', 'Done']);
  });

  it('is hung up with the caller who was joined', async () => {
    const { world, phones, sessions, refer, first, second, finish } = await consulting();
    refer(first, named(second));
    await world.clock.advance(2000);
    void phones.callTo(numberToDial)?.dialog?.bye();
    await finish();
    expect(sessions.map(({ outcome }) => outcome)).toEqual(['CalleeHungUp', 'Completed']);
    expect(phones.callTo(OTHER)?.ended).toBe('peer');
  });

  it.each([
    ['the first flow does not allow it', { dial: { AllowTransfer: false } }],
    ['the second flow does not allow it', { out: { AllowTransfer: false } }],
  ])('is declined when %s', async (_what, parameters) => {
    const { world, phones, refer, hears, first, second, finish } = await consulting(parameters);
    const told = refer(first, named(second));
    await world.clock.advance(500);
    expect(told.outcome).toMatchObject({ result: 'refused', sip: 603 });
    expect(hears(phones, numberToDial)).toEqual([2]);
    void first?.bye();
    void second?.bye();
    await finish();
  });

  it('is declined for a call that is not there', async () => {
    const { world, refer, first, second, finish } = await consulting();
    const { uri, replaces } = named(second);
    const told = refer(first, { uri, replaces: { ...replaces, toTag: 'guessed' } });
    await world.clock.advance(500);
    expect(told.outcome).toMatchObject({ result: 'refused', sip: 603 });
    void first?.bye();
    void second?.bye();
    await finish();
  });

  it('is declined for a call of somebody else, whoever knows its name', async () => {
    const { world, phones, refer, first, second, finish } = await consulting();
    // The one whom alice has dialled sits at another address.
    const told = refer(phones.callTo(OTHER)?.dialog, named(first));
    await world.clock.advance(500);
    expect(told.outcome).toMatchObject({ result: 'refused', sip: 603 });
    void first?.bye();
    void second?.bye();
    await finish();
  });
});
