import { describe, expect, it } from 'vitest';
import { AGENT, askingPeer, PEER } from '../support/asking-peer.ts';
import { ANSWER, CALLER } from '../support/sip-agents.ts';
import { invitingRawPeer } from '../support/sip-call.ts';

/** A caller, and a callee of which the test says every word. */
async function calling(more: Parameters<typeof invitingRawPeer>[0]) {
  const { scene, peer, call, outgoing } = await invitingRawPeer(more);
  const leftovers = async (): Promise<readonly number[]> => {
    await scene.clock.advance(200_000);
    return [scene.clock.pendingTimers, scene.caller.liveTransactions, scene.caller.liveDialogs];
  };
  return { scene, peer, call, outgoing, leftovers };
}

it('a call that was heard from can be given up while it is decided where a 302 leads', async () => {
  const { scene, peer, call, outgoing, leftovers } = await calling({ redirects: () => new Promise(() => {}) });
  peer.reply(peer.last('INVITE'), 100, CALLER);
  peer.reply(peer.last('INVITE'), 302, CALLER, { tag: 'a', headers: [['Contact', '<sip:b@x>']] });
  await scene.clock.advance(1);
  outgoing.cancel();
  expect(call.failure).toMatchObject({ why: 'cancelled' });
  expect(await leftovers()).toEqual([0, 0, 0]);
  expect(peer.names).toEqual(['INVITE', 'ACK']);
});

it.each([false, true])('an offer in a 2xx that is not taken is refused in the ACK (cancelled meanwhile: %s)', async (cancelled) => {
  const { scene, peer, outgoing, leftovers } = await calling({ offer: () => undefined });
  peer.reply(peer.last('INVITE'), 180, CALLER, { tag: 'a' });
  await scene.clock.advance(1);
  if (cancelled) outgoing.cancel();
  const headers = [['Contact', '<sip:b@10.0.0.2:5060>']] as const;
  peer.reply(peer.last('INVITE'), 200, CALLER, { tag: 'a', headers, sdp: ANSWER });
  await scene.clock.advance(1);
  expect(Buffer.from(peer.last('ACK').body).toString()).toContain('\r\nm=audio 0 RTP/AVP 0\r\n');
  peer.reply(peer.last('BYE'), 200, CALLER);
  expect(await leftovers()).toEqual([0, 0, 0]);
});

it('ringing that crosses a CANCEL is not told any more', async () => {
  const { scene, peer, call, outgoing, leftovers } = await calling({});
  peer.reply(peer.last('INVITE'), 100, CALLER);
  await scene.clock.advance(1);
  outgoing.cancel();
  peer.reply(peer.last('INVITE'), 180, CALLER, { tag: 'a' });
  await scene.clock.advance(1);
  expect(call.events).toEqual(['sent', '100']);
  peer.reply(peer.last('CANCEL'), 200, CALLER);
  peer.reply(peer.last('INVITE'), 487, CALLER, { tag: 'a' });
  expect(await leftovers()).toEqual([0, 0, 0]);
});

describe('a registration', () => {
  /** What comes of one whose REGISTERs are answered so, and how many there were. */
  async function registered(answer: (nth: number) => readonly [status: number, name: string, value: string]) {
    const { clock, agent, peer } = askingPeer();
    let count = 0;
    peer.onMessage = (message) => {
      if (message.kind !== 'request') return;
      const [status, name, value] = answer(++count);
      peer.reply(message, status, AGENT, { tag: 'r', headers: [[name, value]] });
    };
    const account = { registrar: 'sip:10.0.0.2', address: 'sip:us@10.0.0.2', contactUser: 'us' };
    const result = agent.registration(account).register({ ...PEER, transport: 'udp' }, 600, new AbortController().signal);
    await clock.advance(1000);
    await agent.close();
    return { result: await result, count };
  }

  it('lasts as long as Expires says when the registrar says nothing of our contact', async () => {
    expect(await registered(() => [200, 'Expires', '90'])).toEqual({ result: { registered: true, expiresMs: 90_000 }, count: 1 });
    expect(await registered(() => [200, 'Expires', 'soon'])).toEqual({ result: { registered: true, expiresMs: 600_000 }, count: 1 });
  });

  it('is given up when the registrar wants ever more (423)', async () => {
    expect(await registered((nth) => [423, 'Min-Expires', String(600 + nth)])).toEqual({ result: { registered: false }, count: 6 });
  });
});
