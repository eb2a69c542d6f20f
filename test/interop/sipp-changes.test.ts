import { describe, expect, it, vi } from 'vitest';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import { OFFER } from '../support/sip-agents.ts';
import { sippCalls } from '../support/sipp-calls.ts';
import { acknowledged, answer, hungUp, type SippStep } from '../support/sipp-scenario.ts';

// Requests within a call that sipp has answered.

const calls = sippCalls();
const up: readonly SippStep[] = [{ recv: 'INVITE' }, answer, acknowledged];
const ack: SippStep = { request: 'ACK' };
const accepted = (...checks: readonly (readonly [string, string])[]): readonly SippStep[] => [
  { recv: 100, optional: true },
  { recv: 200, checks },
];

/** Calls sipp and lets it do the steps; `decide` answers its offers, and we hang up at the end. */
async function inCall(
  steps: readonly SippStep[],
  decide?: Dialog['onReinvite'],
  afterwards: (dialog: Dialog) => Promise<unknown> = async () => {},
) {
  const { sipp, call } = await calls.call([...up, ...steps, { request: 'OPTIONS', lines: ['X-Last: yes'] }, { recv: 200 }, ...hungUp]);
  call.onAnswered = (dialog) => {
    dialog.onReinvite = decide;
    void afterwards(dialog);
  };
  await vi.waitFor(() => expect(call.dialog?.state.remoteCSeq).toBeDefined(), 10_000);
  const last = steps.filter((step) => 'request' in step && step.request !== 'ACK').length + 1;
  await vi.waitFor(() => expect(call.dialog?.state.remoteCSeq).toBe(last), 10_000);
  await call.dialog?.bye();
  expect(await sipp.done).toBe('');
  return call;
}

describe('a re-INVITE of the callee', () => {
  const answers = (sdp: string) => OFFER.replace('RTP/AVP 0\r\n', `RTP/AVP 0\r\n${sdp}\r\n`);

  it.concurrent('holds and resumes', async () => {
    const heard: string[] = [];
    await inCall(
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

  it.concurrent('changes address and codec', async () => {
    const call = await inCall(
      [{ request: 'INVITE', sdp: { port: 7000, formats: '8', version: 2 }, repeat: true }, ...accepted(), ack],
      () => OFFER,
    );
    expect(call.dialog?.state.remoteSdp).toContain('m=audio 7000 RTP/AVP 8');
  });

  it.concurrent('without a description gets our offer and answers it in the ACK', async () => {
    const call = await inCall(
      [
        { request: 'INVITE', repeat: true },
        ...accepted(['Content-Type', 'application/sdp']),
        { request: 'ACK', sdp: { port: 7002, version: 2 } },
      ],
      () => OFFER,
    );
    expect(call.dialog?.state.remoteSdp).toContain('m=audio 7002');
  });

  it.concurrent('that is refused leaves the call as it was', async () => {
    const branch = 'z9hG4bKrefused[pid]';
    const call = await inCall(
      [{ request: 'INVITE', branch, sdp: { formats: '99', version: 2 }, repeat: true }, { recv: 488 }, { request: 'ACK', branch }],
      () => undefined,
    );
    expect(call.dialog?.state.remoteSdp).toContain('m=audio 6000 RTP/AVP 0 101');
  });

  it.concurrent('whose ACK is late gets its answer again until it comes', async () => {
    const steps: SippStep[] = [{ request: 'INVITE', cSeq: 10, sdp: { version: 2 } }, ...accepted(), { recv: 200 }, { recv: 200 }, ack];
    const { sipp, call } = await calls.call([...up, ...steps, ...hungUp], { seesRepetitions: true });
    await vi.waitFor(() => expect(call.dialog?.state.remoteCSeq).toBe(10));
    await vi.waitFor(() => expect(call.dialog?.state.invite).toEqual({ cSeq: 10, acked: true }), 5_000);
    await call.dialog?.bye();
    expect(await sipp.done).toBe('');
  });

  it.concurrent('that collides with ours: both get 491, and ours succeeds later', async () => {
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
    const { sipp, call } = await calls.call([...up, ...steps, ...hungUp]);
    await vi.waitFor(() => expect(call.dialog).toBeDefined());
    await expect(call.dialog?.reinvite(`${OFFER}a=sendonly\r\n`, AbortSignal.timeout(10_000))).resolves.toContain('recvonly');
    await call.dialog?.bye();
    expect(await sipp.done).toBe('');
  });
});

describe('UPDATE in a call', () => {
  it.concurrent('of the callee holds', async () => {
    const call = await inCall(
      [{ request: 'UPDATE', sdp: { direction: 'inactive', version: 2 }, repeat: true }, ...accepted(['', 'a=inactive'])],
      () => `${OFFER}a=inactive\r\n`,
    );
    expect(call.dialog?.state.remoteSdp).toContain('a=inactive');
  });

  it.concurrent('of the callee without a description says that it is there', () =>
    inCall([{ request: 'UPDATE', repeat: true }, ...accepted()]));

  it.concurrent('of ours holds', async () => {
    const { sipp, call } = await calls.call([
      ...up,
      { recv: 'UPDATE', checks: [['', 'a=sendonly']] },
      { reply: 200, sdp: { direction: 'recvonly', version: 2 } },
      ...hungUp,
    ]);
    await vi.waitFor(() => expect(call.dialog).toBeDefined());
    await expect(call.dialog?.update(`${OFFER}a=sendonly\r\n`, AbortSignal.timeout(10_000))).resolves.toContain('recvonly');
    await call.dialog?.bye();
    expect(await sipp.done).toBe('');
  });
});

describe('our re-INVITE', () => {
  it.concurrent.each([
    ['is challenged, and sent again with credentials', 401, ['WWW-Authenticate: Digest realm="sipp", nonce="again", qop="auth"']],
    ['comes while the callee has an offer to answer, and is sent again when it says so', 500, ['Retry-After: 1']],
  ])('%s', async (_what, status, lines) => {
    const steps: SippStep[] = [
      { recv: 'INVITE' },
      { reply: status, lines, repeat: true },
      acknowledged,
      { recv: 'INVITE', ...(status === 401 && { checks: [['Authorization', 'nonce="again"']] as const }) },
      { ...answer, sdp: { direction: 'recvonly', version: 2 } },
      acknowledged,
    ];
    const { sipp, call } = await calls.call([...up, ...steps, ...hungUp]);
    await vi.waitFor(() => expect(call.dialog).toBeDefined());
    await expect(call.dialog?.reinvite(`${OFFER}a=sendonly\r\n`, AbortSignal.timeout(10_000))).resolves.toContain('recvonly');
    await call.dialog?.bye();
    expect(await sipp.done).toBe('');
  });
});

describe('other requests of the callee', () => {
  const refused = (request: string, status: number, ...checks: readonly (readonly [string, string])[]): readonly SippStep[] => [
    { request, repeat: true },
    { recv: status, checks },
  ];

  it.concurrent('INFO with a digit is taken', () =>
    inCall([{ request: 'INFO', type: 'application/dtmf-relay', sdp: 'Signal=5\nDuration=160', repeat: true }, { recv: 200 }]));

  it.concurrent('OPTIONS says what we can do', () =>
    inCall([
      { request: 'OPTIONS', repeat: true },
      { recv: 200, checks: [['Allow', 'UPDATE']] },
    ]));

  it.concurrent('a method that SIP has and we do not take: 405', () => inCall(refused('PUBLISH', 405, ['Allow', 'INVITE'])));

  it.concurrent('a method that nobody knows: 501', () => inCall(refused('JUGGLE', 501, ['Allow', 'INVITE'])));

  it.concurrent('an event that we did not ask for: 489', () =>
    inCall([{ request: 'NOTIFY', lines: ['Event: presence'], repeat: true }, { recv: 489 }]));

  it.concurrent('an extension that we lack: 420 names it', () =>
    inCall([
      { request: 'INFO', lines: ['Require: juggling'], repeat: true },
      { recv: 420, checks: [['Unsupported', 'juggling']] },
    ]));
});
