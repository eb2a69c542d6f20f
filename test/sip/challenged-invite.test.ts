import { describe, expect, it } from 'vitest';
import { type Challenge, makeChallenge, verifyAuthorization } from '../../src/telephony/sip/digest.ts';
import type { SipRequest } from '../../src/telephony/sip/message.ts';
import { calledPeer, ok } from '../support/called-peer.ts';
import { request } from '../support/sip-agents.ts';

describe('a challenge', () => {
  const first = { realm: 'trunk', nonce: 'n1', algorithm: 'SHA-256', qop: 'auth', stale: false } as const;
  const credentials = { userName: 'user', password: 'secret' };
  const verdict = (received: SipRequest, challenge: Challenge, header = 'Proxy-Authorization') =>
    verifyAuthorization({
      authorization: received.headers.first(header) ?? '',
      method: received.method,
      uri: received.uri,
      ...credentials,
      challenge,
    });

  it('is answered with the same Call-ID and the next CSeq; the ACK has the credentials too', async () => {
    const { agent, peer, call, reply, turn } = calledPeer();
    agent.invite(request('udp', { credentials }), call);
    await turn();
    reply('INVITE', 407, { tag: 'x', headers: [['Proxy-Authenticate', makeChallenge(first)]] });
    await turn();
    expect(peer.names).toEqual(['INVITE', 'ACK', 'INVITE']);
    const again = peer.last('INVITE');
    expect(verdict(again, first)).toBe('valid');
    expect(again.headers.first('CSeq')).toBe('2 INVITE');
    expect(again.headers.first('Call-ID')).toBe(peer.received[0]?.headers.first('Call-ID'));
    expect(again.headers.first('From')).toBe(peer.received[0]?.headers.first('From'));
    expect(again.headers.first('Via')).not.toBe(peer.received[0]?.headers.first('Via'));
    reply('INVITE', 200, ok);
    await turn();
    expect(peer.last('ACK').headers.first('CSeq')).toBe('2 ACK');
    expect(peer.last('ACK').headers.first('Proxy-Authorization')).toBe(again.headers.first('Proxy-Authorization'));
    expect(call.events).toEqual(['sent', 'answered']);
    await agent.close();
  });

  it('of a proxy and then of the server are both answered in one INVITE', async () => {
    const { agent, peer, call, reply, turn } = calledPeer();
    agent.invite(request('udp', { credentials }), call);
    await turn();
    reply('INVITE', 407, { headers: [['Proxy-Authenticate', makeChallenge(first)]] });
    await turn();
    const server = { ...first, realm: 'server', nonce: 'n2' };
    reply('INVITE', 401, { headers: [['WWW-Authenticate', makeChallenge(server)]] });
    await turn();
    const last = peer.last('INVITE');
    expect(last.headers.first('CSeq')).toBe('3 INVITE');
    expect(verdict(last, server, 'Authorization')).toBe('valid');
    expect(last.headers.first('Proxy-Authorization')).toContain('nc=00000002');
    await agent.close();
  });

  it('for a stale nonce is answered once more, not for ever', async () => {
    const { agent, peer, call, reply, turn } = calledPeer();
    agent.invite(request('udp', { credentials }), call);
    for (const nonce of ['n1', 'n2', 'n3']) {
      await turn();
      reply('INVITE', 401, { headers: [['WWW-Authenticate', makeChallenge({ ...first, nonce, stale: nonce !== 'n1' })]] });
    }
    await turn();
    expect(peer.names.filter((name) => name === 'INVITE')).toHaveLength(3);
    // The count is that of the nonce (RFC 7616 section 3.4).
    expect(peer.last('INVITE').headers.first('Authorization')).toMatch(/nonce="n2".*nc=00000001/);
    expect(call.failure).toMatchObject({ why: 'response', status: 401 });
  });

  it('from ever another realm is answered for four of them', async () => {
    const { agent, peer, call, reply, turn } = calledPeer();
    agent.invite(request('udp', { credentials }), call);
    for (let realm = 0; realm < 6; realm++) {
      await turn();
      reply('INVITE', 407, { headers: [['Proxy-Authenticate', makeChallenge({ ...first, realm: `realm ${realm}` })]] });
    }
    await turn();
    expect(peer.names.filter((name) => name === 'INVITE')).toHaveLength(5);
    expect(peer.last('INVITE').headers.all('Proxy-Authorization')).toHaveLength(4);
    expect(call.failure).toMatchObject({ why: 'response', status: 407 });
  });

  it.each([
    ['the password is wrong', { credentials }, makeChallenge(first), 2],
    ['there are no credentials', {}, makeChallenge(first), 1],
    ['it is not Digest', { credentials }, 'Basic realm="x"', 1],
    ['it cannot be read', { credentials }, 'Digest realm="x', 1],
  ])('ends the call when %s', async (_case, options, challenge, invites) => {
    const { agent, peer, call, reply, turn, leftovers } = calledPeer();
    agent.invite(request('udp', options), call);
    for (let attempt = 0; attempt < 3; attempt++) {
      await turn();
      reply('INVITE', 401, { headers: [['WWW-Authenticate', challenge]] });
    }
    await turn();
    expect(peer.names.filter((name) => name === 'INVITE')).toHaveLength(invites);
    expect(call.failure).toMatchObject({ why: 'response', status: 401 });
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('of the BYE is answered too', async () => {
    const { agent, peer, call, reply, turn } = calledPeer();
    agent.invite(request('udp', { credentials }), call);
    await turn();
    reply('INVITE', 200, ok);
    await turn();
    void call.dialog?.bye();
    await turn();
    reply('BYE', 407, { headers: [['Proxy-Authenticate', makeChallenge(first)]] });
    await turn();
    const bye = peer.last('BYE');
    expect(bye.headers.first('CSeq')).toBe('3 BYE');
    expect(verdict(bye, first)).toBe('valid');
    reply('BYE', 200);
    await turn();
    expect(agent.liveDialogs).toBe(0);
  });
});
