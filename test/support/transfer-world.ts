import { expect } from 'vitest';
import type { DialledEndpoint } from '../../src/directory/dialled-endpoints.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { TransferOutcome } from '../../src/telephony/sip/refer-progress.ts';
import type { ReferTarget } from '../../src/telephony/sip/refer-to.ts';
import type { Replaces } from '../../src/telephony/sip/replaces.ts';
import { callerId, callWorld, nothingLeft, numberToDial, type WorldOptions } from './call-world.ts';
import { register } from './dialled-call.ts';
import { flowOf, type ShortParameter, to } from './flow-builder.ts';
import { type Person, partyPhones } from './party-phones.ts';
import type { SeenSession } from './session-table.ts';
import { CallLog } from './sip-agents.ts';

export const FRIEND = '+18144043111';
export const OTHER = '+18144043222';
export const THIRD = '+18144043333';
const DESK = '10.0.1.1';
const endpoints: Record<string, DialledEndpoint> = {
  ada: { type: 'User', userId: 'id of alice', userName: 'alice', displayName: 'ALICE' },
};

/**
 * Where somebody is called who says 1, and the flow dials alice, who says 2 at a desk. FRIEND says 3, OTHER 4 and THIRD 5. What alice dials is called,
 * and a call to FRIEND goes to alice too.
 */
export function talkScene(
  parameters: Partial<Record<'out' | 'dial', Readonly<Record<string, ShortParameter>>>> = {},
  people: Readonly<Record<string, Person>> = {},
  more: Partial<WorldOptions> = {},
) {
  const flow = flowOf({
    who: [
      'StringMatchNode',
      {
        String: '{{ Session.To }}',
        Choices: [numberToDial, FRIEND],
        NoMatches: to('out'),
        [numberToDial]: to('dial'),
        [FRIEND]: to('dial'),
      },
    ],
    out: ['DialNode', { Number: '{{ Session.To }}', CallerId: callerId, AllowTransfer: true, Done: to('done'), ...parameters.out }],
    dial: [
      'DialNode',
      { User: 'ada', AllowTransfer: true, TimeoutInSeconds: 20, Done: to('done'), NoAnswer: to('no'), ...parameters.dial },
    ],
    done: ['HangUpNode', { Outcome: 'Done' }],
    no: ['HangUpNode', { Outcome: 'NoAnswer' }],
  });
  const world = callWorld({ flow, phoneIsThere: false, endpoints, userFlow: { flowId: 'flow-1', parameters: {} }, ...more });
  const phones = partyPhones(world, {
    [numberToDial]: { answerAfterMs: 100, says: 1 },
    [FRIEND]: { answerAfterMs: 1000, says: 3 },
    [OTHER]: { answerAfterMs: 100, says: 4 },
    [THIRD]: { answerAfterMs: 600, says: 5 },
    ...people,
  });
  const desk = partyPhones(world, { alice: { answerAfterMs: 500, says: 2 } }, DESK);
  register(world, 'alice', DESK);
  const sessions: SeenSession[] = [];
  /** What was called before is over, and no longer among the sessions. */
  const begin = async (): Promise<SeenSession> => {
    const session = await world.call();
    sessions.splice(0, sessions.length, session);
    await world.clock.advance(1500);
    return session;
  };
  const refer = (dialog: Dialog | undefined, target: ReferTarget) => {
    const told: { outcome?: TransferOutcome; error?: unknown } = {};
    dialog?.refer(target, new AbortController().signal).then(
      (outcome) => {
        told.outcome = outcome;
      },
      (error: unknown) => {
        told.error = error;
      },
    );
    return told;
  };
  const over = async () => {
    for (const one of sessions) expect(await world.over(one)).toBe(true);
  };
  const finish = async () => {
    await over();
    const left = await world.finish();
    const calls = phones.calls.length + desk.calls.length;
    await Promise.all([phones.close(), desk.close()]);
    expect({ ...left, ports: (left.ports ?? 0) - calls - 2 }).toEqual(nothingLeft);
  };
  /** What somebody has heard in the last 200 ms. */
  const hears = (who: typeof phones, number: string): number[] => {
    const now = world.clock.now();
    const recent = who.callTo(number)?.rtp.received.filter(({ atMs }) => atMs > now - 200) ?? [];
    return [...new Set(recent.map(({ payload }) => payload[0] ?? -1))];
  };
  /** Has alice dial somebody, from her desk. */
  const dials = async (number: string, more: { readonly maxForwards?: number } = {}): Promise<CallLog> => {
    const call = new CallLog();
    desk.agent.invite(
      {
        to: { address: '10.0.0.1', port: 5060, transport: 'udp' },
        requestUri: `sip:${number}@10.0.0.1`,
        from: 'sip:alice@10.0.0.1',
        toUri: `sip:${number}@10.0.0.1`,
        offer: `v=0\r\no=- 9 9 IN IP4 ${DESK}\r\ns=-\r\nc=IN IP4 ${DESK}\r\nt=0 0\r\nm=audio 31000 RTP/AVP 0\r\n`,
        credentials: { userName: 'alice', password: 'secret of alice' },
        ...more,
      },
      call,
    );
    await world.clock.advance(1500);
    const placed = [...world.sessions.values()].at(-1);
    if (placed) sessions.push(placed);
    return call;
  };
  return { begin, dials, sessions, world, phones, desk, refer, hears, over, finish };
}

/** One call of such a scene, some time after alice has answered. */
export async function talking(...how: Parameters<typeof talkScene>) {
  const scene = talkScene(...how);
  return { ...scene, session: await scene.begin() };
}

/** How alice names one of her calls to who is to take her place in it. */
export function named(dialog: Dialog | undefined): { uri: string; replaces: Replaces } {
  if (!dialog) throw new Error('The call is not up');
  const { callId, localTag, remoteTag } = dialog.state;
  return { uri: 'sip:whoever@10.0.0.1', replaces: { callId, toTag: remoteTag, fromTag: localTag, earlyOnly: false } };
}
