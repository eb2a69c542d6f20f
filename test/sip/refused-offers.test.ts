import { describe, expect, it } from 'vitest';
import { calledPeer, ok } from '../support/called-peer.ts';
import { ANSWER, request } from '../support/sip-agents.ts';

describe('an INVITE without an offer', () => {
  it('whose answer brings one is acknowledged with our answer to it, and the call is up', async () => {
    const { agent, call, peer, reply, turn, leftovers } = calledPeer();
    const offers: string[] = [];
    const offer = (sdp: string): string => {
      offers.push(sdp);
      return ANSWER;
    };
    agent.invite(request('udp', { offer }), call);
    await turn();
    expect(peer.last('INVITE').body).toHaveLength(0);
    reply('INVITE', 200, ok);
    await turn();
    expect(peer.names).toEqual(['INVITE', 'ACK']);
    expect(offers).toHaveLength(1);
    expect(Buffer.from(peer.last('ACK').body).toString()).toBe(ANSWER);
    void call.dialog?.bye();
    await turn();
    reply('BYE', 200);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('whose answer brings one that cannot be taken is acknowledged with a refusal, and the call hung up', async () => {
    const { agent, call, peer, reply, turn, leftovers } = calledPeer();
    agent.invite(request('udp', { offer: () => undefined }), call);
    await turn();
    reply('INVITE', 200, ok);
    await turn();
    expect(peer.names).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(Buffer.from(peer.last('ACK').body).toString()).toContain('m=audio 0 RTP/AVP 0');
    expect(call.failure).toMatchObject({ why: 'response', status: 488 });
    reply('BYE', 200);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});

it('an INVITE is cancelled once, however often the peer rings', async () => {
  const { agent, call, peer, reply, turn, leftovers } = calledPeer();
  const invite = agent.invite(request(), call);
  await turn();
  reply('INVITE', 180, { tag: 'a' });
  await turn();
  invite.cancel();
  await turn();
  reply('CANCEL', 200);
  for (const status of [180, 183, 180]) {
    reply('INVITE', status, { tag: 'a' });
    await turn();
  }
  expect(peer.names).toEqual(['INVITE', 'CANCEL']);
  reply('INVITE', 487, { tag: 'a' });
  expect(await leftovers()).toEqual([0, 0, 0]);
});

it('a refusal tells for how long the peer wants to be left alone', async () => {
  const { agent, call, reply, turn, leftovers } = calledPeer();
  agent.invite(request(), call);
  await turn();
  reply('INVITE', 503, { tag: 'a', headers: [['Retry-After', '30;duration=60']] });
  await turn();
  expect(call.failure).toMatchObject({ why: 'response', status: 503, retryAfterMs: 30_000 });
  expect(await leftovers()).toEqual([0, 0, 0]);
});
