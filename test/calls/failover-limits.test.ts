import { expect, it } from 'vitest';
import { callWorld, nothingLeft } from '../support/call-world.ts';
import { plainTrunk, targetAt } from '../support/carriers.ts';
import { flowOf } from '../support/flow-builder.ts';

const flow = flowOf({ bye: ['HangUpNode'] });

it('a call tries sixteen targets at most, however many trunks there are', async () => {
  const nobody = (trunk: number) => Array.from({ length: 10 }, (_, nth) => targetAt(`10.0.${trunk}.${nth + 1}`, { transport: 'tcp' }));
  const otherTrunks = [plainTrunk('10.0.9.1', { trunkId: 'trunk-2', targets: nobody(9) })];
  const world = callWorld({ flow, targets: nobody(8), otherTrunks });
  const session = await world.call();
  expect(await world.over(session)).toBe(true);
  expect(session.outcome).toBe('Unreachable');
  expect(session.lines.filter((line) => line.includes('; trying '))).toHaveLength(15);
  expect(await world.finish()).toEqual(nothingLeft);
});

it('of targets whose calls have failed ten thousand are remembered, the last ones', async () => {
  const world = callWorld({ flow });
  const targets = Array.from({ length: 10_001 }, (_, nth) => targetAt('10.0.8.1', { port: nth + 1 }));
  for (const target of targets) world.targetHealth.avoid('trunk-1', target, 60_000);
  expect(targets.filter((target) => !world.targetHealth.isDoubtful('trunk-1', target))).toEqual(targets.slice(0, 1));
  expect(await world.finish()).toEqual(nothingLeft);
});
