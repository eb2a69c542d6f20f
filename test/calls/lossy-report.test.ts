import { expect, it } from 'vitest';
import type { SessionMediaReport } from '../../src/contracts/sessions.ts';
import type { Faults } from '../../src/wire/memory-network.ts';
import { callWorld, nothingLeft, PHONE, SERVER } from '../support/call-world.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { isMessage } from '../support/message-facts.ts';

const flow = flowOf({ wait: ['WaitNode', { Timeout: 30, Done: to('bye') }], bye: ['HangUpNode'] });

/** Loses one of so many packets of RTP of one side; RTCP, on odd ports, and SIP arrive. */
function loses(side: string, oneOf = 10): NonNullable<Faults['filter']> {
  let packets = 0;
  return (bytes, from) => {
    if (from.address !== side || from.port % 2 === 1 || isMessage(bytes)) return 'pass';
    return ++packets % oneOf === 0 ? 'drop' : 'pass';
  };
}

/** What the session of a call of half a minute says of its audio. */
async function reportOf(faults: Faults): Promise<SessionMediaReport> {
  // It says something: tones of keys.
  const world = callWorld({ flow, faults, phone: { digits: '159', digitsAs: 'only-tones', digitsAfterMs: 1000 } });
  const session = await world.call();
  expect(await world.over(session)).toBe(true);
  expect(session.outcome).toBe('Completed');
  expect(await world.finish()).toEqual(nothingLeft);
  return session.mediaReport ?? {};
}

it('a call over a line that loses packets sounds worse in the report of its session, on the side that is hurt, and is advised about it', async () => {
  const clean = await reportOf({});
  expect(clean.problems).toEqual([]);
  expect([clean.mos, clean.remoteMos]).toEqual([4.4, 4.4]);

  const badHere = await reportOf({ filter: loses(PHONE) });
  expect(badHere.mos).toBeLessThan(3.6);
  expect(badHere.remoteMos).toBe(4.4);
  expect(badHere.packetsLost).toBeGreaterThan(140);
  expect(badHere.problems?.map(({ problem }) => problem)).toEqual(['LossReceived', 'PoorReceived']);
  expect(badHere.problems?.[0]?.advice).toMatch(
    /^10\.0 % of the packets of the other side were lost on the way here\. .*give voice priority/,
  );

  const badThere = await reportOf({ filter: loses(SERVER) });
  expect(badThere.remoteMos).toBeLessThan(3.6);
  expect(badThere.mos).toBe(4.4);
  expect(badThere.remotePacketsLost).toBeGreaterThan(100);
  expect(badThere.problems?.map(({ problem }) => problem)).toEqual(['LossSent', 'PoorSent']);
  expect(badThere.problems?.[0]?.advice).toMatch(/of our packets were lost on the way to the other side/);
});

it('the more packets a line loses, the worse a call sounds', async () => {
  const heard: number[] = [];
  const said: number[] = [];
  for (const oneOf of [Number.POSITIVE_INFINITY, 50, 20, 10, 5]) {
    heard.push((await reportOf({ filter: loses(PHONE, oneOf) })).mos ?? 0);
    said.push((await reportOf({ filter: loses(SERVER, oneOf) })).remoteMos ?? 0);
  }
  for (const scores of [heard, said]) expect(scores).toEqual([...new Set(scores)].toSorted((one, other) => other - one));
  expect(heard.at(-1)).toBeLessThan(2.8);
});

it('a call of which the other side hears nothing is told from a good one by its reports', async () => {
  const unheard = await reportOf({ filter: loses(SERVER, 1) });
  expect(unheard).toMatchObject({ oneWayAudio: true, audioReceived: true });
  expect(unheard.problems?.map(({ problem }) => problem)).toEqual(['NothingHeardThere']);
  expect(unheard.problems?.[0]?.advice).toMatch(/its reports \(RTCP\).*firewall.*RINGFLOW_PUBLIC_ADDRESS/);
});
