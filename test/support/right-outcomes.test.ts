import { describe, expect, it } from 'vitest';
import { type CallPlan, rightOutcomes } from './right-outcomes.ts';
import { sentMessages } from './sent-messages.ts';

const plan: CallPlan = { outcome: 'Completed', ringTimeoutMs: 60_000, talkMs: { least: 400, most: 3000 } };
const hangingUp: CallPlan = { ...plan, outcome: 'CalleeHungUp', hangUpAfterMs: 300 };
const ringing: CallPlan = { ...plan, outcome: 'NoAnswer', ringTimeoutMs: 3000 };
const busy: CallPlan = { ...plan, outcome: 'Busy' };

const right = (call: ReturnType<typeof sentMessages>, of: CallPlan) => [...rightOutcomes(call, of)];

/** The INVITE arrives after 20 ms, and is answered a second later. */
const answered = sentMessages(
  ['>', 'INVITE', 0, 20],
  ['<', '100 INVITE', 20, 40],
  ['<', '180 INVITE', 20, 40],
  ['<', '200 INVITE', 1000, 1020],
  ['>', 'ACK', 1020, 1040],
);

describe('a call that is answered', () => {
  it('is completed when its flow hangs up in its time', () => {
    expect(right([...answered, ...sentMessages(['>', 'BYE', 2000, 2020])], plan)).toEqual(['Completed']);
    expect(right([...answered, ...sentMessages(['>', 'BYE', 2000, 'lost'])], plan)).toEqual(['Completed']);
  });

  it('has no right outcome when it is hung up too early, too late, or not at all', () => {
    expect(right([...answered, ...sentMessages(['>', 'BYE', 1400, 1420])], plan)).toEqual([]);
    expect(right([...answered, ...sentMessages(['>', 'BYE', 4100, 4120])], plan)).toEqual([]);
    expect(right(answered, plan)).toEqual([]);
  });

  it('is ended by the callee whose BYE arrives first, and by either in the same millisecond', () => {
    expect(right([...answered, ...sentMessages(['<', 'BYE', 1300, 1320])], hangingUp)).toEqual(['CalleeHungUp']);
    expect(right([...answered, ...sentMessages(['<', 'BYE', 1300, 1320], ['>', 'BYE', 2000, 2020])], hangingUp)).toEqual(['CalleeHungUp']);
    expect(right([...answered, ...sentMessages(['<', 'BYE', 1980, 2000], ['>', 'BYE', 2000, 2020])], hangingUp)).toEqual([
      'CalleeHungUp',
      'Completed',
    ]);
  });

  it('may be completed though the callee wanted to hang up, when that was lost, late, or could not be', () => {
    expect(right([...answered, ...sentMessages(['<', 'BYE', 1300, 'lost'], ['>', 'BYE', 3000, 3020])], hangingUp)).toEqual(['Completed']);
    expect(right([...answered, ...sentMessages(['<', 'BYE', 2990, 3010], ['>', 'BYE', 3000, 3020])], hangingUp)).toEqual(['Completed']);
    const [invite, , , answer] = answered;
    const withoutAck = [invite, answer].filter((one) => one !== undefined);
    expect(right([...withoutAck, ...sentMessages(['>', 'ACK', 1020, 'lost'], ['>', 'BYE', 3000, 3020])], hangingUp)).toEqual(['Completed']);
  });

  it('may not be completed when the callee had to hang up before and did not', () => {
    expect(right([...answered, ...sentMessages(['>', 'BYE', 3000, 3020])], hangingUp)).toEqual(['CalleeHungUp']);
    expect(right([...answered, ...sentMessages(['>', 'BYE', 3000, 'lost'])], hangingUp)).toEqual(['CalleeHungUp']);
  });

  it('was not answered for us when every 200 was lost, or came after we gave up', () => {
    const lost = sentMessages(['>', 'INVITE', 0, 20], ['<', '180 INVITE', 20, 40], ['<', '200 INVITE', 1000, 'lost']);
    expect(right(lost, plan)).toEqual(['NoAnswer']);
    expect(right([...lost, ...sentMessages(['<', '200 INVITE', 59_000, 60_100])], plan)).toEqual(['NoAnswer']);
    expect(right([...lost, ...sentMessages(['<', 'BYE', 33_000, 33_020])], plan)).toEqual(['NoAnswer']);
  });
});

describe('a call that is not answered', () => {
  it('was unreachable when nothing has come within the 32 seconds of timer B', () => {
    const unheard = sentMessages(['>', 'INVITE', 0, 'lost'], ['>', 'INVITE', 500, 'lost'], ['>', 'INVITE', 1500, 'lost']);
    expect(right(unheard, plan)).toEqual(['Unreachable']);
    const late = sentMessages(['>', 'INVITE', 0, 20], ['<', '100 INVITE', 20, 'lost'], ['<', '200 INVITE', 1000, 33_000]);
    expect(right(late, plan)).toEqual(['Unreachable']);
  });

  it('may not be unreachable when the callee had nothing lost', () => {
    expect(right(sentMessages(['>', 'INVITE', 0, 20], ['<', '100 INVITE', 20, 40]), busy)).toEqual(['Busy']);
    expect(right(sentMessages(['>', 'INVITE', 0, 20]), ringing)).toEqual(['NoAnswer']);
  });

  it('had nobody who answered when it rang, and was unreachable when no ringing came through in time', () => {
    expect(right(sentMessages(['>', 'INVITE', 0, 20], ['<', '180 INVITE', 20, 40]), ringing)).toEqual(['NoAnswer']);
    const unheard = sentMessages(['>', 'INVITE', 0, 20], ['<', '100 INVITE', 20, 40], ['<', '180 INVITE', 20, 'lost']);
    expect(right(unheard, ringing)).toEqual(['Unreachable']);
    expect(right(sentMessages(['>', 'INVITE', 0, 20], ['<', '180 INVITE', 20, 3001]), ringing)).toEqual(['Unreachable']);
    expect(right(sentMessages(['>', 'INVITE', 0, 20], ['<', '180 INVITE', 20, 3000]), ringing)).toEqual(['NoAnswer', 'Unreachable']);
  });

  it('ends as it is refused', () => {
    expect(right(sentMessages(['>', 'INVITE', 0, 20], ['<', '486 INVITE', 1000, 'lost'], ['<', '486 INVITE', 1500, 1520]), busy)).toEqual([
      'Busy',
    ]);
    expect(right(sentMessages(['>', 'INVITE', 0, 20], ['<', '603 INVITE', 20, 40]), { ...plan, outcome: 'Rejected' })).toEqual([
      'Rejected',
    ]);
    const refusedLate = sentMessages(['>', 'INVITE', 0, 20], ['<', '180 INVITE', 20, 40], ['<', '486 INVITE', 1000, 'lost']);
    expect(right(refusedLate, busy)).toEqual(['NoAnswer']);
  });

  it('ends by what comes of its second INVITE, when a password was demanded', () => {
    const demanded = sentMessages(['>', 'INVITE 1', 0, 20], ['<', '401 INVITE 1', 20, 40], ['>', 'ACK 1', 40, 60]);
    const again = sentMessages(['>', 'INVITE 2', 40, 60], ['<', '200 INVITE 2', 1060, 1080], ['>', 'BYE', 2000, 2020]);
    expect(right([...demanded, ...again], plan)).toEqual(['Completed']);
    expect(right([...demanded, ...sentMessages(['>', 'INVITE 2', 40, 'lost'])], plan)).toEqual(['Unreachable']);
  });

  it('either way, when the answer comes as it is given up', () => {
    const crossed = sentMessages(
      ['>', 'INVITE', 0, 0],
      ['<', '180 INVITE', 0, 0],
      ['<', '200 INVITE', 3000, 3000],
      ['>', 'BYE', 5000, 5000],
    );
    expect(right(crossed, ringing)).toEqual(['NoAnswer', 'Completed']);
  });
});
