import { describe, expect, it } from 'vitest';
import type { DialledEndpoint } from '../../src/directory/dialled-endpoints.ts';
import { nothingLeft, numberToDial } from '../support/call-world.ts';
import { dialled } from '../support/dialled-call.ts';

const FRIEND = '+18144043111';
const OTHER = '+18144043222';
const endpoints: Record<string, DialledEndpoint> = {
  both: { type: 'Team', memberIds: ['one', 'other'] },
  one: { type: 'PhoneNumber', e164: FRIEND },
  other: { type: 'PhoneNumber', e164: OTHER },
};

describe('Dial, when the caller hangs up', () => {
  it('lets nobody answer, and calls nobody more, who was still being looked up', async () => {
    const friends = { [FRIEND]: { answerAfterMs: 3000 }, [OTHER]: { answerAfterMs: 3000 } };
    const people = { [numberToDial]: { answerAfterMs: 100, hangUpAfterMs: 500 }, ...friends };
    const { phones, session, left } = await dialled(people, { Team: 'both', TimeoutInSeconds: 60 }, { endpoints, lookUpMs: 1000 });
    const called = phones.calls.filter(({ number }) => number !== numberToDial);
    expect(called.length).toBeLessThanOrEqual(1);
    expect(called.filter(({ answered }) => answered)).toEqual([]);
    expect(session.outcome).toBe('CalleeHungUp');
    expect(left).toEqual(nothingLeft);
  });

  it('says of the node no result that nobody was there to have', async () => {
    const people = { [numberToDial]: { answerAfterMs: 100, hangUpAfterMs: 1500 }, [FRIEND]: {} };
    const { session, left } = await dialled(people, { Number: FRIEND, TimeoutInSeconds: 60 });
    expect(session.lines.filter((line) => line.startsWith('Dial'))).toEqual(['Dial (DialNode)']);
    expect(session.lines).toContain(`${FRIEND}: Cancelled before it was answered (SIP 487)`);
    expect(left).toEqual(nothingLeft);
  });
});
