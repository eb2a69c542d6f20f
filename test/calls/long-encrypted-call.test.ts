import { describe, expect, it } from 'vitest';
import { writeReplaces } from '../../src/telephony/sip/replaces.ts';
import { callWorld, nothingLeft, numberToDial, PHONE } from '../support/call-world.ts';
import { flowOf, from, into, to } from '../support/flow-builder.ts';
import { CallLog } from '../support/sip-agents.ts';
import { twoDevicePhone } from '../support/two-device-phone.ts';

const never = new AbortController().signal;
/** The sequence that we send begins high with this seed, and so begins again soon. */
const SEED = 74;
const UNTIL_TURN_MS = (0x1_0000 - 32_614) * 20;

const flow = flowOf({
  wait: ['WaitNode', { Timeout: UNTIL_TURN_MS / 1000, Done: to('ask') }],
  ask: ['GatherNode', { MaxDigits: 2, TimeoutInSeconds: 60, Digits: into('Entered'), Done: to('route') }],
  route: ['StringMatchNode', { String: from('Session', 'Entered'), Choices: ['34'], '34': to('right') }],
  right: ['SayNode', { WhatToSay: 'x'.repeat(20), Done: to('bye') }],
  bye: ['HangUpNode', { Outcome: 'The right branch' }],
});

/** A call with SRTP to a phone that has two devices. */
async function calling() {
  const world = callWorld({ flow, mediaSeed: SEED, srtp: 'required', phoneIsThere: false });
  const { clock } = world;
  const { after, first, second, agent, dialogs, close } = await twoDevicePhone(world);
  const session = await world.call();
  await clock.advance(2000);
  const [dialog] = dialogs;
  if (!dialog) throw new Error('The call is not up');
  const finish = async () => {
    await clock.advance(500);
    void after.sendDigits('34', never);
    expect(await world.over(session)).toBe(true);
    const heard = await close();
    expect(await world.finish()).toEqual(nothingLeft);
    return { heard, outcome: session.outcome };
  };
  return { world, clock, dialog, agent, first, second, finish };
}

describe('a call with SRTP so long that the sequence numbers have begun again', () => {
  it.each([
    [
      'a re-INVITE with a key and a port of its own',
      async ({ dialog, second, clock }: Awaited<ReturnType<typeof calling>>) => {
        const changed = dialog.reinvite(() => second.offer(), never).then((answer) => second.answered(answer));
        await clock.advance(20);
        expect(await changed).toBe(true);
      },
    ],
    [
      'a call in place of the old one (Replaces)',
      async ({ dialog, agent, second, clock }: Awaited<ReturnType<typeof calling>>) => {
        const { callId, localTag, remoteTag } = dialog.state;
        const call = new CallLog();
        agent.invite(
          {
            to: { address: '10.0.0.1', port: 5060, transport: 'udp' },
            requestUri: `sip:${numberToDial}@10.0.0.1`,
            from: `sip:other@${PHONE}`,
            toUri: 'sip:us@10.0.0.1',
            offer: second.offer(),
            headers: [['Replaces', writeReplaces({ callId, toTag: remoteTag, fromTag: localTag, earlyOnly: false })]],
          },
          call,
        );
        await clock.advance(20);
        expect(call.events).toEqual(['sent', '100', 'answered']);
        expect(second.answered(call.dialog?.state.remoteSdp ?? '')).toBe(true);
      },
    ],
  ])('is heard by another device that takes it over by %s', async (_, takeOver) => {
    const call = await calling();
    // It says nothing meanwhile, which would only take time.
    await call.first.stream.close();
    await call.clock.advance(UNTIL_TURN_MS);
    await takeOver(call);
    const { heard, outcome } = await call.finish();
    expect(heard).toMatchObject({ unauthentic: 0, lost: 0, audible: true });
    expect(heard.received).toBeGreaterThan(40);
    expect(outcome).toBe('The right branch');
    expect(call.second.agreed?.srtp?.receive).not.toEqual(call.first.agreed?.srtp?.receive);
  });
});
