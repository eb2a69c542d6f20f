import { describe, expect } from 'vitest';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { gatewayBody } from '../support/multipart-wire.ts';
import { ANSWER, OFFER } from '../support/sip-agents.ts';
import type { SippCalls } from '../support/sipp-calls.ts';
import { hangUp, hungUp, type SippStep } from '../support/sipp-scenario.ts';
import { eventually, scenario, scenarioOver } from '../support/sipp-scenarios.ts';

// sipp calls us.

const invite = (more: Partial<Extract<SippStep, { request: string }>> = {}): SippStep => ({
  request: 'INVITE',
  sdp: {},
  repeat: true,
  ...more,
});
const trying: SippStep = { recv: 100, optional: true };
const ringing: SippStep = { recv: 180, optional: true };
const ack: SippStep = { request: 'ACK' };

const answers = (call: IncomingInvite, calls: SippCalls): void => {
  call.ring();
  calls.answer(call, ANSWER);
};

async function keepsTo(
  calls: SippCalls,
  steps: readonly SippStep[],
  onInvite: (call: IncomingInvite, calls: SippCalls) => void = answers,
  seesRepetitions = false,
): Promise<void> {
  const { sipp, agent } = await calls.take(steps, (call) => onInvite(call, calls), { seesRepetitions });
  expect(await sipp.done).toBe('');
  await calls.hungUp(agent);
}

describe('a call', () => {
  scenario('of a gateway, whose description is one part of several, is answered', (calls) =>
    keepsTo(
      calls,
      [
        invite({
          type: 'multipart/mixed;boundary=gateway',
          sdp: gatewayBody(OFFER.trimEnd()).replaceAll('\r\n', '\n').replaceAll('\x01\x00', 'isup'),
        }),
        trying,
        ringing,
        { recv: 200, checks: [['Content-Type', 'application/sdp']] },
        ack,
        ...hangUp,
      ],
      (call, at) => {
        expect(call.sdp).toContain('m=audio 4000');
        answers(call, at);
      },
    ),
  );

  scenario('in compact form, with several Vias and Record-Routes, is answered with all of them', (calls) =>
    keepsTo(calls, [
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
    ]),
  );

  scenario('through a proxy is hung up through it', async (calls) => {
    const dialogs: Dialog[] = [];
    const steps: SippStep[] = [
      invite({ lines: ['Record-Route: <sip:[local_ip]:[local_port];lr>'] }),
      trying,
      { recv: 200 },
      ack,
      { recv: 'BYE', checks: [['Route', 'sip:127.0.0.1:[0-9]+;lr']] },
      { reply: 200 },
    ];
    const { sipp } = await calls.take(steps, (call) => calls.answer(call, ANSWER, (dialog) => dialogs.push(dialog)));
    await eventually(() => expect(dialogs[0]?.state.invite.acked).toBe(true));
    await dialogs[0]?.bye();
    expect(await sipp.done).toBe('');
  });

  scenario('without a description gets our offer, and brings the answer in the ACK', async (calls) => {
    const dialogs: Dialog[] = [];
    const steps: SippStep[] = [
      { request: 'INVITE', repeat: true },
      trying,
      { recv: 200, checks: [['Content-Type', 'application/sdp']] },
      { request: 'ACK', sdp: { port: 7004 } },
      { pauseMs: 600 },
      ...hangUp,
    ];
    const { sipp } = await calls.take(steps, (call) => calls.answer(call, ANSWER, (dialog) => dialogs.push(dialog)));
    expect(await sipp.done).toBe('');
    expect(dialogs[0]?.state.remoteSdp).toContain('m=audio 7004');
  });

  scenario('that has used up its hops is answered: it has arrived', (calls) =>
    keepsTo(calls, [invite({ lines: ['Max-Forwards: 0'] }), trying, ringing, { recv: 200 }, ack, ...hangUp]),
  );

  scenario('whose ACK gets lost gets the answer until it comes', (calls) =>
    keepsTo(
      calls,
      [invite({ repeat: false }), trying, ringing, { recv: 200 }, { recv: 200 }, { recv: 200 }, ack, ...hangUp],
      answers,
      true,
    ),
  );

  scenario('that comes again gets its last response again', async (calls) => {
    let rang = 0;
    const branch = 'z9hG4bKsame[pid]';
    const again = invite({ branch, cSeq: 1, repeat: false });
    const busy: SippStep[] = [{ recv: 100 }, { recv: 486 }, again, { recv: 486 }, { request: 'ACK', branch }];
    await keepsTo(
      calls,
      [again, ...busy],
      (call) => {
        rang++;
        call.reject(486);
      },
      true,
    );
    expect(rang).toBe(1);
  });

  scenario('is hung up by us before the ACK: the BYE waits for it', (calls) =>
    keepsTo(calls, [invite({ repeat: false }), trying, { recv: 200 }, { pauseMs: 200 }, ack, ...hungUp], (call) =>
      calls.answer(call, ANSWER, (dialog) => void dialog.bye()),
    ),
  );

  scenarioOver.tcp('over TCP is answered, changed and hung up', async (calls) => {
    const steps = [invite(), trying, ringing, { recv: 200 }, ack, { request: 'UPDATE' }, { recv: 200 }, ...hangUp] as const;
    const { sipp, agent } = await calls.take(steps, (call) => answers(call, calls), { transport: 'tcp' });
    expect(await sipp.done).toBe('');
    await eventually(() => expect(agent.liveDialogs).toBe(0));
  });
});

describe('reliable provisional responses of ours', () => {
  /** Rings at once and answers later, when the PRACK has come. */
  const answersLater =
    (afterMs: number) =>
    (call: IncomingInvite, calls: SippCalls): void => {
      call.ring();
      setTimeout(() => calls.answer(call, ANSWER), afterMs);
    };

  const acknowledges: readonly SippStep[] = [{ request: 'PRACK', lines: ['RAck: [$rseq] 1 INVITE'], repeat: true }, { recv: 200 }];

  scenario('are sent to a caller that requires them, and the answer follows', (calls) =>
    keepsTo(
      calls,
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
    ),
  );

  scenario('with early media go to a caller that supports them; the answer waits for the PRACK', (calls) =>
    keepsTo(
      calls,
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
        calls.answer(call, ANSWER);
      },
    ),
  );

  scenario('are repeated until the PRACK comes', (calls) =>
    keepsTo(
      calls,
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
    ),
  );

  scenario('are overtaken by the answer: the PRACK is taken all the same', (calls) =>
    keepsTo(calls, [
      invite({ lines: ['Require: 100rel'] }),
      trying,
      { recv: 180, keep: ['rseq', '[0-9]+', 'RSeq'] },
      { recv: 200 },
      ack,
      ...acknowledges,
      ...hangUp,
    ]),
  );

  scenario('whose PRACK names another: 481, and the right one is taken', (calls) =>
    keepsTo(
      calls,
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
    ),
  );
});

describe('a call that is not taken', () => {
  const branch = 'z9hG4bKfailed[pid]';
  const refusedWith = (status: number, checks: readonly (readonly [string, string])[] = []): readonly SippStep[] => [
    trying,
    { recv: status, checks },
    { request: 'ACK', branch },
  ];
  const failing = (more: Partial<Extract<SippStep, { request: string }>> = {}): SippStep => invite({ branch, ...more });

  for (const status of [404, 480, 486, 488, 603])
    scenario(`${status} is repeated until it is acknowledged`, (calls) =>
      keepsTo(calls, [failing(), ...refusedWith(status)], (call) => call.reject(status)),
    );

  scenario('503 says when to come again', (calls) =>
    keepsTo(calls, [failing(), ...refusedWith(503, [['Retry-After', '7']])], (call) => call.reject(503, undefined, [['Retry-After', '7']])),
  );

  scenario('is cancelled: 200 for the CANCEL, 487 for the call', (calls) =>
    keepsTo(
      calls,
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
    ),
  );

  scenario('asks for an extension that we lack: 420 names it', (calls) =>
    keepsTo(calls, [failing({ lines: ['Require: juggling, 100rel'] }), ...refusedWith(420, [['Unsupported', 'juggling']])]),
  );

  scenario('has a body that is no SDP: 415 says what we take', (calls) =>
    keepsTo(calls, [failing({ type: 'text/plain', sdp: 'hello' }), ...refusedWith(415, [['Accept', 'application/sdp']])]),
  );

  scenario('comes twice by different ways: 482', (calls) =>
    keepsTo(
      calls,
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
    ),
  );
});

describe('outside of calls', () => {
  for (const [request, status, header, pattern] of [
    ['OPTIONS', 200, 'Allow', 'PRACK'],
    ['MESSAGE', 405, 'Allow', 'INVITE'],
    ['JUGGLE', 501, 'Allow', 'INVITE'],
    ['SUBSCRIBE', 489, 'CSeq', 'SUBSCRIBE'],
    ['BYE', 481, 'CSeq', 'BYE'],
  ] as const)
    scenario(`${request} is answered ${status}`, (calls) =>
      keepsTo(calls, [
        { request, repeat: true },
        { recv: status, checks: [[header, pattern]] },
      ]),
    );
});
