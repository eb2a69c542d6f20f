import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { DialogState } from '../../src/telephony/sip/dialog-state.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { ANSWER, CALLEE, CALLER, CallLog, OFFER, request, sipScene } from '../support/sip-agents.ts';

/** A call that is up; the caller's process is then gone, and another one opens its address. */
async function takenOver() {
  const dialogs: Dialog[] = [];
  const scene = sipScene((invite) => {
    void invite.answer(ANSWER).then((dialog) => dialogs.push(dialog));
  });
  const call = new CallLog();
  scene.caller.invite(request(), call);
  await scene.clock.advance(1_000);
  const stored = JSON.stringify(call.dialog?.state);
  await scene.caller.close();
  const second = new UserAgent({
    wires: [scene.network.wire('udp', CALLER)],
    clock: scene.clock,
    random: seededRandom(99),
    log: silentLogger,
    product: 'second',
  });
  const state: DialogState = JSON.parse(stored);
  const callee = dialogs[0];
  if (!callee) throw new Error('unreachable');
  return { scene, second, callee, state, dialog: second.takeOver(state) };
}

describe('the state of a dialog', () => {
  it('is plain JSON with all that another process needs', async () => {
    const { state, scene, second } = await takenOver();
    expect(state).toEqual({
      phase: 'confirmed',
      role: 'uac',
      callId: expect.stringMatching(/^[0-9a-f]{32}$/),
      localTag: expect.stringMatching(/^[0-9a-f]{16}$/),
      remoteTag: expect.stringMatching(/^[0-9a-f]{16}$/),
      local: `<sip:+15550001@10.0.0.1>;tag=${state.localTag}`,
      remote: `<sip:+15550002@10.0.0.2>;tag=${state.remoteTag}`,
      localCSeq: 1,
      routeSet: [],
      remoteTarget: 'sip:10.0.0.2:5060',
      contact: 'sip:+15550001@10.0.0.1:5060',
      nextHop: CALLEE,
      transport: 'udp',
      invite: { cSeq: 1, acked: true },
      allow: ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'INFO', 'UPDATE', 'PRACK', 'REFER', 'NOTIFY'],
      supported: ['100rel', 'timer', 'replaces', 'norefersub', 'nosub'],
      openOffer: 'none',
      sessionTimer: { intervalMs: 1_800_000, refresher: 'us', refreshedAtMs: expect.any(Number) },
      localSdp: OFFER,
      remoteSdp: ANSWER,
    });
    await second.close();
    await scene.callee.close();
  });
});

describe('a second user agent goes on with the call', () => {
  it('and hangs up', async () => {
    const { scene, second, callee, dialog } = await takenOver();
    const ended: string[] = [];
    callee.onEnded((end) => ended.push(end.by));
    await Promise.all([dialog.bye(), scene.clock.advance(10)]);
    expect(ended).toEqual(['peer']);
    expect(dialog.state.localCSeq).toBe(102);
    await scene.clock.advance(100_000);
    expect([second.liveDialogs, second.liveTransactions, scene.callee.liveDialogs, scene.clock.pendingTimers]).toEqual([0, 0, 0, 0]);
  });

  it('and takes the call to another address: the peer sends there what it has to say from then on', async () => {
    const { scene, second, state, callee } = await takenOver();
    await second.close();
    const address = { address: '10.0.0.9', port: 5070 };
    const contact = 'sip:+15550001@10.0.0.9:5070';
    const wires = [scene.network.wire('udp', address)];
    const third = new UserAgent({ wires, clock: scene.clock, random: seededRandom(7), log: silentLogger, product: 'third' });
    const dialog = third.takeOver({ ...state, contact });
    const offer = OFFER.replaceAll('10.0.0.1', address.address).replace('o=- 1 1', 'o=- 1 2');
    callee.onReinvite = () => ANSWER.replace('o=- 7 1', 'o=- 7 2');
    const ended: string[] = [];
    dialog.onEnded((end) => ended.push(end.by));
    const answered = dialog.reinvite(offer, new AbortController().signal);
    await scene.clock.advance(100);
    expect(await answered).toContain('m=audio');
    expect(callee.state).toMatchObject({ remoteTarget: contact, remoteSdp: offer });
    await Promise.all([callee.bye(), scene.clock.advance(100)]);
    expect(ended).toEqual(['peer']);
    await scene.clock.advance(100_000);
    expect([third.liveDialogs, third.liveTransactions, scene.callee.liveDialogs]).toEqual([0, 0, 0]);
    await third.close();
  });

  it('and waits for no BYE that it has no wire for', async () => {
    const { scene, second, state, dialog } = await takenOver();
    dialog.drop();
    const other = second.takeOver({ ...state, transport: 'tls' });
    await other.bye();
    expect([second.liveDialogs, second.liveTransactions]).toEqual([0, 0]);
    await second.close();
    await scene.callee.close();
  });

  it('and hears the BYE of the peer', async () => {
    const { scene, dialog, callee } = await takenOver();
    const ended: string[] = [];
    dialog.onEnded((end) => ended.push(end.by));
    await Promise.all([callee.bye(), scene.clock.advance(10)]);
    expect(ended).toEqual(['peer']);
  });

  it('and acknowledges a 2xx that its predecessor did not', async () => {
    let acks = 0;
    const scene = sipScene(
      (invite) => {
        void invite.answer(ANSWER).then((dialog) => dialogs.push(dialog));
      },
      (bytes) => (Buffer.from(bytes).toString('latin1', 0, 4) === 'ACK ' && acks++ === 0 ? 'drop' : 'pass'),
    );
    const dialogs: Dialog[] = [];
    const call = new CallLog();
    scene.caller.invite(request(), call);
    await scene.clock.advance(100);
    const state = call.dialog?.state;
    await scene.caller.close();
    const wires = [scene.network.wire('udp', CALLER)];
    const second = new UserAgent({ wires, clock: scene.clock, random: seededRandom(9), log: silentLogger, product: 'second' });
    if (!state) throw new Error('unreachable');
    second.takeOver(state);
    expect(dialogs[0]?.state.invite.acked).toBe(false);
    await scene.clock.advance(1_000);
    expect(dialogs[0]?.state.invite.acked).toBe(true);
    expect(acks).toBe(2);
    await second.close();
    await scene.callee.close();
    expect(scene.clock.pendingTimers).toBe(0);
  });
});

it('an offer that was open when a process died is open no more for the next one', async () => {
  const { scene, second, state } = await takenOver();
  const dialog = second.takeOver({ ...state, openOffer: 'local' });
  scene.seen.length = 0;
  const change = dialog.reinvite(OFFER, new AbortController().signal);
  await scene.clock.advance(100);
  expect(scene.seen).toEqual(['-> INVITE', '<- 200 INVITE', '-> ACK']);
  expect(await change).toBe(ANSWER);
  await second.close();
  await scene.callee.close();
});
