import { describe, expect, it } from 'vitest';
import type { Trunk } from '../../src/directory/trunks.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { callWorld, manager, nothingLeft, numberToDial, type WorldOptions } from '../support/call-world.ts';
import { carrier, plainTrunk, targetAt } from '../support/carriers.ts';
import { flowOf, into, to } from '../support/flow-builder.ts';

// Which trunk a call takes, by calls per second and by priority.

const FIRST = '10.0.0.3';
const SECOND = '10.0.0.4';
const PEOPLE = ['+18144043111', '+18144043222', '+18144043333'] as const;

const wait = flowOf({ wait: ['WaitNode', { Timeout: 600 }] });
const dialAll = flowOf({
  dial: ['DialNode', { Number: PEOPLE.join(','), DialStatus: into('Status'), Busy: to('bye'), Failed: to('bye') }],
  bye: ['HangUpNode', { Outcome: '{{ Session.Status }}' }],
});

const second = (more: Partial<Trunk> = {}): Trunk =>
  plainTrunk(SECOND, { trunkId: 'trunk-2', accountId: '01234567-89ab-7000-8000-000000000001', ...more });

/** A server with a trunk to one carrier, and what each of two carriers has been called for. */
function scene(
  trunk: Partial<Trunk>,
  otherTrunks: readonly Trunk[],
  {
    onInvite = (invite: IncomingInvite) => invite.ring(),
    ...options
  }: Partial<WorldOptions> & { onInvite?: (invite: IncomingInvite) => void } = {},
) {
  const world = callWorld({ flow: wait, phoneIsThere: false, targets: [targetAt(FIRST)], trunk, otherTrunks, ...options });
  const calls: { readonly carrier: string; readonly number: string; readonly atMs: number }[] = [];
  const begunMs = world.clock.now();
  const carriers = [FIRST, SECOND].map((address) =>
    carrier(world, address, (invite) => {
      const number = /sip:([^@]*)@/.exec(invite.requestUri)?.[1] ?? '';
      calls.push({ carrier: address, number, atMs: world.clock.now() - begunMs });
      onInvite(invite);
    }),
  );
  const finish = async (): Promise<void> => {
    await world.stop();
    await world.clock.advance(60_000);
    for (const one of carriers) await one.close();
    expect(await world.finish()).toEqual(nothingLeft);
  };
  const place = (more: { trunkId?: string; notBefore?: string } = {}) =>
    world.service.place(manager, { flowId: 'flow-1', numberToDial, ...more });
  return { world, calls, carriersOf: () => calls.map((call) => call.carrier), place, finish };
}

describe('a trunk that may start one call a second', () => {
  it('takes no second call in the same second: the request is told when to come again, and the call goes then', async () => {
    const { world, carriersOf, place, finish } = scene({ callsPerSecond: 1 }, []);
    await place();
    await world.clock.advance(400);
    await expect(place()).rejects.toMatchObject({ code: 'NO_CAPACITY', status: 503, retryAfterSeconds: 0.6 });
    expect(world.sessions.size).toBe(1);
    await world.clock.advance(600);
    await place();
    await world.clock.advance(100);
    expect(carriersOf()).toEqual([FIRST, FIRST]);
    await finish();
  });

  it('is passed over for the next trunk, until the second is over', async () => {
    const { world, carriersOf, place, finish } = scene({ callsPerSecond: 1 }, [second()]);
    for (let nth = 0; nth < 3; nth++) await place();
    await world.clock.advance(1_000);
    await place();
    await world.clock.advance(100);
    expect(carriersOf()).toEqual([FIRST, SECOND, SECOND, FIRST]);
    expect([...world.sessions.values()].map(({ row }) => row.trunkId)).toEqual(['trunk-1', 'trunk-2', 'trunk-2', 'trunk-1']);
    await finish();
  });

  it('is not passed over by a call that names it', async () => {
    const { world, place, finish } = scene({ callsPerSecond: 1 }, [second()]);
    await place();
    await expect(place({ trunkId: 'trunk-1' })).rejects.toMatchObject({ code: 'NO_CAPACITY' });
    expect(world.sessions.size).toBe(1);
    await finish();
  });

  it('takes calls for later one a second', async () => {
    const { world, calls, place, finish } = scene({ callsPerSecond: 1 }, []);
    world.service.start();
    const notBefore = new Date(world.clock.now() + 1_000).toISOString();
    for (let nth = 0; nth < 5; nth++) await place({ notBefore });
    await world.clock.advance(20_000);
    expect(calls.length).toBe(5);
    const gaps = calls.slice(1).map(({ atMs }, nth) => atMs - (calls[nth]?.atMs ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000);
    await finish();
  });
});

describe('a flow that dials three at once over a trunk that may start one call a second', () => {
  const busyCallees = (invite: IncomingInvite): void => {
    const isCaller = invite.requestUri.includes(numberToDial);
    if (!isCaller) invite.reject(486);
    else void invite.answer(`v=0\r\no=- 1 1 IN IP4 ${FIRST}\r\ns=-\r\nc=IN IP4 ${FIRST}\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n`);
  };

  it('has those that have to wait called over the next trunk', async () => {
    const { world, calls, finish } = scene({ callsPerSecond: 1 }, [second()], { flow: dialAll, onInvite: busyCallees });
    const session = await world.call();
    await world.clock.advance(2_000);
    expect(calls.map(({ carrier: over, number }) => `${number} ${over}`)).toEqual([
      `${numberToDial} ${FIRST}`,
      ...PEOPLE.map((number) => `${number} ${SECOND}`),
    ]);
    expect(session.outcome).toBe('Busy');
    await finish();
  });

  it('calls whom it may, and says of the others why not, where there is no other trunk', async () => {
    const { world, calls, finish } = scene({ callsPerSecond: 1 }, [], { flow: dialAll, onInvite: busyCallees });
    const session = await world.call();
    await world.clock.advance(5_000);
    expect(calls.map(({ number }) => number)).toEqual([numberToDial]);
    expect(session.outcome).toBe('Completed');
    expect(session.lines).toContainEqual(expect.stringContaining('Dial failed: All channels are in use'));
    for (const number of PEOPLE)
      expect(session.lines).toContainEqual(expect.stringMatching(new RegExp(`^\\${number} cannot be called: All channels are in use`)));
    await finish();
  });
});

describe('of trunks whose prefixes are as long', () => {
  it.each([
    ['the one with the lowest priority takes the call', 5, 1, SECOND],
    ['the other one does when it is the lowest', 1, 5, FIRST],
    ['the oldest does when both have the same', 3, 3, FIRST],
  ])('%s', async (_what, priority, otherPriority, taker) => {
    const { world, carriersOf, place, finish } = scene({ prefixes: ['+1814'], priority }, [
      second({ prefixes: ['+49', '+1814'], priority: otherPriority }),
    ]);
    await place();
    await world.clock.advance(100);
    expect(carriersOf()).toEqual([taker]);
    await finish();
  });

  it('a longer prefix comes before any priority, and the next one takes the call when that fails', async () => {
    const { world, carriersOf, place, finish } = scene({ prefixes: ['+18'], priority: 0 }, [second({ prefixes: ['+1814'], priority: 9 })], {
      onInvite: (invite) => invite.reject(500),
    });
    await place();
    await world.clock.advance(2_000);
    expect(carriersOf()).toEqual([SECOND, FIRST]);
    await finish();
  });
});
