import { describe, expect, it } from 'vitest';
import { numberToDial } from '../support/call-world.ts';
import { transfers } from '../support/kinds-of-transfers.ts';
import { talking } from '../support/transfer-world.ts';

const CHANNELS = 6;

const cases = Object.keys(transfers).flatMap((what) =>
  [0, 10, 200, 590, 700, 1700, 3000].flatMap((atMs) =>
    (['alice', 'the first', 'the second'] as const).map((who) => [what, who, atMs] as const),
  ),
);

describe('alice transfers', () => {
  it.each(cases)('%s, and %s hangs up after %i ms: nothing is left', async (what, who, atMs) => {
    const scene = await talking({}, {}, { maxChannels: CHANNELS, trunk: { callsPerSecond: 1000 } });
    const { world, phones, sessions, refer, finish } = scene;
    const { asking, target, alice, others } = (await transfers[what]?.(scene)) ?? expect.unreachable();
    const told = refer(asking, target);
    await world.clock.advance(atMs);
    const endOf = (number: string): void => void phones.callTo(number)?.dialog?.bye();
    if (who === 'alice') for (const dialog of alice) void dialog?.bye();
    else endOf(who === 'the first' ? others[0] : others[1]);
    await world.clock.advance(5000);
    if (who !== 'alice') expect(told.outcome?.sip).toBeGreaterThanOrEqual(200);
    // Whoever is left hangs up.
    for (const dialog of alice) void dialog?.bye();
    await world.clock.advance(2000);
    for (const number of [...others, numberToDial]) endOf(number);
    for (const session of sessions) expect(await world.over(session)).toBe(true);
    expect(world.liveThings()).toMatchObject({ sessions: 0, legs: 0, streams: 0 });
    // Every channel of the trunk is free again.
    for (let channel = 0; channel < CHANNELS; channel++) sessions.push(await world.call({ numberToDial: '+18144043999' }));
    await expect(world.call()).rejects.toMatchObject({ code: 'NO_CAPACITY' });
    await finish();
  });
});
