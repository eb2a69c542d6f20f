import { describe, expect, it } from 'vitest';
import type { SrtpPolicy } from '../../src/telephony/port.ts';
import { isRtcp } from '../../src/telephony/rtp/srtcp-packet.ts';
import { callWorld, nothingLeft } from '../support/call-world.ts';
import { carrier, targetAt } from '../support/carriers.ts';
import { flowOf, from, into, to } from '../support/flow-builder.ts';

const flow = flowOf({
  ask: ['GatherNode', { Prompt: 'x'.repeat(20), MaxDigits: 3, Digits: into('Entered'), Done: to('route') }],
  route: ['StringMatchNode', { String: from('Session', 'Entered'), Choices: ['123'], '123': to('right') }],
  right: ['SayNode', { WhatToSay: 'x'.repeat(20), Done: to('bye') }],
  bye: ['HangUpNode', { Outcome: 'The right branch' }],
});

const sorted = (numbers: ReadonlySet<number>): number[] => [...numbers].sort((one, other) => one - other);

/** A call to the test phone, which takes SRTP when it is offered; with the sizes of all packets of RTP and RTCP and the messages that passed. */
async function callWith(srtp: SrtpPolicy, takesOnlySavp = false) {
  const sizes = new Set<number>();
  const reports = new Set<number>();
  const messages: string[] = [];
  const world = callWorld({
    flow,
    srtp,
    phone: { digits: '123', digitsAfterMs: 600, takesOnlySavp },
    filter: (bytes) => {
      if (isRtcp(bytes)) reports.add(bytes.length);
      else if ((bytes[0] ?? 0) >> 6 === 2) sizes.add(bytes.length);
      else messages.push(Buffer.from(bytes).toString());
      return 'pass';
    },
  });
  const stored: string[] = [];
  const call = async () => {
    const session = await world.call();
    await world.clock.advance(1500);
    stored.push(JSON.stringify(session));
    await world.over(session);
    return session;
  };
  const session = await call();
  await call();
  return { session, stored, sizes: sorted(sizes), reports: sorted(reports), messages, left: await world.finish() };
}

describe('a call with SRTP', () => {
  it.each([
    ['off', 'RTP/AVP', [16, 172], [88]],
    ['optional', 'RTP/AVP', [26, 182], [102]],
    ['required', 'RTP/SAVP', [26, 182], [102]],
  ] as const)('%s: the prompt and the digits come through, and nothing is left', async (srtp, protocol, expected, expectedReports) => {
    const { session, sizes, reports, messages, left } = await callWith(srtp);
    expect(session.outcome).toBe('The right branch');
    expect(sizes).toEqual(expected);
    expect(reports).toEqual(expectedReports);
    expect(messages[0]).toContain(` ${protocol} 0 8 `);
    expect(left).toEqual(nothingLeft);
  });

  it('optional, to a phone that takes only RTP/SAVP: is offered again as that, once, and encrypted', async () => {
    const { session, sizes, messages, left } = await callWith('optional', true);
    expect(session.outcome).toBe('The right branch');
    expect(session.lines.filter((line) => line === 'Calling')).toHaveLength(1);
    expect(sizes).toEqual([26, 182]);
    const offers = messages.flatMap((message) => (message.startsWith('INVITE ') ? [/^m=audio \d+ (\S+) /m.exec(message)?.[1]] : []));
    expect(offers).toEqual(['RTP/AVP', 'RTP/SAVP', 'RTP/AVP', 'RTP/SAVP']);
    expect(left).toEqual(nothingLeft);
  });

  it('optional, refused with 488 when it has rung: is not offered again, so that no phone rings twice', async () => {
    const targets = [targetAt('10.0.1.1')];
    const world = callWorld({ flow, srtp: 'optional', targets });
    const callee = carrier(world, '10.0.1.1', (invite) => {
      invite.ring();
      world.clock.after(1000, () => invite.reject(488));
    });
    const session = await world.call();
    expect(await world.over(session)).toBe(true);
    expect([session.outcome, session.sipCause, callee.invites.length]).toEqual(['Failed', 488, 1]);
    await callee.close();
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('off, to a phone that takes only RTP/SAVP: is refused', async () => {
    const { session, messages, left } = await callWith('off', true);
    expect(session).toMatchObject({ outcome: 'Failed', sipCause: 488 });
    expect(messages.filter((message) => message.startsWith('INVITE '))).toHaveLength(2);
    expect(left).toEqual(nothingLeft);
  });

  it('has new keys in each call, and none in what is stored of it', async () => {
    const { messages, stored } = await callWith('required');
    const keys = messages.join('').match(/inline:\S+/g) ?? [];
    expect(new Set(keys).size).toBe(2 * (3 + 1));
    for (const text of stored) {
      expect(text).toContain('m=audio');
      expect(text).toContain('AES_CM_128_HMAC_SHA1_80');
      expect(text).not.toMatch(/inline|crypto|keyAndSalt|"send"/);
    }
  });
});
