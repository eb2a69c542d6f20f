import { describe, expect, it } from 'vitest';
import type { RedirectPolicy } from '../../src/telephony/sip/redirection.ts';
import { RawPeer, type RawReply } from '../support/raw-peer.ts';
import { ANSWER, CALLEE, CALLER, CallLog, request, sipScene } from '../support/sip-agents.ts';

const anywhere: RedirectPolicy = async () => ({ ...CALLEE, transport: 'udp' });

type Answer = readonly [status: number, ...contacts: readonly string[]];

/** A call to a peer that answers the n-th INVITE as `answers` says, by the user part of its Request-URI. */
function redirectedCall(answers: (user: string) => Answer, redirects: RedirectPolicy = anywhere) {
  const scene = sipScene(undefined);
  void scene.callee.close();
  const peer = new RawPeer(scene.network.wire('udp', CALLEE));
  const asked: string[] = [];
  const headers: string[] = [];
  peer.onMessage = (message, from) => {
    if (message.kind !== 'request' || message.method === 'ACK') return;
    if (message.method !== 'INVITE') {
      peer.reply(message, 200, from);
      return;
    }
    const user = /^sip:(.*)@/.exec(message.uri)?.[1] ?? '';
    asked.push(user);
    headers.push(['Call-ID', 'From', 'To'].map((name) => message.headers.first(name)).join(' '));
    const [status, ...contacts] = answers(user);
    if (status === 0) return;
    const reply: RawReply = {
      tag: `t${asked.length}`,
      headers: (status === 200 ? ['<sip:bob@10.0.0.2:5060>'] : contacts).map((contact) => ['Contact', contact]),
      ...(status === 200 && { sdp: ANSWER }),
    };
    peer.reply(message, status, from, reply);
  };
  const call = new CallLog();
  const outgoing = scene.caller.invite(request('udp', { redirects }), call);
  return {
    ...{ scene, peer, call, outgoing, asked, headers },
    finish: async () => {
      await Promise.all([call.dialog?.bye(), scene.clock.advance(200_000)]);
      return [scene.clock.pendingTimers, scene.caller.liveTransactions, scene.caller.liveDialogs];
    },
  };
}

const FIRST = '+15550002';

describe('a call that is redirected', () => {
  it('goes to the target, with the Call-ID, From and To of before, and is up', async () => {
    const { scene, call, asked, headers, finish } = redirectedCall((user) => (user === FIRST ? [302, '<sip:b@x>'] : [200]));
    await scene.clock.advance(100);
    expect(asked).toEqual([FIRST, 'b']);
    expect(new Set(headers).size).toBe(1);
    expect(call.events).toEqual(['sent', 'answered']);
    expect(call.dialog?.state).toMatchObject({ localCSeq: 2, remoteTag: 't2' });
    expect(await finish()).toEqual([0, 0, 0]);
  });

  it('tries the targets in the order of their q-values until one answers', async () => {
    const { scene, call, asked, finish } = redirectedCall((user) => {
      if (user === FIRST) return [300, '<sip:c@x>;q=0.1', '<sip:a@x>;q=0.9', '<sip:b@x>;q=0.5'];
      return user === 'b' ? [200] : [486];
    });
    await scene.clock.advance(100);
    expect(asked).toEqual([FIRST, 'a', 'b']);
    expect(call.events).toEqual(['sent', 'answered']);
    expect(await finish()).toEqual([0, 0, 0]);
  });

  it('tries the targets of a redirected target before those that are left of the first', async () => {
    const { scene, call, asked, finish } = redirectedCall((user) => {
      if (user === FIRST) return [300, '<sip:a@x>;q=0.9', '<sip:b@x>;q=0.5'];
      if (user === 'a') return [302, '<sip:c@x>;q=0.1', '<sip:d@x>;q=0.2'];
      return user === 'b' ? [200] : [486];
    });
    await scene.clock.advance(100);
    expect(asked).toEqual([FIRST, 'a', 'd', 'c', 'b']);
    expect(call.events).toEqual(['sent', 'answered']);
    expect(await finish()).toEqual([0, 0, 0]);
  });

  it('ends with what the last target said when none answers', async () => {
    const { scene, call, finish } = redirectedCall((user) => (user === FIRST ? [302, '<sip:a@x>, <sip:b@x>'] : [user === 'a' ? 486 : 404]));
    await scene.clock.advance(100);
    expect(call.failure).toMatchObject({ why: 'response', status: 404 });
    expect(await finish()).toEqual([0, 0, 0]);
  });

  it('ends at once when a target refuses for all of them', async () => {
    const { scene, call, asked } = redirectedCall((user) => (user === FIRST ? [302, '<sip:a@x>, <sip:b@x>'] : [603]));
    await scene.clock.advance(100);
    expect([asked, call.failure?.status]).toEqual([[FIRST, 'a'], 603]);
  });

  it('ends when it is led in a circle', async () => {
    const { scene, call, asked } = redirectedCall((user) => [302, user === FIRST ? '<sip:a@x>' : `<sip:${FIRST}@10.0.0.2>, <sip:a@x>`]);
    await scene.clock.advance(100);
    expect([asked, call.failure?.status]).toEqual([[FIRST, 'a'], 302]);
  });

  it('ends after five targets, however long the chain is', async () => {
    let nth = 0;
    const { scene, call, asked, finish } = redirectedCall(() => [302, `<sip:n${nth++}@x>`]);
    await scene.clock.advance(1000);
    expect(asked).toEqual([FIRST, 'n0', 'n1', 'n2', 'n3', 'n4']);
    expect(call.failure).toMatchObject({ why: 'response', status: 302 });
    expect(await finish()).toEqual([0, 0, 0]);
  });

  it.each([
    ['to where the policy does not let it', async () => undefined, ['<sip:a@x>']],
    ['to nowhere', anywhere, []],
    ['to something that is no SIP address', anywhere, ['*']],
  ] as const)('ends %s', async (_what, policy, contacts) => {
    const { scene, call, asked } = redirectedCall(() => [302, ...contacts], policy);
    await scene.clock.advance(100);
    expect([asked, call.failure]).toMatchObject([[FIRST], { why: 'response', status: 302 }]);
  });

  it('can be given up while it is decided where it goes', async () => {
    let decide = (): void => {};
    const { scene, call, asked, outgoing, finish } = redirectedCall(
      () => [302, '<sip:a@x>'],
      () =>
        new Promise((resolve) => {
          decide = () => resolve({ ...CALLEE, transport: 'udp' });
        }),
    );
    await scene.clock.advance(100);
    outgoing.cancel();
    expect(call.failure).toMatchObject({ why: 'cancelled' });
    decide();
    await scene.clock.advance(100);
    expect([asked, call.events]).toEqual([[FIRST], ['sent', 'failed cancelled']]);
    expect(await finish()).toEqual([0, 0, 0]);
  });

  it('can be given up while the target is silent', async () => {
    const { scene, call, outgoing, finish } = redirectedCall((user) => (user === FIRST ? [302, '<sip:a@x>'] : [0]));
    await scene.clock.advance(100);
    outgoing.cancel();
    expect(call.failure).toMatchObject({ why: 'cancelled' });
    expect(await finish()).toEqual([0, 0, 0]);
  });
});

it('a call that is given up while it is found out whether it may be redirected goes nowhere', async () => {
  let decide: (hop: Awaited<ReturnType<RedirectPolicy>>) => void = () => {};
  const policy: RedirectPolicy = () =>
    new Promise((resolve) => {
      decide = resolve;
    });
  const { scene, peer, call, outgoing, asked, finish } = redirectedCall(() => [0], policy);
  await scene.clock.advance(1);
  peer.reply(peer.last('INVITE'), 100, CALLER);
  peer.reply(peer.last('INVITE'), 302, CALLER, { tag: 'a', headers: [['Contact', '<sip:b@x>']] });
  await scene.clock.advance(1);
  outgoing.cancel();
  expect(call.events).toEqual(['sent', '100', 'failed cancelled']);
  decide({ ...CALLEE, transport: 'udp' });
  expect(await finish()).toEqual([0, 0, 0]);
  expect([asked, peer.names]).toEqual([[FIRST], ['INVITE', 'ACK']]);
});
