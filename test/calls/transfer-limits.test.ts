import { describe, expect, it } from 'vitest';
import { manager, numberToDial } from '../support/call-world.ts';
import { FRIEND, talking } from '../support/transfer-world.ts';

const uriOf = (number: string): string => `sip:${number}@10.0.0.1`;

describe('who sends the caller on', () => {
  it('neither hears the caller meanwhile nor is heard: the caller hears that it rings', async () => {
    const { world, phones, desk, refer, hears, finish } = await talking();
    refer(desk.callTo('alice')?.dialog, { uri: uriOf(FRIEND) });
    await world.clock.advance(700);
    expect(hears(desk, 'alice')).not.toContain(1);
    expect(hears(phones, numberToDial)).not.toContain(2);
    const sinceMs = world.clock.now() - 400;
    const heard = phones.callTo(numberToDial)?.rtp.received.filter(({ atMs }) => atMs > sinceMs) ?? [];
    expect(heard.some(({ payload }) => new Set(payload).size > 10)).toBe(true);
    await world.clock.advance(2500);
    void phones.callTo(FRIEND)?.dialog?.bye();
    await finish();
  });

  it('may not do it while the call is on hold', async () => {
    const { world, phones, desk, session, refer, hears, finish } = await talking();
    const sessionId = session.row.id;
    await world.service.live.hold(manager, { sessionId });
    await world.clock.advance(300);
    const told = refer(desk.callTo('alice')?.dialog, { uri: uriOf(FRIEND) });
    await world.clock.advance(1500);
    expect(told.outcome).toMatchObject({ result: 'refused', sip: 603 });
    expect(phones.callTo(FRIEND)).toBeUndefined();
    const resumed = world.service.live.patch(manager, { sessionId, callState: 'Connected' });
    await world.clock.advance(500);
    await resumed;
    expect(hears(phones, numberToDial)).toEqual([2]);
    void desk.callTo('alice')?.dialog?.bye();
    await finish();
  });
});
