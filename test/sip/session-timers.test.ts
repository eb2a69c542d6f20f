import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { DialogEnd } from '../../src/telephony/sip/dialog-ending.ts';
import type { DialogState } from '../../src/telephony/sip/dialog-state.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { RawPeer, type RawReply } from '../support/raw-peer.ts';
import { ANSWER, CALLEE, CALLER, CallLog, OFFER, request, sipScene } from '../support/sip-agents.ts';
import { CONTACT, outcomeOf, sdpOf, toRawPeer, twoDialogs } from '../support/sip-call.ts';

const HOUR_MS = 3_600_000;
const never = new AbortController().signal;
const ALLOWS_UPDATE = ['Allow', 'INVITE, ACK, BYE, UPDATE'] as const;
const expires = (value: string) => ['Session-Expires', value] as const;

/** A call to a peer that answers with these headers, and every later request with `answers`, each in its turn. */
async function timedCall(headers: RawReply['headers'], answers: (method: string, nth: number) => number | [number, RawReply] | undefined) {
  const made = await toRawPeer({}, { headers: headers ?? [] });
  const { peer } = made;
  let nth = 0;
  peer.onMessage = (message, from) => {
    if (message.kind !== 'request' || message.method === 'ACK') return;
    const answer = message.method === 'BYE' ? 200 : answers(message.method, nth++);
    if (answer === undefined) return;
    const [status, reply] = typeof answer === 'number' ? [answer, {}] : answer;
    peer.reply(message, status, from, { ...reply, headers: [CONTACT, ...(reply.headers ?? [])] });
  };
  const startedAtMs = made.clock.now();
  return { ...made, requests: () => peer.names.filter((name) => name !== 'ACK'), sinceStartMs: () => made.clock.now() - startedAtMs };
}

describe('a call of an hour between two of us', () => {
  it('is refreshed by the caller with UPDATE each quarter of an hour, and leaves nothing', async () => {
    const { scene, caller, callee, call } = await twoDialogs();
    expect([caller.state.sessionTimer?.refresher, callee.state.sessionTimer?.refresher]).toEqual(['us', 'peer']);
    await scene.clock.advance(HOUR_MS + 1000);
    expect(scene.seen).toEqual(Array.from({ length: 4 }, () => ['-> UPDATE', '<- 200 UPDATE']).flat());
    expect([caller.ended, callee.ended]).toEqual([false, false]);
    await Promise.all([caller.bye(), scene.clock.advance(200_000)]);
    expect(call.end?.by).toBe('us');
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it('ends at both sides when nothing gets through any more, before the interval is over', async () => {
    const { scene, caller, callee, faults } = await twoDialogs();
    const ends: [string, number, DialogEnd][] = [];
    const startedAtMs = scene.clock.now();
    caller.onEnded((end) => ends.push(['caller', scene.clock.now() - startedAtMs, end]));
    callee.onEnded((end) => ends.push(['callee', scene.clock.now() - startedAtMs, end]));
    faults.filter = () => 'drop';
    await scene.clock.advance(1_800_000);
    expect(ends.map(([side, atMs, { by, status }]) => [side, Math.round(atMs / 10_000), by, status])).toEqual([
      ['caller', 93, 'error', 408],
      ['callee', 177, 'error', 408],
    ]);
    await scene.clock.advance(200_000);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('our INVITE', () => {
  it('asks for half an hour, and for what a 422 wants, once', async () => {
    const scene = sipScene(undefined);
    await scene.callee.close();
    const peer = new RawPeer(scene.network.wire('udp', CALLEE));
    const call = new CallLog();
    const asked: unknown[] = [];
    peer.onMessage = (message, from) => {
      if (message.kind !== 'request' || message.method !== 'INVITE') return;
      asked.push(['CSeq', 'Supported', 'Session-Expires', 'Min-SE'].map((name) => message.headers.first(name)));
      peer.reply(message, 422, from, { tag: `t${asked.length}`, headers: [['Min-SE', '7200']] });
    };
    scene.caller.invite(request(), call);
    await scene.clock.advance(100);
    expect(asked).toEqual([
      ['1 INVITE', '100rel, timer, replaces, norefersub, nosub', '1800', undefined],
      ['2 INVITE', '100rel, timer, replaces, norefersub, nosub', '7200', '7200'],
    ]);
    expect(call.failure).toMatchObject({ why: 'response', status: 422 });
    await scene.clock.advance(60_000);
    expect([scene.clock.pendingTimers, scene.caller.liveDialogs, scene.caller.liveTransactions]).toEqual([0, 0, 0]);
    await scene.caller.close();
  });

  it('makes a call without end when the peer has no timers', async () => {
    const { dialog, clock, requests } = await timedCall([], () => 200);
    expect(dialog.state.sessionTimer).toBeUndefined();
    expect(clock.pendingTimers).toBeGreaterThan(0);
    await clock.advance(HOUR_MS);
    expect([clock.pendingTimers, requests()]).toEqual([0, []]);
  });
});

describe('a session that we refresh', () => {
  it('is refreshed by re-INVITE with the same description when the peer has no UPDATE', async () => {
    const headers = [expires('600;refresher=uac')];
    const { dialog, clock, peer, requests } = await timedCall(headers, () => [200, { sdp: ANSWER, headers }]);
    await clock.advance(HOUR_MS + 1000);
    expect(requests()).toEqual(Array(12).fill('INVITE'));
    const { headers: last, body } = peer.last('INVITE');
    expect(Buffer.from(body).toString()).toBe(OFFER);
    expect(last.first('Session-Expires')).toBe('600;refresher=uac');
    expect([dialog.ended, dialog.state.invite.acked]).toEqual([false, true]);
  });

  it.each([405, 501])('falls back to re-INVITE at once when the peer refuses the UPDATE that it allowed, with %s', async (status) => {
    const timer = expires('600;refresher=uac');
    const { clock, requests } = await timedCall([timer, ALLOWS_UPDATE], (method) =>
      method === 'UPDATE' ? status : [200, { sdp: ANSWER, headers: [timer] }],
    );
    await clock.advance(301_000);
    expect(requests()).toEqual(['UPDATE', 'INVITE']);
    await clock.advance(300_000);
    expect(requests()).toEqual(['UPDATE', 'INVITE', 'INVITE']);
  });

  it('tells of no description that comes with the refresh and is the same', async () => {
    const timer = expires('600;refresher=uac');
    const { clock, dialog } = await timedCall([timer], () => [200, { sdp: ANSWER, headers: [timer] }]);
    const taken: string[] = [];
    dialog.onAnswer = (sdp) => taken.push(sdp);
    await clock.advance(301_000);
    expect(taken).toEqual([]);
  });

  it('takes another description that comes with the refresh', async () => {
    const timer = expires('600;refresher=uac');
    const { clock, dialog } = await timedCall([timer], () => [200, { sdp: sdpOf(9), headers: [timer] }]);
    const taken: string[] = [];
    dialog.onAnswer = (sdp) => taken.push(sdp);
    await clock.advance(301_000);
    expect(taken).toEqual([sdpOf(9)]);
  });

  it('is refreshed again while refreshes fail, and hung up before it is over', async () => {
    const { clock, call, requests, sinceStartMs, leftovers } = await timedCall([expires('600;refresher=uac'), ALLOWS_UPDATE], () => 503);
    await clock.runUntil(() => call.end !== undefined, HOUR_MS);
    expect(Math.round(sinceStartMs() / 1000)).toBe(568);
    expect(call.end).toMatchObject({ by: 'error', status: 408 });
    await clock.advance(1);
    expect(requests().at(-1)).toBe('BYE');
    expect(requests().filter((name) => name === 'UPDATE').length).toBeGreaterThan(3);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('goes on when a refresh fails once', async () => {
    const timer = expires('600;refresher=uac');
    const { clock, dialog } = await timedCall([timer, ALLOWS_UPDATE], (_method, nth) => (nth === 0 ? 500 : [200, { headers: [timer] }]));
    await clock.advance(HOUR_MS);
    expect(dialog.ended).toBe(false);
  });

  it.each([408, 481])('is over at once when a refresh gets %i', async (status) => {
    const { clock, call, requests } = await timedCall([expires('600;refresher=uac'), ALLOWS_UPDATE], () => status);
    await clock.advance(301_000);
    expect(call.end).toMatchObject({ by: 'error', status });
    expect(requests()).toEqual(['UPDATE', 'BYE']);
  });

  it('gets the longer interval that a 422 wants', async () => {
    const { clock, peer, requests, dialog } = await timedCall([expires('600;refresher=uac'), ALLOWS_UPDATE], (_method, nth) =>
      nth === 0 ? [422, { headers: [['Min-SE', '900']] }] : [200, { headers: [expires('900;refresher=uac')] }],
    );
    await clock.advance(301_000);
    expect(requests()).toEqual(['UPDATE', 'UPDATE']);
    const { headers } = peer.last('UPDATE');
    expect([headers.first('Session-Expires'), headers.first('Min-SE')]).toEqual(['900;refresher=uac', '900']);
    expect(dialog.state.sessionTimer).toMatchObject({ intervalMs: 900_000, refresher: 'us', smallestMs: 900_000 });
  });

  it('is not refreshed before its half, however small an interval the peer names', async () => {
    const { clock, requests } = await timedCall([expires('1;refresher=uac'), ALLOWS_UPDATE], () => [
      200,
      { headers: [expires('1;refresher=uac')] },
    ]);
    await clock.advance(100_000);
    expect(requests()).toEqual(['UPDATE', 'UPDATE']);
  });

  it('loses its timer with an answer that does not name it', async () => {
    const { clock, requests, dialog } = await timedCall([expires('600;refresher=uac'), ALLOWS_UPDATE], () => 200);
    await clock.advance(HOUR_MS);
    expect([requests(), dialog.state.sessionTimer, dialog.ended]).toEqual([['UPDATE'], undefined, false]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is refreshed by any change of ours too', async () => {
    const timer = expires('600;refresher=uac');
    const { clock, dialog, peer, requests } = await timedCall([timer], () => [200, { sdp: ANSWER, headers: [timer] }]);
    await clock.advance(200_000);
    const outcome = outcomeOf(dialog.reinvite(sdpOf(4000, 'sendonly'), never));
    await clock.advance(200_000);
    expect(outcome).toEqual({ value: ANSWER });
    expect(requests()).toEqual(['INVITE']);
    expect(peer.last('INVITE').headers.first('Session-Expires')).toBe('600;refresher=uac');
    await clock.advance(101_000);
    expect(requests()).toEqual(['INVITE', 'INVITE']);
    expect(Buffer.from(peer.last('INVITE').body).toString()).toBe(sdpOf(4000, 'sendonly'));
  });
});

describe('a session that the peer refreshes', () => {
  const asked = ['Supported: timer', 'Session-Expires: 600;refresher=uac'];

  it('goes on as long as it does, by UPDATE or re-INVITE, and is hung up when it stops', async () => {
    const { clock, call, ask, peer, leftovers } = await timedCall([expires('600;refresher=uas')], () => 200);
    for (let round = 0; round < 12; round++) {
      await clock.advance(300_000);
      if (round % 2 === 0) await ask('UPDATE', undefined, asked);
      else {
        await ask('INVITE', ANSWER, asked);
        await ask('ACK');
      }
      const response = peer.received.at(-1);
      expect(response?.kind === 'response' && response.status).toBe(200);
      expect(response?.headers.first('Session-Expires')).toBe('600;refresher=uac');
      expect(response?.headers.first('Require')).toBe('timer');
    }
    expect(call.end).toBeUndefined();
    await clock.advance(567_000);
    expect(call.end).toBeUndefined();
    await clock.advance(1_000);
    expect(call.end).toMatchObject({ by: 'error', status: 408 });
    expect(peer.names.at(-1)).toBe('BYE');
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('begins with a re-INVITE when that is the first to name a timer, and ends with one that does not', async () => {
    const { clock, call, ask, dialog } = await timedCall([], () => 200);
    await ask('INVITE', ANSWER, asked);
    await ask('ACK');
    expect(dialog.state.sessionTimer).toMatchObject({ intervalMs: 600_000, refresher: 'peer' });
    await clock.advance(300_000);
    await ask('INVITE', ANSWER);
    await ask('ACK');
    expect(dialog.state.sessionTimer).toBeUndefined();
    await clock.advance(HOUR_MS);
    expect(call.end).toBeUndefined();
  });

  it('is ours to refresh once it asks us to', async () => {
    const timer = expires('600;refresher=uac');
    const { clock, ask, requests } = await timedCall([ALLOWS_UPDATE], () => [200, { headers: [timer] }]);
    await ask('UPDATE', undefined, ['Supported: timer', 'Session-Expires: 600;refresher=uas']);
    await clock.advance(301_000);
    expect(requests().filter((name) => name === 'UPDATE')).toEqual(['UPDATE']);
  });

  it('keeps its timer when it asks for one that is too short', async () => {
    const { dialog, ask, peer } = await timedCall([expires('600;refresher=uas')], () => 200);
    await ask('UPDATE', undefined, ['Supported: timer', 'Session-Expires: 89']);
    expect(peer.names).toEqual(['422 UPDATE']);
    expect(peer.received.at(-1)?.headers.first('Min-SE')).toBe('90');
    expect(dialog.state.sessionTimer).toMatchObject({ intervalMs: 600_000, refresher: 'peer' });
  });
});

describe('a call that another user agent goes on with', () => {
  /** Hands the caller's side to another process, which begins after `awayMs`. */
  async function handedOver(awayMs: number) {
    const dialogs: Dialog[] = [];
    const scene = sipScene((invite) => void invite.answer(ANSWER).then((dialog) => dialogs.push(dialog)));
    const call = new CallLog();
    scene.caller.invite(request(), call);
    await scene.clock.advance(600_000);
    const state: DialogState = JSON.parse(JSON.stringify(call.dialog?.state));
    await scene.caller.close();
    await scene.clock.advance(awayMs);
    const wires = [scene.network.wire('udp', CALLER)];
    const second = new UserAgent({ wires, clock: scene.clock, random: seededRandom(9), log: silentLogger, product: 'second' });
    scene.seen.length = 0;
    return { scene, second, dialog: second.takeOver(state) };
  }

  it('is refreshed when it would have been', async () => {
    const { scene, second, dialog } = await handedOver(60_000);
    await scene.clock.advance(230_000);
    expect(scene.seen).toEqual([]);
    await scene.clock.advance(20_000);
    expect(scene.seen).toEqual(['-> UPDATE', '<- 200 UPDATE']);
    await scene.clock.advance(HOUR_MS);
    expect(dialog.ended).toBe(false);
    await Promise.all([dialog.bye(), scene.clock.advance(200_000)]);
    expect([scene.clock.pendingTimers, second.liveDialogs, scene.callee.liveDialogs]).toEqual([0, 0, 0]);
  });

  it('is refreshed at once when that is late', async () => {
    const { scene, second, dialog } = await handedOver(500_000);
    await scene.clock.advance(10);
    expect(scene.seen).toEqual(['-> UPDATE', '<- 200 UPDATE']);
    expect(dialog.ended).toBe(false);
    await second.close();
    await scene.callee.close();
    expect(scene.clock.pendingTimers).toBe(0);
  });
});
