import { describe, expect, it } from 'vitest';
import { numberToDial } from '../support/call-world.ts';
import { FRIEND, talking } from '../support/transfer-world.ts';

describe('who is dialled and sends the caller on (REFER)', () => {
  it('to a number: the two talk, who sent it is told and hung up on', async () => {
    const { world, phones, desk, session, refer, hears, finish } = await talking();
    expect(hears(phones, numberToDial)).toEqual([2]);
    const told = refer(desk.callTo('alice')?.dialog, { uri: `sip:${FRIEND}@10.0.0.1` });
    await world.clock.advance(500);
    expect(told.outcome).toBeUndefined();
    await world.clock.advance(1000);
    expect(told.outcome).toEqual({ result: 'transferred', sip: 200, reason: 'OK' });
    await world.clock.advance(2000);
    expect(desk.callTo('alice')?.ended).toBe('peer');
    expect(hears(phones, numberToDial)).toEqual([3]);
    expect(hears(phones, FRIEND)).toEqual([1]);
    void phones.callTo(FRIEND)?.dialog?.bye();
    await finish();
    expect(session.outcome).toBe('Done');
    expect(session.lines).toEqual(
      expect.arrayContaining(['ALICE transfers the call', `Calling ${FRIEND}`, 'ALICE has transferred the call', `Joined with ${FRIEND}`]),
    );
  });

  it('and hangs up at once: the call goes on all the same', async () => {
    const { world, phones, desk, session, refer, hears, finish } = await talking();
    const { dialog } = desk.callTo('alice') ?? {};
    refer(dialog, { uri: `sip:${FRIEND}@10.0.0.1` });
    await world.clock.advance(100);
    void dialog?.bye();
    await world.clock.advance(2500);
    expect(hears(phones, FRIEND)).toEqual([1]);
    void phones.callTo(numberToDial)?.dialog?.bye();
    await finish();
    expect(session.outcome).toBe('CalleeHungUp');
    expect(phones.callTo(FRIEND)?.ended).toBe('peer');
  });

  it.each([
    ['is busy', `sip:${FRIEND}@10.0.0.1`, 486],
    ['is nobody that can be called', 'sip:4711@10.0.0.1', 404],
    ['is a user of SIP without a phone', 'sip:bob@10.0.0.1', 480],
  ])('to somebody who %s: is told so, and talks on', async (_what, uri, status) => {
    const { world, phones, desk, session, refer, hears, finish } = await talking({}, { [FRIEND]: { answerAfterMs: 300, reject: 486 } });
    const { dialog } = desk.callTo('alice') ?? {};
    const told = refer(dialog, { uri });
    await world.clock.advance(2000);
    expect(told.outcome).toMatchObject({ result: 'failed', sip: status });
    expect(hears(phones, numberToDial)).toEqual([2]);
    void dialog?.bye();
    await finish();
    expect(session.outcome).toBe('Done');
  });

  it('and is gone when that comes to nothing: the flow goes on', async () => {
    const { world, desk, session, refer, finish } = await talking({}, { [FRIEND]: { answerAfterMs: 1000, reject: 486 } });
    const { dialog } = desk.callTo('alice') ?? {};
    refer(dialog, { uri: `sip:${FRIEND}@10.0.0.1` });
    await world.clock.advance(100);
    void dialog?.bye();
    await finish();
    expect(session.outcome).toBe('Done');
  });

  it('while the caller hangs up: nobody is called any more', async () => {
    const { world, phones, desk, session, refer, finish } = await talking({}, { [FRIEND]: {} });
    refer(desk.callTo('alice')?.dialog, { uri: `sip:${FRIEND}@10.0.0.1` });
    await world.clock.advance(500);
    void phones.callTo(numberToDial)?.dialog?.bye();
    await finish();
    expect(session.outcome).toBe('CalleeHungUp');
    expect(phones.callTo(FRIEND)?.cancelled).toBe(true);
    expect(desk.callTo('alice')?.ended).toBe('peer');
  });

  it('is declined when the flow does not allow it, and so is a caller who asks', async () => {
    const denied = await talking({ dial: { AllowTransfer: false } });
    const first = denied.refer(denied.desk.callTo('alice')?.dialog, { uri: `sip:${FRIEND}@10.0.0.1` });
    await denied.world.clock.advance(500);
    expect(first.outcome).toEqual({ result: 'refused', sip: 603, reason: 'Decline' });
    void denied.desk.callTo('alice')?.dialog?.bye();
    await denied.finish();
    expect(denied.phones.callTo(FRIEND)).toBeUndefined();

    const allowed = await talking();
    const second = allowed.refer(allowed.phones.callTo(numberToDial)?.dialog, { uri: `sip:${FRIEND}@10.0.0.1` });
    await allowed.world.clock.advance(500);
    expect(second.outcome).toMatchObject({ result: 'refused', sip: 603 });
    void allowed.desk.callTo('alice')?.dialog?.bye();
    await allowed.finish();
  });
});
