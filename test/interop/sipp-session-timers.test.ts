import { describe, expect } from 'vitest';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { ANSWER } from '../support/sip-agents.ts';
import type { SippCalls } from '../support/sipp-calls.ts';
import { acknowledged, hangUp, hungUp, type SippStep } from '../support/sipp-scenario.ts';
import { eventually, scenario } from '../support/sipp-scenarios.ts';

// Session timers (RFC 4028) with sipp, in both roles. The minutes in which nothing happens are left out.

const expires = (value: string): string => `Session-Expires: ${value}`;
const UPDATES = 'Allow: INVITE, ACK, BYE, CANCEL, UPDATE';
const NO_UPDATES = 'Allow: INVITE, ACK, BYE, CANCEL';

/** We call sipp, which agrees on this session timer; the steps follow, and then our BYE, unless `hangsUp` is false. */
async function calling(calls: SippCalls, answerLines: readonly string[], steps: readonly SippStep[], hangsUp = true) {
  const { clock } = calls;
  const answer: SippStep = { reply: 200, sdp: {}, lines: answerLines, repeat: true };
  const all = [{ recv: 'INVITE', checks: [['Supported', 'timer']] }, answer, acknowledged, ...steps, ...hungUp] as const;
  const { sipp, call } = await calls.call(all);
  await eventually(() => expect(call.dialog).toBeDefined());
  return {
    clock,
    call,
    /** How often the session was refreshed or agreed on anew. */
    refreshed: (afterMs: number) => eventually(() => expect(call.dialog?.state.sessionTimer?.refreshedAtMs).toBeGreaterThan(afterMs)),
    async over() {
      if (hangsUp) await call.dialog?.bye();
      expect(await sipp.done).toBe('');
    },
  };
}

describe('we call, and refresh', () => {
  const refreshes: readonly SippStep[] = [
    { recv: 'UPDATE', checks: [['Session-Expires', '^ *90;refresher=uac']] },
    { reply: 200, lines: [expires('90;refresher=uac'), 'Require: timer'] },
  ];

  scenario('at half of the interval, by UPDATE, again and again', async (calls) => {
    const lines = [expires('90;refresher=uac'), 'Require: timer', UPDATES];
    const { clock, refreshed, over } = await calling(calls, lines, [...refreshes, ...refreshes]);
    for (const _time of [1, 2]) {
      const beforeMs = clock.now();
      clock.skip(45_000);
      await refreshed(beforeMs + 44_000);
    }
    await over();
  });

  scenario('by re-INVITE with the description that holds, when sipp has no UPDATE', async (calls) => {
    const steps: SippStep[] = [
      {
        recv: 'INVITE',
        checks: [
          ['Session-Expires', '^ *90;refresher=uac'],
          ['', 'm=audio 4000 RTP/AVP 0'],
        ],
      },
      { reply: 200, sdp: {}, lines: [expires('90;refresher=uac'), 'Require: timer'], repeat: true },
      acknowledged,
    ];
    const { clock, refreshed, over } = await calling(calls, [expires('90;refresher=uac'), 'Require: timer', NO_UPDATES], steps);
    const beforeMs = clock.now();
    clock.skip(45_000);
    await refreshed(beforeMs + 44_000);
    await over();
  });

  scenario('with the longer interval that a 422 to the refresh asks for (Min-SE)', async (calls) => {
    const steps: SippStep[] = [
      { recv: 'UPDATE' },
      { reply: 422, lines: ['Min-SE: 200'] },
      {
        recv: 'UPDATE',
        checks: [
          ['Session-Expires', '^ *200;refresher=uac'],
          ['Min-SE', '200'],
        ],
      },
      { reply: 200, lines: [expires('200;refresher=uac'), 'Require: timer'] },
    ];
    const { clock, call, over } = await calling(calls, [expires('90;refresher=uac'), 'Require: timer', UPDATES], steps);
    clock.skip(45_000);
    await eventually(() => expect(call.dialog?.state.sessionTimer?.intervalMs).toBe(200_000));
    await over();
  });

  scenario('and hang up when the refresh says that sipp knows the call no more', async (calls) => {
    const steps: SippStep[] = [{ recv: 'UPDATE' }, { reply: 481 }];
    const { clock, call, over } = await calling(calls, [expires('90;refresher=uac'), 'Require: timer', UPDATES], steps, false);
    clock.skip(45_000);
    await over();
    expect(call.end).toMatchObject({ by: 'error', status: 481 });
  });
});

describe('we call, and sipp refreshes', () => {
  scenario('by UPDATE, which is answered with the interval; when it stops, we hang up before the end', async (calls) => {
    const steps: SippStep[] = [
      { request: 'UPDATE', lines: [expires('90;refresher=uac'), 'Supported: timer'], repeat: true },
      {
        recv: 200,
        checks: [
          ['Session-Expires', '^ *90;refresher=uac'],
          ['Require', 'timer'],
        ],
      },
    ];
    const { clock, call, over } = await calling(calls, [expires('90;refresher=uas')], steps, false);
    await eventually(() => expect(call.dialog?.state.remoteCSeq).toBe(1));
    expect(call.dialog?.state.sessionTimer).toMatchObject({ intervalMs: 90_000, refresher: 'peer' });
    clock.skip(59_000);
    expect(call.end).toBeUndefined();
    clock.skip(2_000);
    await over();
    expect(call.end).toMatchObject({ by: 'error', status: 408 });
  });
});

describe('sipp calls', () => {
  /** The INVITE of sipp, and what it gets. */
  async function called(calls: SippCalls, steps: readonly SippStep[]) {
    const { clock } = calls;
    const dialogs: Dialog[] = [];
    const onInvite = (invite: IncomingInvite): void => calls.answer(invite, ANSWER, (dialog) => dialogs.push(dialog));
    const { sipp } = await calls.take(steps, onInvite);
    return { clock, sipp, dialogs };
  }
  const invite = (...lines: string[]): SippStep => ({ request: 'INVITE', sdp: {}, repeat: true, lines: ['Supported: timer', ...lines] });
  const trying: SippStep = { recv: 100, optional: true };

  scenario('with too small an interval: 422 with Min-SE, and the longer one is taken', async (calls) => {
    const branch = 'z9hG4bKsmall[pid]';
    const { sipp, dialogs } = await called(calls, [
      { ...invite(expires('60')), branch },
      trying,
      { recv: 422, checks: [['Min-SE', '^ *90']] },
      { request: 'ACK', branch },
      invite(expires('90'), 'Min-SE: 90'),
      trying,
      { recv: 200, checks: [['Session-Expires', '^ *90;refresher=ua[cs]']] },
      { request: 'ACK' },
      ...hangUp,
    ]);
    expect(await sipp.done).toBe('');
    expect(dialogs).toHaveLength(1);
  });

  scenario('and wants us to refresh: we do, by UPDATE', async (calls) => {
    const { clock, sipp, dialogs } = await called(calls, [
      invite(expires('1800;refresher=uas'), UPDATES),
      trying,
      {
        recv: 200,
        checks: [
          ['Session-Expires', '^ *1800;refresher=uas'],
          ['Require', 'timer'],
        ],
      },
      { request: 'ACK' },
      { recv: 'UPDATE', checks: [['Session-Expires', '^ *1800;refresher=uac']] },
      { reply: 200, lines: [expires('1800;refresher=uac'), 'Require: timer'] },
      ...hangUp,
    ]);
    await eventually(() => expect(dialogs[0]?.state.invite.acked).toBe(true));
    clock.skip(900_000);
    expect(await sipp.done).toBe('');
  });

  scenario('and refreshes no more: we hang up before the session is over', async (calls) => {
    const { clock, sipp, dialogs } = await called(calls, [
      invite(expires('90;refresher=uac')),
      trying,
      { recv: 200, checks: [['Session-Expires', '^ *90;refresher=uac']] },
      { request: 'ACK' },
      ...hungUp,
    ]);
    await eventually(() => expect(dialogs[0]?.state.invite.acked).toBe(true));
    clock.skip(61_000);
    expect(await sipp.done).toBe('');
    expect(dialogs[0]?.ended).toBe(true);
  });
});
