import { expect, it } from 'vitest';
import type { Endpoint } from '../../src/wire/wire.ts';
import { callWorld, nothingLeft, PHONE } from '../support/call-world.ts';
import { flowOf, to } from '../support/flow-builder.ts';

const flow = flowOf({
  ask: ['GatherNode', { Prompt: 'x', MaxDigits: 3, TimeoutInSeconds: 4, Done: to('heard'), NoInput: to('silence') }],
  heard: ['HangUpNode', { Outcome: 'Heard' }],
  silence: ['HangUpNode', { Outcome: 'Heard nothing' }],
});
const SHIFT = 10_000;
/** Gives the audio of the phone another port than the one in its SDP. */
const mediaNat = {
  outside: (inside: Endpoint) => (isMedia(inside, 0) ? { ...inside, port: inside.port + SHIFT } : inside),
  inside: (outside: Endpoint) => (isMedia(outside, SHIFT) ? { ...outside, port: outside.port - SHIFT } : outside),
};

function isMedia({ address, port }: Endpoint, shift: number): boolean {
  return address === PHONE && port - shift > 5061;
}

it.each([
  ['latch', 'behind NAT', 'Heard'],
  ['offered', 'behind NAT', 'Heard nothing'],
  ['offered', 'where its SDP says', 'Heard'],
] as const)('a trunk that takes audio by the rule %s, from a phone %s: %s', async (rtpSource, place, outcome) => {
  const world = callWorld({
    flow,
    trunk: { rtpSource },
    phone: { digits: '123', digitsAfterMs: 600 },
    ...(place === 'behind NAT' && { faults: { nat: mediaNat } }),
  });
  const session = await world.call();
  expect(await world.over(session)).toBe(true);
  expect(session.outcome).toBe(outcome);
  const report = session.mediaReport;
  expect((report?.packetsReceived ?? 0) > 0).toBe(outcome === 'Heard');
  if (outcome === 'Heard nothing') expect(report?.packetsRefused).toBeGreaterThan(20);
  expect(await world.finish()).toEqual(nothingLeft);
});
