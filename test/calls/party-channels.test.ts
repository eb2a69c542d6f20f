import { describe, expect, it } from 'vitest';
import type { DialledEndpoint } from '../../src/directory/dialled-endpoints.ts';
import { callWorld, manager, nothingLeft, numberToDial, type WorldOptions } from '../support/call-world.ts';
import { register } from '../support/dialled-call.ts';
import { flowOf, type ShortParameter, to } from '../support/flow-builder.ts';
import { partyPhones } from '../support/party-phones.ts';

const FRIEND = '+18144043111';
const LATER = '+18144043222';
const DESK = '10.0.1.1';
const endpoints: Record<string, DialledEndpoint> = {
  ada: { type: 'User', userId: 'id of alice', userName: 'alice', displayName: 'ALICE' },
};

/** Calls that dial somebody and then wait for long. */
function scene(parameters: Record<string, ShortParameter>, options: Partial<WorldOptions>) {
  const world = callWorld({
    flow: flowOf({
      dial: ['DialNode', { TimeoutInSeconds: 20, Done: to('wait'), Failed: to('wait'), ...parameters }],
      wait: ['WaitNode', { Timeout: 600 }],
    }),
    phoneIsThere: false,
    endpoints,
    userFlow: undefined,
    ...options,
  });
  const people = {
    [numberToDial]: { answerAfterMs: 100 },
    [FRIEND]: { answerAfterMs: 1_000, hangUpAfterMs: 2_345 },
    [LATER]: { answerAfterMs: 100 },
  };
  const phones = partyPhones(world, people);
  const finish = async (): Promise<void> => {
    await world.stop();
    await world.clock.advance(60_000);
    const opened = phones.calls.length + 1;
    const left = await world.finish();
    await phones.close();
    expect({ ...left, ports: (left.ports ?? 0) - opened }).toEqual(nothingLeft);
  };
  return { world, phones, finish };
}

describe('the channel of somebody who was dialled', () => {
  it('is given at once to a call that waits for one', async () => {
    const { world, finish } = scene({ Number: FRIEND }, { maxChannels: 2 });
    world.service.start();
    const first = await world.call();
    await world.clock.advance(1_000);
    const notBefore = new Date(world.clock.now() + 500).toISOString();
    const { id = '' } = await world.service.place(manager, { flowId: 'flow-1', numberToDial: LATER, notBefore });
    const later = world.sessions.get(id);
    await world.clock.runUntil(() => later?.row.owner !== undefined, 20_000);
    const gone = first.times.find(({ message }) => message === 'Dial: Done')?.atMs ?? 0;
    expect(world.clock.now() - gone).toBeLessThan(50);
    await finish();
  });

  it('is given back when there is no port for the call', async () => {
    const { world, finish } = scene({ User: 'ada' }, { mediaStreams: 1 });
    register(world, 'alice', DESK);
    const lines: string[] = [];
    for (let nth = 0; nth < 12; nth++) {
      const session = await world.call();
      await world.clock.advance(2_000);
      lines.push(...session.lines);
      await world.service.end(manager, session.row.id);
      await world.clock.advance(2_000);
    }
    const reasons = lines.filter((line) => line.startsWith('ALICE cannot be called'));
    expect([reasons.length, ...new Set(reasons)]).toEqual([
      12,
      'ALICE cannot be called: All channels are in use: 1 streams. Try again in 5 s.',
    ]);
    await finish();
  });
});
