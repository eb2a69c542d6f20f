import { describe, expect, it } from 'vitest';
import { numberToDial } from '../support/call-world.ts';
import { calledParty } from '../support/called-party.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import type { Person } from '../support/party-phones.ts';

const speaking = flowOf({ say: ['SayNode', { WhatToSay: 'x'.repeat(500), Done: to('bye') }], bye: ['HangUpNode'] });
/** Holds who is called as soon as they have answered. */
const holding = flowOf({
  hold: ['HoldNode', { Done: to('wait') }],
  wait: ['WaitNode', { Timeout: 10, Done: to('bye') }],
  bye: ['HangUpNode'],
});

/** What the session says of a call of ten seconds to somebody whose phone answers like this, and how many packets of ours came there. */
async function reportOf(person: Person, flow = speaking) {
  const { session, phones, over } = await calledParty({ [numberToDial]: { answerAfterMs: 100, says: 9, ...person } }, { flow });
  await over();
  const { oneWayAudio, audioReceived, problems = [] } = session.mediaReport ?? {};
  return {
    report: { oneWayAudio, audioReceived, problems: problems.map(({ problem }) => problem) },
    advice: problems[0]?.advice,
    heardThere: phones.callTo(numberToDial)?.rtp.received.length ?? -1,
  };
}

describe('the report of a call that the other side holds from its answer to the end', () => {
  it('says that audio went one way only, and why, when it speaks and takes none', async () => {
    const { report, advice, heardThere } = await reportOf({ direction: 'sendonly' });
    expect(report).toEqual({ oneWayAudio: true, audioReceived: true, problems: ['HeldThroughout'] });
    expect(advice).toMatch(/its SDP said sendonly/);
    expect(heardThere).toBe(0);
  });

  it('says so when it listens and lets none of its own through', async () => {
    const { report, advice, heardThere } = await reportOf({ direction: 'recvonly', isMute: true });
    expect(report).toEqual({ oneWayAudio: true, audioReceived: false, problems: ['HeldThroughout'] });
    expect(advice).toMatch(/its SDP said recvonly/);
    expect(heardThere).toBeGreaterThan(450);
  });

  it('says why, and not that it went one way, when none goes either way', async () => {
    const { report, heardThere } = await reportOf({ direction: 'inactive', isMute: true });
    expect(report).toEqual({ oneWayAudio: false, audioReceived: false, problems: ['HeldThroughout'] });
    expect(heardThere).toBe(0);
  });

  it('says neither when nobody holds it, or when it is we who do', async () => {
    expect((await reportOf({})).report).toEqual({ oneWayAudio: false, audioReceived: true, problems: [] });
    expect((await reportOf({ isMute: true }, holding)).report).toEqual({ oneWayAudio: false, audioReceived: false, problems: [] });
  });
});
