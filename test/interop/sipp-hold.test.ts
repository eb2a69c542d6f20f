import { describe, expect, it, vi } from 'vitest';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { ANSWER, OFFER } from '../support/sip-agents.ts';
import { sippCalls } from '../support/sipp-calls.ts';
import { acknowledged, answer, hangUp, hungUp, type SippStep } from '../support/sipp-scenario.ts';

// Hold and resume by re-INVITE, in both directions, whoever has called; and re-INVITEs that collide.

const calls = sippCalls();
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
async function calling(steps: readonly SippStep[]) {
  const { sipp, call } = await calls.call([{ recv: 'INVITE' }, answer, acknowledged, ...steps, ...hungUp]);
  call.onAnswered = (dialog) => {
    dialog.onReinvite = (offer) => ours(offer?.includes('sendonly') ? 'recvonly' : 'sendrecv');
  };
  await vi.waitFor(() => expect(call.dialog).toBeDefined(), 10_000);
  const { dialog } = call;
  if (!dialog) throw new Error('unreachable');
  return { sipp, dialog };
}

/** sipp calls us, and does these steps in the call. */
async function called(steps: readonly SippStep[]) {
  const dialogs: Dialog[] = [];
  const onInvite = (invite: IncomingInvite): void =>
    void invite.answer(ANSWER).then((dialog) => {
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
  await vi.waitFor(() => expect(dialogs[0]?.state.invite.acked).toBe(true), 10_000);
  const [dialog] = dialogs;
  if (!dialog) throw new Error('unreachable');
  return { sipp, dialog };
}

describe('hold and resume', () => {
  it.concurrent('by us, who called', async () => {
    const { sipp, dialog } = await calling(heldByUs);
    await holdAndResume(dialog, OFFER);
    await dialog.bye();
    expect(await sipp.done).toBe('');
  });

  it.concurrent('by sipp, which was called', async () => {
    const { sipp, dialog } = await calling(heldBySipp);
    await vi.waitFor(() => expect(dialog.state.invite).toEqual({ cSeq: 2, acked: true }), 10_000);
    await dialog.bye();
    expect(await sipp.done).toBe('');
  });

  it.concurrent('by us, who were called', async () => {
    const { sipp, dialog } = await called([...heldByUs, ...hungUp]);
    await holdAndResume(dialog, ANSWER);
    await dialog.bye();
    expect(await sipp.done).toBe('');
  });

  it.concurrent('by sipp, which called', async () => {
    const { sipp } = await called([...heldBySipp, ...hangUp]);
    expect(await sipp.done).toBe('');
  });

  it.concurrent('by us, and refused: the call goes on as it was', async () => {
    const steps: SippStep[] = [{ recv: 'INVITE', checks: [['', 'a=sendonly']] }, { reply: 488, repeat: true }, acknowledged];
    const { sipp, dialog } = await calling(steps);
    await expect(dialog.reinvite(ours('sendonly'), limit())).rejects.toMatchObject({ status: 488 });
    expect([dialog.ended, dialog.state.localSdp]).toEqual([false, OFFER]);
    await dialog.bye();
    expect(await sipp.done).toBe('');
  });
});

describe('a re-INVITE that collides with that of sipp, which called', () => {
  it.concurrent('is answered 491, as is that of sipp, and sent again within two seconds', async () => {
    const branch = 'z9hG4bKglare[pid]';
    const { sipp, dialog } = await called([
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
