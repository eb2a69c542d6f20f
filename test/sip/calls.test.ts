import { describe, expect, it } from 'vitest';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { ANSWER, CallLog, OFFER, request, sipScene } from '../support/sip-agents.ts';

/** A callee that rings, answers after a second, and keeps its dialog for the test. */
function answering(delayMs = 1_000) {
  const kept: { invite?: IncomingInvite; dialog?: Dialog; ended: string[] } = { ended: [] };
  const scene = sipScene((invite) => {
    kept.invite = invite;
    invite.ring();
    scene.clock.after(delayMs, () => {
      void invite.answer(ANSWER).then((dialog) => {
        kept.dialog = dialog;
        dialog.onEnded((end) => kept.ended.push(end.by));
      });
    });
  });
  return { scene, kept };
}

describe.each(['udp', 'tcp'] as const)('a call over %s', (transport) => {
  it('is answered and hung up by the caller', async () => {
    const { scene, kept } = answering();
    const call = new CallLog();
    scene.caller.invite(request(transport), call);
    await scene.clock.advance(3_000);
    expect(call.events).toEqual(['sent', '100', '180', 'answered']);
    expect(call.sdp).toBe(ANSWER);
    expect(kept.invite?.sdp).toBe(OFFER);
    let hungUp = false;
    void call.dialog?.bye('bye now').then(() => {
      hungUp = true;
    });
    await scene.clock.advance(100);
    expect(hungUp).toBe(true);
    expect(kept.ended).toEqual(['peer']);
    expect(call.end).toEqual({ by: 'us' });
    expect([scene.caller.liveDialogs, scene.callee.liveDialogs]).toEqual([0, 0]);
    await scene.clock.advance(40_000);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
    await scene.close();
  });

  it('is hung up by the callee', async () => {
    const { scene, kept } = answering();
    const call = new CallLog();
    scene.caller.invite(request(transport), call);
    await scene.clock.advance(2_000);
    await Promise.all([kept.dialog?.bye(), scene.clock.advance(100)]);
    expect(call.end?.by).toBe('peer');
    await scene.clock.advance(40_000);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it('ends well when both sides hang up at once', async () => {
    const { scene, kept } = answering();
    const call = new CallLog();
    scene.caller.invite(request(transport), call);
    await scene.clock.advance(2_000);
    await Promise.all([kept.dialog?.bye(), call.dialog?.bye(), scene.clock.advance(100)]);
    expect(kept.ended).toEqual(['us']);
    expect(call.end?.by).toBe('us');
    await scene.clock.advance(40_000);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it.each([
    [486, 'Busy Here'],
    [603, 'Decline'],
    [302, 'Moved Temporarily'],
  ])('fails with %i when the callee says so', async (status, reason) => {
    const scene = sipScene((invite) => invite.reject(status, reason));
    const call = new CallLog();
    scene.caller.invite(request(transport), call);
    await scene.clock.advance(1_000);
    expect(call.failure).toEqual({ why: 'response', status, reason });
    await scene.clock.advance(40_000);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it('is cancelled while it rings', async () => {
    let cancelled = 0;
    const scene = sipScene((invite) => {
      invite.onCancelled = () => cancelled++;
      invite.ring();
    });
    const call = new CallLog();
    const invite = scene.caller.invite(request(transport), call);
    await scene.clock.advance(5_000);
    invite.cancel();
    invite.cancel();
    await scene.clock.advance(100);
    expect(call.failure).toMatchObject({ why: 'cancelled', status: 487 });
    expect(cancelled).toBe(1);
    await scene.clock.advance(40_000);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('a callee', () => {
  it('that takes no calls says so, with a reason', async () => {
    const scene = sipScene(undefined);
    const call = new CallLog();
    scene.caller.invite(request(), call);
    await scene.clock.advance(100);
    expect(call.failure).toMatchObject({ why: 'response', status: 480 });
    await scene.clock.advance(40_000);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it('that answers nothing at all is a timeout after 32 s', async () => {
    const scene = sipScene(undefined, () => 'drop');
    const call = new CallLog();
    scene.caller.invite(request(), call);
    await scene.clock.advance(31_900);
    expect(call.events).toEqual(['sent']);
    // Timer A: at 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s after the first.
    expect(scene.seen).toEqual(Array.from({ length: 7 }, () => '-> INVITE'));
    await scene.clock.advance(200);
    expect(call.failure?.why).toBe('timeout');
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it('that listens on no TCP port is a transport error at once', async () => {
    const scene = sipScene(undefined);
    const call = new CallLog();
    scene.caller.invite(request('tcp', { to: { address: '10.0.0.9', port: 5060, transport: 'tcp' } }), call);
    await scene.clock.advance(1);
    expect(call.failure?.why).toBe('transport');
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it('that never gets the ACK repeats its 200 for 32 s, then says BYE', async () => {
    const scene = sipScene(
      (invite) => {
        void invite.answer(ANSWER).then((dialog) => dialog.onEnded((end) => ended.push(end.status)));
      },
      (bytes) => (Buffer.from(bytes).toString('latin1', 0, 4) === 'ACK ' ? 'drop' : 'pass'),
    );
    const ended: (number | undefined)[] = [];
    const call = new CallLog();
    scene.caller.invite(request(), call);
    await scene.clock.advance(31_000);
    expect(ended).toEqual([]);
    // 200 at 0, 0.5, 1.5, 3.5, 7.5, then every 4 s: each is acknowledged.
    expect(scene.seen.filter((line) => line === '<- 200 INVITE')).toHaveLength(10);
    expect(scene.seen.filter((line) => line === '-> ACK')).toHaveLength(10);
    await scene.clock.advance(2_000);
    expect(ended).toEqual([408]);
    expect(call.end?.by).toBe('peer');
    await scene.clock.advance(40_000);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it('that hangs up before the ACK waits for it (RFC 3261 section 15)', async () => {
    let acks = 0;
    const scene = sipScene(
      (invite) => {
        void invite.answer(ANSWER).then((dialog) => dialog.bye());
      },
      (bytes) => (Buffer.from(bytes).toString('latin1', 0, 4) === 'ACK ' && acks++ === 0 ? 'drop' : 'pass'),
    );
    const call = new CallLog();
    scene.caller.invite(request(), call);
    await scene.clock.advance(400);
    expect(scene.seen).not.toContain('<- BYE');
    await scene.clock.advance(200);
    expect(call.events).toContain('ended by peer');
    await scene.clock.advance(40_000);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it('cannot answer any more once the caller has given up', async () => {
    let invite: IncomingInvite | undefined;
    let cancelled = 0;
    const scene = sipScene((incoming) => {
      invite = incoming;
      incoming.onCancelled = () => cancelled++;
      incoming.ring();
    });
    const call = new CallLog();
    const outgoing = scene.caller.invite(request(), call);
    await scene.clock.advance(100);
    outgoing.cancel();
    await scene.clock.advance(100);
    await expect(invite?.answer(ANSWER)).rejects.toThrow('over');
    expect(cancelled).toBe(1);
  });
});

describe('close', () => {
  it('leaves no timer, transaction or dialog, whatever the calls are doing', async () => {
    const scene = sipScene((invite) => {
      if (invite.requestUri.includes('ringing')) invite.ring();
      else void invite.answer(ANSWER);
    });
    const calls = Array.from({ length: 4 }, () => new CallLog());
    const [first, second, third, fourth] = calls;
    if (!first || !second || !third || !fourth) throw new Error('unreachable');
    scene.caller.invite(request('udp', { requestUri: 'sip:ringing@10.0.0.2' }), first);
    scene.caller.invite(request('tcp'), second);
    scene.caller.invite(request('udp', { to: { address: '10.9.9.9', port: 5060, transport: 'udp' } }), third);
    scene.caller.invite(request('udp', { requestUri: 'sip:ringing@10.0.0.2' }), fourth).cancel();
    await scene.clock.advance(700);
    const bye = second.dialog?.bye();
    await scene.close();
    await bye;
    await scene.clock.advance(10);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
    expect(scene.network.openPorts).toBe(0);
  });
});
