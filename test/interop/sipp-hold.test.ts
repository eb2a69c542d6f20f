import { describe, expect } from 'vitest';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { ANSWER, OFFER } from '../support/sip-agents.ts';
import type { SippCalls } from '../support/sipp-calls.ts';
import { acknowledged, answer, hangUp, hungUp, type SippStep } from '../support/sipp-scenario.ts';
import { eventually, refusal, scenario } from '../support/sipp-scenarios.ts';

// Hold and resume by re-INVITE, in both directions, whoever has called; and re-INVITEs that collide.

const limit = (): AbortSignal => AbortSignal.timeout(10_000);
const ours = (direction: string, sdp = OFFER): string => `${sdp}a=${direction}\r\n`;

/** What sipp gets when we hold and resume. */
const heldByUs: readonly SippStep[] = [
  { recv: 'INVITE', checks: [['', 'a=sendonly']] },
  { reply: 200, sdp: { direction: 'recvonly', version: 2 }, repeat: true },
  acknowledged,
  { recv: 'INVITE', checks: [['', 'a=sendrecv']] },
  { reply: 200, sdp: { direction: 'sendrecv', version: 3 }, repeat: true },
  acknowledged,
];

/** What sipp does to hold and resume. */
const heldBySipp: readonly SippStep[] = [
  { request: 'INVITE', sdp: { direction: 'sendonly', version: 2 }, repeat: true },
  { recv: 100, optional: true },
  { recv: 200, checks: [['', 'a=recvonly']] },
  { request: 'ACK' },
  { request: 'INVITE', sdp: { direction: 'sendrecv', version: 3 }, repeat: true },
  { recv: 100, optional: true },
  { recv: 200, checks: [['', 'a=sendrecv']] },
  { request: 'ACK' },
];

async function holdAndResume(dialog: Dialog, sdp: string): Promise<void> {
  expect(await dialog.reinvite(ours('sendonly', sdp), limit())).toContain('a=recvonly');
  expect(await dialog.reinvite(ours('sendrecv', sdp), limit())).toContain('a=sendrecv');
}

/** We call sipp, which does these steps in the call. */
async function calling(calls: SippCalls, steps: readonly SippStep[]) {
  const { sipp, call } = await calls.call([{ recv: 'INVITE' }, answer, acknowledged, ...steps, ...hungUp]);
  call.onAnswered = (dialog) => {
    dialog.onReinvite = (offer) => ours(offer?.includes('sendonly') ? 'recvonly' : 'sendrecv');
  };
  await eventually(() => expect(call.dialog).toBeDefined());
  const { dialog } = call;
  if (!dialog) throw new Error('unreachable');
  return { sipp, dialog };
}

/** sipp calls us, and does these steps in the call. */
async function called(calls: SippCalls, steps: readonly SippStep[], isOurTurn = true) {
  const dialogs: Dialog[] = [];
  const onInvite = (invite: IncomingInvite): void =>
    calls.answer(invite, ANSWER, (dialog) => {
      dialog.onReinvite = (offer) => ours(offer?.includes('sendonly') ? 'recvonly' : 'sendrecv', ANSWER);
      dialogs.push(dialog);
    });
  const begin: SippStep[] = [
    { request: 'INVITE', sdp: {}, repeat: true },
    { recv: 100, optional: true },
    { recv: 200 },
    { request: 'ACK' },
  ];
  const { sipp } = await calls.take([...begin, ...steps], onInvite);
  // The ACK may be lost, or come after what sipp does next.
  await eventually(() => expect(isOurTurn ? dialogs[0]?.state.invite.acked : dialogs.length === 1).toBe(true));
  const [dialog] = dialogs;
  if (!dialog) throw new Error('unreachable');
  return { sipp, dialog };
}

describe('hold and resume', () => {
  scenario('by us, who called', async (calls) => {
    const { sipp, dialog } = await calling(calls, heldByUs);
    await holdAndResume(dialog, OFFER);
    await dialog.bye();
    expect(await sipp.done).toBe('');
  });

  scenario('by sipp, which was called', async (calls) => {
    const { sipp, dialog } = await calling(calls, heldBySipp);
    await eventually(() => expect(dialog.state.invite).toEqual({ cSeq: 2, acked: true }));
    await dialog.bye();
    expect(await sipp.done).toBe('');
  });

  scenario('by us, who were called', async (calls) => {
    const { sipp, dialog } = await called(calls, [...heldByUs, ...hungUp]);
    await holdAndResume(dialog, ANSWER);
    await dialog.bye();
    expect(await sipp.done).toBe('');
  });

  scenario('by sipp, which called', async (calls) => {
    const { sipp } = await called(calls, [...heldBySipp, ...hangUp], false);
    expect(await sipp.done).toBe('');
  });

  scenario('by us, and refused: the call goes on as it was', async (calls) => {
    const steps: SippStep[] = [{ recv: 'INVITE', checks: [['', 'a=sendonly']] }, { reply: 488, repeat: true }, acknowledged];
    const { sipp, dialog } = await calling(calls, steps);
    expect(await refusal(dialog.reinvite(ours('sendonly'), limit()))).toMatchObject({ status: 488 });
    expect([dialog.ended, dialog.state.localSdp]).toEqual([false, OFFER]);
    await dialog.bye();
    expect(await sipp.done).toBe('');
  });
});

describe('a re-INVITE that collides with that of sipp, which called', () => {
  scenario('is answered 491, as is that of sipp, and sent again within two seconds', async (calls) => {
    const branch = 'z9hG4bKglare[pid]';
    const { sipp, dialog } = await called(calls, [
      { recv: 'INVITE' },
      { request: 'INVITE', branch, sdp: { version: 2 }, repeat: true },
      { recv: 491 },
      { request: 'ACK', branch },
      { reply: 491, to: 'INVITE', repeat: true },
      acknowledged,
      { recv: 'INVITE' },
      { reply: 200, sdp: { direction: 'recvonly', version: 3 }, repeat: true },
      acknowledged,
      ...hungUp,
    ]);
    expect(await dialog.reinvite(ours('sendonly', ANSWER), limit())).toContain('a=recvonly');
    await dialog.bye();
    expect(await sipp.done).toBe('');
  });
});
