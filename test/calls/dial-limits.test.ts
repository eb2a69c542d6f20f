import { describe, expect, it } from 'vitest';
import type { DialledEndpoint } from '../../src/directory/dialled-endpoints.ts';
import { callWorld, nothingLeft, numberToDial, type WorldOptions } from '../support/call-world.ts';
import { register } from '../support/dialled-call.ts';
import { flowOf, type ShortParameter, to } from '../support/flow-builder.ts';
import { type Person, partyPhones } from '../support/party-phones.ts';

const FRIEND = '+18144043111';
const OTHER = '+18144043222';
const DESK = '10.0.1.1';
const endpoints: Record<string, DialledEndpoint> = {
  ada: { type: 'User', userId: 'id of alice', userName: 'alice', displayName: 'ALICE' },
};

/** Calls one after the other, of which each dials; the outcomes, the CANCELs that were sent and what is left of them all. */
async function calls(
  count: number,
  people: Readonly<Record<string, Person>>,
  parameters: Record<string, ShortParameter>,
  more: Partial<WorldOptions>,
) {
  const cancels: string[] = [];
  const world = callWorld({
    flow: flowOf({
      dial: ['DialNode', { TimeoutInSeconds: 5, Done: to('done'), NoAnswer: to('no'), Failed: to('failed'), ...parameters }],
      done: ['HangUpNode', { Outcome: 'Done' }],
      no: ['HangUpNode', { Outcome: 'NoAnswer' }],
      failed: ['HangUpNode', { Outcome: 'Failed' }],
    }),
    phoneIsThere: false,
    endpoints,
    userFlow: undefined,
    filter: (bytes) => {
      const text = Buffer.from(bytes).toString();
      if (text.startsWith('CANCEL')) cancels.push(/^Reason: (.*)\r$/m.exec(text)?.[1] ?? 'none');
      return 'pass';
    },
    ...more,
  });
  const phones = partyPhones(world, { [numberToDial]: { answerAfterMs: 100 }, ...people });
  const desk = partyPhones(world, people, DESK);
  register(world, 'alice', DESK);
  const outcomes: (string | undefined)[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const session = await world.call();
    expect(await world.over(session)).toBe(true);
    await world.clock.advance(1000);
    outcomes.push(session.outcome);
  }
  const left = await world.finish();
  const opened = phones.calls.length + desk.calls.length + 2;
  await Promise.all([phones.close(), desk.close()]);
  return { outcomes: [...new Set(outcomes)], cancels: [...new Set(cancels)], left: { ...left, ports: (left.ports ?? 0) - opened } };
}

const ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

describe('calls that ring several', () => {
  it('tell the losers that somebody else has answered, and give every channel back', async () => {
    const people = { [FRIEND]: { answerAfterMs: 500, hangUpAfterMs: 500 }, [OTHER]: {} };
    // Three channels are exactly what one call needs.
    const { outcomes, cancels, left } = await calls(20, people, { Number: `${FRIEND},${OTHER}` }, { maxChannels: 3 });
    expect(outcomes).toEqual(['Done']);
    expect(cancels).toEqual([ELSEWHERE]);
    expect(left).toEqual(nothingLeft);
  });

  it('do not say so when nobody has answered', async () => {
    const { outcomes, cancels, left } = await calls(5, { [FRIEND]: {}, [OTHER]: {} }, { Number: `${FRIEND},${OTHER}` }, { maxChannels: 3 });
    expect(outcomes).toEqual(['NoAnswer']);
    expect(cancels).toEqual(['none']);
    expect(left).toEqual(nothingLeft);
  });

  it('fail for whom there is no channel, and hold none of them', async () => {
    const people = { [FRIEND]: { answerAfterMs: 500, hangUpAfterMs: 500 }, [OTHER]: {} };
    const one = await calls(10, people, { Number: `${FRIEND},${OTHER}` }, { maxChannels: 2 });
    expect(one.outcomes).toEqual(['Done']);
    expect(one.cancels).toEqual([]);
    const none = await calls(10, people, { Number: `${FRIEND},${OTHER}` }, { maxChannels: 1 });
    expect(none.outcomes).toEqual(['Failed']);
    expect([one.left, none.left]).toEqual([nothingLeft, nothingLeft]);
  });

  it('give back what a user may have', async () => {
    const { outcomes, left } = await calls(12, { alice: { answerAfterMs: 500, hangUpAfterMs: 500 } }, { User: 'ada' }, {});
    expect(outcomes).toEqual(['Done']);
    expect(left).toEqual(nothingLeft);
  });
});
