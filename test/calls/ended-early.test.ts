import { describe, expect, it } from 'vitest';
import { callWorld, nothingLeft } from '../support/call-world.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { offerAt, rawCaller } from '../support/raw-caller.ts';

const waiting = flowOf({ wait: ['WaitNode', { Timeout: 60, Done: to('bye') }], bye: ['HangUpNode'] });

/** A call that comes in, whose session is not stored until `store` is called. */
async function whileStored() {
  let stored = (): void => {};
  const beforeStore = (): Promise<void> =>
    new Promise((resolve) => {
      stored = resolve;
    });
  const world = callWorld({ flow: waiting, phoneIsThere: false, beforeStore });
  const caller = rawCaller(world);
  await caller.invite();
  return { world, caller, store: () => stored() };
}

describe('an incoming call that is ended', () => {
  it('while its session is stored is hung up, and its flow does not run', async () => {
    const { world, caller, store } = await whileStored();
    void world.service.stop(0);
    await world.clock.advance(100);
    store();
    await world.clock.advance(50);
    expect(caller.statuses()).toEqual([100, 180, 200]);
    await caller.ack();
    await world.clock.advance(1000);
    expect(caller.requests('BYE')).toHaveLength(1);
    const [session] = world.sessions.values();
    expect(session).toMatchObject({ callState: 'Disconnected' });
    expect(session?.lines).not.toContain('Answered');
    await caller.close();
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('by us because it cannot be answered for a minute gets 480, and is not answered any more', async () => {
    const { world, caller, store } = await whileStored();
    await world.clock.advance(59_900);
    expect(caller.statuses()).toEqual([100, 180]);
    await world.clock.advance(200);
    await caller.ack({ refused: true });
    expect(caller.statuses()).toEqual([100, 180, 480]);
    store();
    await world.clock.advance(1000);
    expect([...world.sessions.values()]).toMatchObject([{ callState: 'Disconnected', outcome: 'NoAnswer', sipCause: 480 }]);
    await caller.close();
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('before the answer to our offer has come stays ended when it comes', async () => {
    const world = callWorld({ flow: waiting, phoneIsThere: false });
    const caller = rawCaller(world);
    await caller.invite({ sdp: undefined });
    void world.service.stop(0);
    await world.clock.advance(100);
    const [session] = world.sessions.values();
    expect(session).toMatchObject({ callState: 'Disconnected' });
    const lines = [...(session?.lines ?? [])];
    await caller.ack({ sdp: offerAt('10.0.0.2') });
    await world.clock.advance(100_000);
    expect(session).toMatchObject({ callState: 'Disconnected', lines });
    expect(caller.requests('BYE')).toHaveLength(1);
    await caller.close();
    expect(await world.finish()).toEqual(nothingLeft);
  });
});

it('does not wait long for a phone that has fallen silent while it rang', async () => {
  let silent = false;
  const world = callWorld({
    flow: waiting,
    phone: { answerAfterMs: 600_000 },
    filter: (bytes) => (silent && !Buffer.from(bytes).toString().startsWith('SIP') ? 'drop' : 'pass'),
  });
  const session = await world.call();
  await world.clock.advance(2000);
  silent = true;
  void world.service.stop(0);
  await world.clock.advance(2000);
  expect(session).toMatchObject({ callState: 'Disconnected', sipCause: 487 });
  expect(world.liveThings()).toMatchObject({ sessions: 0, legs: 0, streams: 0 });
  silent = false;
  expect(await world.finish()).toEqual(nothingLeft);
});
