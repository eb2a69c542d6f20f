import { describe, expect, it, vi } from 'vitest';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { ANSWER } from '../support/sip-agents.ts';
import { sippCalls } from '../support/sipp-calls.ts';
import { hangUp, hungUp, type SippStep } from '../support/sipp-scenario.ts';

// sipp calls us.

const calls = sippCalls();
const invite = (more: Partial<Extract<SippStep, { request: string }>> = {}): SippStep => ({
  request: 'INVITE',
  sdp: {},
  repeat: true,
  ...more,
});
const trying: SippStep = { recv: 100, optional: true };
const ringing: SippStep = { recv: 180, optional: true };
const ack: SippStep = { request: 'ACK' };

const answers = (call: IncomingInvite): void => {
  call.ring();
  void call.answer(ANSWER);
};

async function keepsTo(
  steps: readonly SippStep[],
  onInvite: (call: IncomingInvite) => void = answers,
  seesRepetitions = false,
): Promise<void> {
  const { sipp, agent } = await calls.take(steps, onInvite, { seesRepetitions });
  expect(await sipp.done).toBe('');
  await vi.waitFor(() => expect(agent.liveDialogs).toBe(0));
}

describe('a call', () => {
  it.concurrent('in compact form, with several Vias and Record-Routes, is answered with all of them', () =>
    keepsTo([
      invite({
        compact: true,
        lines: [
          'v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKsecond, SIP/2.0/TCP 192.0.2.2;branch=z9hG4bKthird',
          'Record-Route: <sip:[local_ip]:[local_port];lr;near=1>',
          'Record-Route: <sip:192.0.2.9;lr>',
          'k: 100rel, timer',
        ],
      }),
      trying,
      ringing,
      {
        recv: 200,
        checks: [
          ['', 'z9hG4bKsecond, .*z9hG4bKthird'],
          ['', 'near=1>.*<sip:192.0.2.9;lr>'],
        ],
      },
      ack,
      ...hangUp,
    ]));

  it.concurrent('through a proxy is hung up through it', async () => {
    const dialogs: Dialog[] = [];
    const steps: SippStep[] = [
      invite({ lines: ['Record-Route: <sip:[local_ip]:[local_port];lr>'] }),
      trying,
      { recv: 200 },
      ack,
      { recv: 'BYE', checks: [['Route', 'sip:127.0.0.1:[0-9]+;lr']] },
      { reply: 200 },
    ];
    const { sipp } = await calls.take(steps, (call) => void call.answer(ANSWER).then((dialog) => dialogs.push(dialog)));
    await vi.waitFor(() => expect(dialogs[0]?.state.invite.acked).toBe(true));
    await dialogs[0]?.bye();
    expect(await sipp.done).toBe('');
  });

  it.concurrent('without a description gets our offer, and brings the answer in the ACK', async () => {
    const dialogs: Dialog[] = [];
    const steps: SippStep[] = [
      { request: 'INVITE', repeat: true },
      trying,
      { recv: 200, checks: [['Content-Type', 'application/sdp']] },
      { request: 'ACK', sdp: { port: 7004 } },
      { pauseMs: 100 },
      ...hangUp,
    ];
    const { sipp } = await calls.take(steps, (call) => void call.answer(ANSWER).then((dialog) => dialogs.push(dialog)));
    expect(await sipp.done).toBe('');
    expect(dialogs[0]?.state.remoteSdp).toContain('m=audio 7004');
  });

  it.concurrent('whose ACK gets lost gets the answer until it comes', () =>
    keepsTo([invite({ repeat: false }), trying, ringing, { recv: 200 }, { recv: 200 }, { recv: 200 }, ack, ...hangUp], answers, true));

  it.concurrent('that comes again gets its last response again', async () => {
    let rang = 0;
    const branch = 'z9hG4bKsame[pid]';
    const again = invite({ branch, cSeq: 1, repeat: false });
    const busy: SippStep[] = [{ recv: 100 }, { recv: 486 }, again, { recv: 486 }, { request: 'ACK', branch }];
    await keepsTo(
      [again, ...busy],
      (call) => {
        rang++;
        call.reject(486);
      },
      true,
    );
    expect(rang).toBe(1);
  });

  it.concurrent('is hung up by us before the ACK: the BYE waits for it', () =>
    keepsTo(
      [invite({ repeat: false }), trying, { recv: 200 }, { pauseMs: 200 }, ack, ...hungUp],
      (call) => void call.answer(ANSWER).then((dialog) => dialog.bye()),
    ));

  it.concurrent('over TCP is answered, changed and hung up', async () => {
    const steps = [invite(), trying, ringing, { recv: 200 }, ack, { request: 'UPDATE' }, { recv: 200 }, ...hangUp] as const;
    const { sipp, agent } = await calls.take(steps, answers, { transport: 'tcp' });
    expect(await sipp.done).toBe('');
    await vi.waitFor(() => expect(agent.liveDialogs).toBe(0));
  });
});

describe('reliable provisional responses of ours', () => {
  /** Rings at once and answers later, when the PRACK has come. */
  const answersLater =
    (afterMs: number) =>
    (call: IncomingInvite): void => {
      call.ring();
      setTimeout(() => void call.answer(ANSWER), afterMs);
    };

  const acknowledges: readonly SippStep[] = [{ request: 'PRACK', lines: ['RAck: [$rseq] 1 INVITE'], repeat: true }, { recv: 200 }];

  it.concurrent('are sent to a caller that requires them, and the answer follows', () =>
    keepsTo(
      [
        invite({ lines: ['Require: 100rel'] }),
        trying,
        { recv: 180, checks: [['Require', '100rel']], keep: ['rseq', '[0-9]+', 'RSeq'] },
        ...acknowledges,
        { recv: 200 },
        ack,
        ...hangUp,
      ],
      answersLater(500),
    ));

  it.concurrent('with early media go to a caller that supports them; the answer waits for the PRACK', () =>
    keepsTo(
      [
        invite({ lines: ['Supported: 100rel'] }),
        trying,
        { recv: 183, checks: [['Content-Type', 'application/sdp']], keep: ['rseq', '[0-9]+', 'RSeq'] },
        { pauseMs: 200 },
        ...acknowledges,
        { recv: 200, checks: [['Content-Length', ' 0']] },
        ack,
        ...hangUp,
      ],
      (call) => {
        call.ring(ANSWER);
        void call.answer(ANSWER);
      },
    ));

  it.concurrent('are repeated until the PRACK comes', () =>
    keepsTo(
      [
        invite({ lines: ['Require: 100rel'], repeat: false }),
        trying,
        { recv: 180, keep: ['rseq', '[0-9]+', 'RSeq'] },
        { recv: 180 },
        { recv: 180 },
        ...acknowledges.map((step) => ({ ...step, repeat: false })),
        { recv: 200 },
        ack,
        ...hangUp,
      ],
      answersLater(3_000),
      true,
    ));

  it.concurrent('are overtaken by the answer: the PRACK is taken all the same', () =>
    keepsTo([
      invite({ lines: ['Require: 100rel'] }),
      trying,
      { recv: 180, keep: ['rseq', '[0-9]+', 'RSeq'] },
      { recv: 200 },
      ack,
      ...acknowledges,
      ...hangUp,
    ]));

  it.concurrent('whose PRACK names another: 481, and the right one is taken', () =>
    keepsTo(
      [
        invite({ lines: ['Require: 100rel'] }),
        trying,
        { recv: 180, keep: ['rseq', '[0-9]+', 'RSeq'] },
        { request: 'PRACK', lines: ['RAck: 1 1 INVITE'], repeat: true },
        { recv: 481 },
        ...acknowledges,
        { recv: 200 },
        ack,
        ...hangUp,
      ],
      answersLater(1_000),
    ));
});

describe('a call that is not taken', () => {
  const branch = 'z9hG4bKfailed[pid]';
  const refusedWith = (status: number, checks: readonly (readonly [string, string])[] = []): readonly SippStep[] => [
    trying,
    { recv: status, checks },
    { request: 'ACK', branch },
  ];
  const failing = (more: Partial<Extract<SippStep, { request: string }>> = {}): SippStep => invite({ branch, ...more });

  it.concurrent.each([404, 480, 486, 488, 603])('%i is repeated until it is acknowledged', (status) =>
    keepsTo([failing(), ...refusedWith(status)], (call) => call.reject(status)),
  );

  it.concurrent('503 says when to come again', () =>
    keepsTo([failing(), ...refusedWith(503, [['Retry-After', '7']])], (call) => call.reject(503, undefined, [['Retry-After', '7']])));

  it.concurrent('is cancelled: 200 for the CANCEL, 487 for the call', () =>
    keepsTo(
      [
        failing(),
        trying,
        { recv: 180 },
        { request: 'CANCEL', branch, repeat: true },
        { recv: 200 },
        { recv: 487 },
        { request: 'ACK', branch },
      ],
      (call) => call.ring(),
    ));

  it.concurrent('asks for an extension that we lack: 420 names it', () =>
    keepsTo([failing({ lines: ['Require: juggling, 100rel'] }), ...refusedWith(420, [['Unsupported', 'juggling']])]));

  it.concurrent('has come too far: 483', () => keepsTo([failing({ lines: ['Max-Forwards: 0'] }), ...refusedWith(483)]));

  it.concurrent('has a body that is no SDP: 415 says what we take', () =>
    keepsTo([failing({ type: 'text/plain', sdp: 'hello' }), ...refusedWith(415, [['Accept', 'application/sdp']])]));

  it.concurrent('comes twice by different ways: 482', () =>
    keepsTo(
      [
        invite({ branch: 'z9hG4bKfirst[pid]' }),
        trying,
        { recv: 180 },
        failing({ cSeq: 1 }),
        { recv: 482 },
        { request: 'ACK', branch },
        { request: 'CANCEL', cSeq: 1, branch: 'z9hG4bKfirst[pid]', repeat: true },
        { recv: 200 },
        { recv: 487 },
        { request: 'ACK', branch: 'z9hG4bKfirst[pid]' },
      ],
      (call) => call.ring(),
    ));
});

describe('outside of calls', () => {
  it.concurrent.each([
    ['OPTIONS', 200, 'Allow', 'PRACK'],
    ['MESSAGE', 405, 'Allow', 'INVITE'],
    ['JUGGLE', 501, 'Allow', 'INVITE'],
    ['SUBSCRIBE', 489, 'CSeq', 'SUBSCRIBE'],
    ['BYE', 481, 'CSeq', 'BYE'],
  ] as const)('%s is answered %i', (request, status, header, pattern) =>
    keepsTo([
      { request, repeat: true },
      { recv: status, checks: [[header, pattern]] },
    ]),
  );
});
