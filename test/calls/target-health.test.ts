import { describe, expect, it } from 'vitest';
import { callWorld, nothingLeft, PHONE } from '../support/call-world.ts';
import { carrier, targetAt } from '../support/carriers.ts';
import { flowOf } from '../support/flow-builder.ts';
import { ListenerWatch } from '../support/listener-watch.ts';
import { settledMemory } from '../support/settled-memory.ts';
import { startLine } from '../support/sip-agents.ts';

const flow = flowOf({ bye: ['HangUpNode'] });
const FIRST = '10.0.1.1';
const targets = [targetAt(FIRST), targetAt(PHONE, { priority: 1 })];
const at = { port: 5060, transport: 'Udp' } as const;
const settings = {
  targets: [
    { host: FIRST, ...at },
    { host: PHONE, ...at, priority: 1 },
  ],
  healthCheckIntervalInSeconds: 30,
};

/** A world in which the first target is there or not, and messages to it are counted by their method. */
function scene(options: Partial<Parameters<typeof callWorld>[0]> = {}) {
  const sent: string[] = [];
  const world = callWorld({
    flow,
    targets,
    ...options,
    filter: (bytes, _from, { address }) => {
      if (address === FIRST) sent.push(startLine(Buffer.from(bytes).toString()));
      return 'pass';
    },
  });
  const statesOf = () => world.targetHealth.statesOf('trunk-1')?.map(({ host, state, status }) => ({ host, state, status }));
  return { world, sent, statesOf };
}

describe('the checks of the targets of a trunk', () => {
  it('find out who is there, who is gone, and who has come back', async () => {
    const { world, statesOf } = scene({ trunkSettings: settings });
    await world.clock.advance(30_000);
    expect(statesOf()).toEqual([
      { host: FIRST, state: 'Down', status: undefined },
      { host: PHONE, state: 'Up', status: 200 },
    ]);
    const first = carrier(world, FIRST, (invite) => invite.reject(500));
    await world.clock.advance(45_000);
    expect(statesOf()?.[0]).toEqual({ host: FIRST, state: 'Up', status: 200 });
    await first.close();
    await world.clock.advance(60_000);
    expect(statesOf()?.[0]?.state).toBe('Down');
    expect(await world.finish()).toEqual(nothingLeft);
    expect(statesOf()).toBeUndefined();
  });

  it('come at their interval, not all at once', async () => {
    const { world, sent } = scene({ trunkSettings: { ...settings, healthCheckIntervalInSeconds: 10 } });
    const first = carrier(world, FIRST, (invite) => invite.reject(500));
    await world.clock.advance(100_000);
    expect(sent.filter((name) => name === 'OPTIONS').length).toBeGreaterThanOrEqual(9);
    expect(sent.filter((name) => name === 'OPTIONS').length).toBeLessThanOrEqual(12);
    await first.close();
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('end at once when the server stops in the middle of one', async () => {
    const { world, sent } = scene({ trunkSettings: settings });
    await world.clock.advance(1_500);
    expect(sent).toContain('OPTIONS');
    let isClosed = false;
    void world.targetHealth.close().then(() => {
      isClosed = true;
    });
    await world.clock.advance(1);
    expect(isClosed).toBe(true);
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('leave nothing of themselves with the server', async () => {
    const { world } = scene({ trunkSettings: settings });
    const watch = new ListenerWatch();
    await world.clock.advance(40_000);
    await settledMemory();
    const before = watch.counts;
    await world.clock.advance(600_000);
    await settledMemory();
    expect(watch.counts).toEqual(before);
    watch.close();
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('spare calls the wait for a target that is down, and still call it when it is the only one', async () => {
    const { world, sent } = scene({ trunkSettings: settings });
    await world.clock.advance(30_000);
    const session = await world.call();
    expect(await world.over(session)).toBe(true);
    expect(session.outcome).toBe('Completed');
    expect(sent).not.toContain('INVITE');
    expect(await world.finish()).toEqual(nothingLeft);

    const only = scene({
      trunkSettings: { ...settings, targets: [{ host: FIRST, ...at }] },
      targets: [targetAt(FIRST)],
      ringTimeoutMs: 5_000,
    });
    await only.world.clock.advance(30_000);
    await only.world.over(await only.world.call());
    expect(only.sent).toContain('INVITE');
    expect(await only.world.finish()).toEqual(nothingLeft);
  });
});

describe('a target that failed calls', () => {
  it('is tried last for as long as it asks', async () => {
    const { world } = scene();
    const first = carrier(world, FIRST, (invite) => invite.reject(503, undefined, [['Retry-After', '120']]));
    for (const waitMs of [0, 60_000, 55_000, 10_000]) {
      await world.clock.advance(waitMs);
      expect(await world.over(await world.call())).toBe(true);
    }
    expect(first.invites.length).toBe(2);
    await first.close();
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('is tried last for half a minute when it was silent', async () => {
    const { world, sent } = scene();
    const tries: number[] = [];
    for (const waitMs of [0, 10_000, 30_000]) {
      await world.clock.advance(waitMs);
      sent.length = 0;
      expect(await world.over(await world.call())).toBe(true);
      tries.push(sent.filter((name) => name === 'INVITE').length);
    }
    expect(tries).toEqual([4, 0, 4]);
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('is called first as ever when a callee was busy there', async () => {
    const { world } = scene();
    const first = carrier(world, FIRST, (invite) => invite.reject(486));
    for (let call = 0; call < 3; call++) await world.over(await world.call());
    expect(first.invites.length).toBe(3);
    await first.close();
    expect(await world.finish()).toEqual(nothingLeft);
  });
});
