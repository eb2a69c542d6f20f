import { describe, expect, it } from 'vitest';
import type { DialogEntry } from '../../src/telephony/sip/core.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { type Replaces, writeReplaces } from '../../src/telephony/sip/replaces.ts';
import { ANSWER, CALLER, CallLog, request, sipScene } from '../support/sip-agents.ts';

/** A call between two user agents, up or ringing, and another INVITE that is to replace it at the callee. */
async function replacing(
  options: {
    ring?: boolean;
    hungUp?: boolean;
    onReplace?: 'takes' | 'absent';
    change?: (replaces: Replaces) => Replaces;
    twice?: boolean;
  } = {},
) {
  const replaced: DialogEntry[] = [];
  const dialogs: Dialog[] = [];
  const scene = sipScene(
    (invite) => {
      invite.ring();
      if (!options.ring) void invite.answer(ANSWER).then((dialog) => dialogs.push(dialog));
    },
    () => 'pass',
    options.onReplace === 'absent'
      ? {}
      : {
          onReplace: (invite, dialog) => {
            replaced.push(dialog);
            void invite.answer(ANSWER).then((next) => dialogs.push(next));
          },
        },
  );
  const first = new CallLog();
  const outgoing = scene.caller.invite(request(), first);
  await scene.clock.advance(100);
  const { state } = first.dialog ?? first.early ?? {};
  if (!state) throw new Error('There is no dialog');
  if (options.hungUp) void dialogs[0]?.bye();
  const named = { callId: state.callId, toTag: state.remoteTag, fromTag: state.localTag, earlyOnly: false };
  const value = writeReplaces(options.change?.(named) ?? named);
  const second = new CallLog();
  const headers = [['Replaces', value] as const, ...(options.twice ? [['Replaces', value] as const] : [])];
  scene.caller.invite(request('udp', { headers }), second);
  await scene.clock.advance(options.hungUp ? 0 : 100);
  return { scene, first, second, outgoing, dialogs, replaced };
}

describe('an INVITE with Replaces', () => {
  it('that names a call that is up is handed over with that call', async () => {
    const { scene, second, dialogs, replaced } = await replacing();
    expect(second.events).toEqual(['sent', '100', 'answered']);
    expect(replaced).toEqual([dialogs[0]]);
    for (const dialog of dialogs) void dialog.bye();
    await scene.clock.advance(100_000);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it.each([
    ['a call that nobody knows', { change: (named) => ({ ...named, callId: 'other' }) }, 481],
    ['a call by the wrong tags', { change: (named) => ({ ...named, toTag: named.fromTag, fromTag: named.toTag }) }, 481],
    ['only a ringing call, and it is up', { change: (named) => ({ ...named, earlyOnly: true }) }, 486],
    ['a call that still rings here', { ring: true }, 481],
    ['two calls', { twice: true }, 400],
    ['a call, and nobody decides on that', { onReplace: 'absent' }, 403],
  ] satisfies [string, Parameters<typeof replacing>[0], number][])('that names %s is refused', async (_what, options, status) => {
    const { scene, second, first, outgoing, replaced, dialogs } = await replacing(options);
    expect(second.failure).toMatchObject({ status });
    expect(replaced).toEqual([]);
    expect(first.end).toBeUndefined();
    outgoing.cancel();
    for (const dialog of dialogs) void dialog.bye();
    await scene.clock.advance(100_000);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it('that names a call that is being hung up is declined', async () => {
    const { scene, second, replaced } = await replacing({ hungUp: true });
    await scene.clock.advance(100);
    expect([603, 481]).toContain(second.failure?.status);
    expect(replaced).toEqual([]);
    await scene.close();
  });

  it.each([true, false])('that names a call which rings at its sender is handed over (early-only: %s)', async (earlyOnly) => {
    const replaced: DialogEntry[] = [];
    const onReplace = (invite: IncomingInvite, dialog: DialogEntry): void => {
      replaced.push(dialog);
      invite.reject(486);
    };
    const scene = sipScene(
      (invite) => invite.ring(),
      () => 'pass',
      {},
      { onReplace, onInvite: (invite) => invite.reject(403) },
    );
    const first = new CallLog();
    const outgoing = scene.caller.invite(request(), first);
    await scene.clock.advance(100);
    const { callId, localTag, remoteTag } = first.early?.state ?? { callId: '', localTag: '', remoteTag: '' };
    const value = writeReplaces({ callId, toTag: localTag, fromTag: remoteTag, earlyOnly });
    const second = new CallLog();
    scene.callee.invite(request('udp', { to: { ...CALLER, transport: 'udp' }, headers: [['Replaces', value]] }), second);
    await scene.clock.advance(100);
    expect(second.failure).toMatchObject({ status: 486 });
    expect(replaced).toEqual([first.early]);
    outgoing.cancel();
    await scene.clock.advance(100_000);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });
});
