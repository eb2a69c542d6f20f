import { describe, expect } from 'vitest';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import { OFFER } from '../support/sip-agents.ts';
import type { SippCalls } from '../support/sipp-calls.ts';
import { acknowledged, answer, hungUp, type SippStep } from '../support/sipp-scenario.ts';
import { eventually, scenario } from '../support/sipp-scenarios.ts';

// Requests within a call that sipp has answered.

const up: readonly SippStep[] = [{ recv: 'INVITE' }, answer, acknowledged];
const ack: SippStep = { request: 'ACK' };
const accepted = (...checks: readonly (readonly [string, string])[]): readonly SippStep[] => [
  { recv: 100, optional: true },
  { recv: 200, checks },
];

/** Calls sipp and lets it do the steps; `decide` answers its offers, and we hang up at the end. */
async function inCall(
  calls: SippCalls,
  steps: readonly SippStep[],
  decide?: Dialog['onReinvite'],
  afterwards: (dialog: Dialog) => Promise<unknown> = async () => {},
) {
  const { sipp, call } = await calls.call([...up, ...steps, { request: 'OPTIONS', lines: ['X-Last: yes'] }, { recv: 200 }, ...hungUp]);
  call.onAnswered = (dialog) => {
    dialog.onReinvite = decide;
    void afterwards(dialog);
  };
  await eventually(() => expect(call.dialog?.state.remoteCSeq).toBeDefined());
  const last = steps.filter((step) => 'request' in step && step.request !== 'ACK').length + 1;
  await eventually(() => expect(call.dialog?.state.remoteCSeq).toBe(last));
  await call.dialog?.bye();
  expect(await sipp.done).toBe('');
  return call;
}

/** Puts the call on hold, which sipp agrees to, and hangs up. */
async function holdsAndEnds({ sipp, call }: Pick<Awaited<ReturnType<SippCalls['call']>>, 'sipp' | 'call'>): Promise<void> {
  await eventually(() => expect(call.dialog).toBeDefined());
  expect(await call.dialog?.reinvite(`${OFFER}a=sendonly\r\n`, AbortSignal.timeout(10_000))).toContain('recvonly');
  await call.dialog?.bye();
  expect(await sipp.done).toBe('');
}

describe('a re-INVITE of the callee', () => {
  const answers = (sdp: string) => OFFER.replace('RTP/AVP 0\r\n', `RTP/AVP 0\r\n${sdp}\r\n`);

  scenario('holds and resumes', async (calls) => {
    const heard: string[] = [];
    await inCall(
      calls,
      [
        { request: 'INVITE', sdp: { direction: 'sendonly', version: 2 }, repeat: true },
        ...accepted(['', 'a=recvonly']),
        ack,
        { request: 'INVITE', sdp: { direction: 'sendrecv', version: 3 }, repeat: true },
        ...accepted(['', 'a=sendrecv']),
        ack,
      ],
      (offer) => {
        const held = offer?.includes('sendonly') === true;
        heard.push(held ? 'hold' : 'resume');
        return answers(held ? 'a=recvonly' : 'a=sendrecv');
      },
    );
    expect(heard).toEqual(['hold', 'resume']);
  });

  scenario('changes address and codec', async (calls) => {
    const call = await inCall(
      calls,
      [{ request: 'INVITE', sdp: { port: 7000, formats: '8', version: 2 }, repeat: true }, ...accepted(), ack],
      () => OFFER,
    );
    expect(call.dialog?.state.remoteSdp).toContain('m=audio 7000 RTP/AVP 8');
  });

  scenario('without a description gets our offer and answers it in the ACK', async (calls) => {
    const call = await inCall(
      calls,
      [
        { request: 'INVITE', repeat: true },
        ...accepted(['Content-Type', 'application/sdp']),
        { request: 'ACK', sdp: { port: 7002, version: 2 } },
      ],
      () => OFFER,
    );
    expect(call.dialog?.state.remoteSdp).toContain('m=audio 7002');
  });

  scenario('that is refused leaves the call as it was', async (calls) => {
    const branch = 'z9hG4bKrefused[pid]';
    const call = await inCall(
      calls,
      [{ request: 'INVITE', branch, sdp: { formats: '99', version: 2 }, repeat: true }, { recv: 488 }, { request: 'ACK', branch }],
      () => undefined,
    );
    expect(call.dialog?.state.remoteSdp).toContain('m=audio 6000 RTP/AVP 0 101');
  });

  scenario('whose ACK is late gets its answer again until it comes', async (calls) => {
    const steps: SippStep[] = [{ request: 'INVITE', cSeq: 10, sdp: { version: 2 } }, ...accepted(), { recv: 200 }, { recv: 200 }, ack];
    const { sipp, call } = await calls.call([...up, ...steps, ...hungUp], { seesRepetitions: true });
    await eventually(() => expect(call.dialog?.state.remoteCSeq).toBe(10));
    await eventually(() => expect(call.dialog?.state.invite).toEqual({ cSeq: 10, acked: true }));
    await call.dialog?.bye();
    expect(await sipp.done).toBe('');
  });

  scenario('that collides with ours: both get 491, and ours succeeds later', async (calls) => {
    const branch = 'z9hG4bKglare[pid]';
    const steps: SippStep[] = [
      { recv: 'INVITE' },
      { request: 'INVITE', branch, sdp: { version: 2 }, repeat: true },
      { recv: 491 },
      { request: 'ACK', branch },
      { reply: 491, to: 'INVITE', repeat: true },
      acknowledged,
      { recv: 'INVITE' },
      { ...answer, sdp: { direction: 'recvonly', version: 2 } },
      acknowledged,
    ];
    await holdsAndEnds(await calls.call([...up, ...steps, ...hungUp]));
  });
});

describe('UPDATE in a call', () => {
  scenario('of the callee holds', async (calls) => {
    const call = await inCall(
      calls,
      [{ request: 'UPDATE', sdp: { direction: 'inactive', version: 2 }, repeat: true }, ...accepted(['', 'a=inactive'])],
      () => `${OFFER}a=inactive\r\n`,
    );
    expect(call.dialog?.state.remoteSdp).toContain('a=inactive');
  });

  scenario('of the callee without a description says that it is there', (calls) =>
    inCall(calls, [{ request: 'UPDATE', repeat: true }, ...accepted()]),
  );

  scenario('of ours holds', async (calls) => {
    const { sipp, call } = await calls.call([
      ...up,
      { recv: 'UPDATE', checks: [['', 'a=sendonly']] },
      { reply: 200, sdp: { direction: 'recvonly', version: 2 } },
      ...hungUp,
    ]);
    await eventually(() => expect(call.dialog).toBeDefined());
    expect(await call.dialog?.update(`${OFFER}a=sendonly\r\n`, AbortSignal.timeout(10_000))).toContain('recvonly');
    await call.dialog?.bye();
    expect(await sipp.done).toBe('');
  });
});

describe('our re-INVITE', () => {
  for (const [what, status, lines] of [
    ['is challenged, and sent again with credentials', 401, ['WWW-Authenticate: Digest realm="sipp", nonce="again", qop="auth"']],
    ['comes while the callee has an offer to answer, and is sent again when it says so', 500, ['Retry-After: 1']],
  ] as const)
    scenario(what, async (calls) => {
      const steps: SippStep[] = [
        { recv: 'INVITE' },
        { reply: status, lines, repeat: true },
        acknowledged,
        { recv: 'INVITE', ...(status === 401 && { checks: [['Authorization', 'nonce="again"']] as const }) },
        { ...answer, sdp: { direction: 'recvonly', version: 2 } },
        acknowledged,
      ];
      await holdsAndEnds(await calls.call([...up, ...steps, ...hungUp]));
    });
});

describe('other requests of the callee', () => {
  const refused = (request: string, status: number, ...checks: readonly (readonly [string, string])[]): readonly SippStep[] => [
    { request, repeat: true },
    { recv: status, checks },
  ];

  scenario('INFO with a digit is taken', (calls) =>
    inCall(calls, [{ request: 'INFO', type: 'application/dtmf-relay', sdp: 'Signal=5\nDuration=160', repeat: true }, { recv: 200 }]),
  );

  scenario('OPTIONS says what we can do', (calls) =>
    inCall(calls, [
      { request: 'OPTIONS', repeat: true },
      { recv: 200, checks: [['Allow', 'UPDATE']] },
    ]),
  );

  scenario('a method that SIP has and we do not take: 405', (calls) => inCall(calls, refused('PUBLISH', 405, ['Allow', 'INVITE'])));

  scenario('a method that nobody knows: 501', (calls) => inCall(calls, refused('JUGGLE', 501, ['Allow', 'INVITE'])));

  scenario('an event that we did not ask for: 489', (calls) =>
    inCall(calls, [{ request: 'NOTIFY', lines: ['Event: presence'], repeat: true }, { recv: 489 }]),
  );

  scenario('an extension that we lack: 420 names it', (calls) =>
    inCall(calls, [
      { request: 'INFO', lines: ['Require: juggling'], repeat: true },
      { recv: 420, checks: [['Unsupported', 'juggling']] },
    ]),
  );
});
