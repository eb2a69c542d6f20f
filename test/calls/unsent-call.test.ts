import { expect, it } from 'vitest';
import type { CallSlot, LegEnd, LegEvents } from '../../src/telephony/port.ts';
import { callWorld, nothingLeft, PHONE } from '../support/call-world.ts';
import { flowOf } from '../support/flow-builder.ts';

/** A port for a call to the phone, and what is told of that call. */
async function scene() {
  const world = callWorld({ flow: flowOf({ bye: ['HangUpNode'] }) });
  const ends: LegEnd[] = [];
  const events: LegEvents = {
    sent: () => {},
    ringing: () => {},
    answered: () => {},
    stateChanged: () => {},
    ended: (end) => ends.push(end),
  };
  const slot = await world.telephony.reserve();
  const trunk = { host: PHONE, port: 5060, transport: 'udp' as const };
  const dial = (headers: Readonly<Record<string, string>> = {}): ReturnType<CallSlot['dial']> =>
    slot.dial({ legId: 'leg', to: '+15550002', from: '+15550001', trunk, ringTimeoutMs: 20_000, headers }, events);
  return { world, ends, dial };
}

it('a call that is hung up in the moment in which it is placed is not sent at all', async () => {
  const { world, ends, dial } = await scene();
  const call = dial();
  void call.end();
  await world.clock.advance(10_000);
  expect([ends, world.phoneEvents]).toEqual([[{ why: 'cancelled', sip: 487 }], []]);
  expect(await world.finish()).toEqual(nothingLeft);
});

it.each(['ok\r\nX-Evil: 1', 'a\0b'])('a call with a header that cannot be written is not sent, and over: %j', async (value) => {
  const { world, ends, dial } = await scene();
  dial({ 'X-Campaign': value });
  await world.clock.advance(10_000);
  expect([ends, world.phoneEvents]).toMatchObject([[{ why: 'failed' }], []]);
  expect(await world.finish()).toEqual(nothingLeft);
});
