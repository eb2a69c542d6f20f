import { describe, expect } from 'vitest';
import type { ReferAsked } from '../../src/telephony/sip/dialog-refers.ts';
import { ANSWER } from '../support/sip-agents.ts';
import { acknowledged, answer, hungUp, type SippStep } from '../support/sipp-scenario.ts';
import { eventually, scenario } from '../support/sipp-scenarios.ts';

// Transfers asked for by us and by sipp, in a call that sipp has answered.

const up: readonly SippStep[] = [{ recv: 'INVITE' }, answer, acknowledged];
const refer: SippStep = {
  recv: 'REFER',
  checks: [
    ['Refer-To', '<sip:carol@127.0.0.1>'],
    ['Referred-By', 'sip:'],
  ],
};
const news = (line: string, state: string): readonly SippStep[] => [
  {
    request: 'NOTIFY',
    lines: ['Event: refer', `Subscription-State: ${state}`],
    type: 'message/sipfrag;version=2.0',
    sdp: line,
    repeat: true,
  },
  { recv: 200 },
];
const active = 'active;expires=60';
const over = 'terminated;reason=noresource';

describe('a transfer that we ask for', () => {
  const cases: readonly (readonly [string, readonly SippStep[], object])[] = [
    [
      'works',
      [{ reply: 202 }, ...news('SIP/2.0 100 Trying', active), ...news('SIP/2.0 200 OK', over)],
      { result: 'transferred', sip: 200 },
    ],
    [
      'fails',
      [{ reply: 202 }, ...news('SIP/2.0 180 Ringing', active), ...news('SIP/2.0 486 Busy Here', over)],
      { result: 'failed', sip: 486 },
    ],
    ['is declined', [{ reply: 603 }], { result: 'refused', sip: 603 }],
    ['is a method that the peer lacks', [{ reply: 405 }], { result: 'refused', sip: 405 }],
    ['is accepted without a word', [{ reply: 200, lines: ['Refer-Sub: false'] }], { result: 'unknown', sip: 200 }],
  ];
  for (const [what, steps, outcome] of cases)
    scenario(what, async (calls) => {
      const { sipp, call } = await calls.call([...up, refer, ...steps, ...hungUp]);
      await eventually(() => expect(call.dialog).toBeDefined());
      const asked = call.dialog?.refer({ uri: 'sip:carol@127.0.0.1' }, AbortSignal.timeout(10_000));
      expect(await asked).toMatchObject(outcome);
      await call.dialog?.bye();
      expect(await sipp.done).toBe('');
    });
});

describe('a transfer that sipp asks for', () => {
  const asks: SippStep = {
    request: 'REFER',
    lines: ['Refer-To: <sip:carol@127.0.0.1>', 'Referred-By: <sip:sipp@127.0.0.1>'],
    repeat: true,
  };

  scenario('is declined when nobody decides, and the call goes on', async (calls) => {
    const { sipp, call } = await calls.call([...up, asks, { recv: 603 }, ...hungUp]);
    await eventually(() => expect(call.dialog?.state.remoteCSeq).toBe(1));
    await call.dialog?.bye();
    expect(await sipp.done).toBe('');
  });

  scenario('is accepted by whoever decides, and its progress told', async (calls) => {
    const steps: SippStep[] = [
      asks,
      { recv: 202 },
      {
        recv: 'NOTIFY',
        checks: [
          ['', 'SIP/2.0 100 Trying'],
          ['Subscription-State', 'active'],
        ],
      },
      { reply: 200 },
      {
        recv: 'NOTIFY',
        checks: [
          ['', 'SIP/2.0 200 OK'],
          ['Subscription-State', 'terminated'],
        ],
      },
      { reply: 200 },
    ];
    const { sipp, call } = await calls.call([...up, ...steps, ...hungUp]);
    const asked: ReferAsked[] = [];
    call.onAnswered = (dialog) => {
      dialog.onRefer = (what) => {
        asked.push(what);
        return (report) => {
          void report.tell(200, 'OK');
          setTimeout(() => void dialog.bye(), 500);
        };
      };
    };
    expect(await sipp.done).toBe('');
    expect(asked).toEqual([{ uri: 'sip:carol@127.0.0.1', referredBy: 'sip:sipp@127.0.0.1' }]);
  });
});

describe('a call of sipp that names another to replace', () => {
  scenario('that nobody knows: 481', async (calls) => {
    const branch = 'z9hG4bKreplaces[pid]';
    const steps: SippStep[] = [
      { request: 'INVITE', branch, sdp: {}, lines: ['Replaces: nobody;to-tag=1;from-tag=2'], repeat: true },
      { recv: 100, optional: true },
      { recv: 481 },
      { request: 'ACK', branch },
    ];
    const { sipp } = await calls.take(steps, (invite) => calls.answer(invite, ANSWER));
    expect(await sipp.done).toBe('');
  });
});
