import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import { CONTACT, calledPeer, ok } from '../support/called-peer.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { ANSWER, CALLEE, CALLER, CallLog, OFFER, request } from '../support/sip-agents.ts';

describe('the INVITE', () => {
  it('carries what RFC 3261 section 8.1.1 wants', async () => {
    const { agent, peer, call, turn } = calledPeer();
    const invite = agent.invite(request('udp', { headers: [['P-Asserted-Identity', '<sip:+15550001@10.0.0.1>']] }), call);
    await turn();
    const { headers, uri, body } = peer.last('INVITE');
    expect(uri).toBe('sip:+15550002@10.0.0.2');
    expect(headers.first('Via')).toMatch(/^SIP\/2\.0\/UDP 10\.0\.0\.1:5060;branch=z9hG4bK[0-9a-f]{32};rport$/);
    expect(headers.first('From')).toMatch(/^<sip:\+15550001@10\.0\.0\.1>;tag=[0-9a-f]{16}$/);
    expect(headers.first('To')).toBe('<sip:+15550002@10.0.0.2>');
    expect(headers.first('Call-ID')).toBe(invite.callId);
    expect(headers.first('CSeq')).toBe('1 INVITE');
    expect(headers.first('Max-Forwards')).toBe('70');
    expect(headers.first('Contact')).toBe('<sip:+15550001@10.0.0.1:5060>');
    expect(headers.first('P-Asserted-Identity')).toBe('<sip:+15550001@10.0.0.1>');
    expect(Buffer.from(body).toString()).toBe(OFFER);
  });

  it('goes over TCP when it is too large for UDP, and back to UDP when nobody listens there', async () => {
    const { agent, peer, call, network, turn } = calledPeer();
    const large = request('udp', { headers: [['Subject', 'x'.repeat(1_300)]] });
    agent.invite(large, call);
    await turn();
    expect(peer.last('INVITE').headers.first('Via')).toMatch(/^SIP\/2\.0\/UDP /);
    const tcpPeer = new RawPeer(network.wire('tcp', CALLEE));
    agent.invite(large, new CallLog());
    await turn();
    expect(tcpPeer.last('INVITE').headers.first('Via')).toMatch(/^SIP\/2\.0\/TCP /);
    expect(tcpPeer.last('INVITE').headers.all('Via')).toHaveLength(1);
    await agent.close();
  });

  it('fails at once when there is no wire for it', () => {
    const clock = new VirtualClock();
    const agent = new UserAgent({ wires: [], clock, random: seededRandom(1), log: silentLogger, product: 'test' });
    const call = new CallLog();
    agent.invite(request(), call).cancel();
    expect(call.events).toEqual(['failed transport']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fails when a header of the caller would break out of its line', () => {
    const { agent, call } = calledPeer();
    agent.invite(request('udp', { headers: [['Subject', 'x\r\nEvil: yes']] }), call);
    expect(call.events).toEqual(['failed transport']);
  });
});

describe('a 2xx', () => {
  it('gives the caller its route, the other way round', async () => {
    const { agent, call, reply, turn } = calledPeer();
    agent.invite(request(), call);
    await turn();
    const route = ['<sip:10.0.0.2;lr;n=1>', '<sip:10.0.0.9;lr;n=2>'].map((value) => ['Record-Route', value] as const);
    reply('INVITE', 200, { tag: 'a', headers: [CONTACT, ...route], sdp: ANSWER });
    await turn();
    expect(call.dialog?.state.routeSet).toEqual(['<sip:10.0.0.9;lr;n=2>', '<sip:10.0.0.2;lr;n=1>']);
    await agent.close();
  });

  it('is acknowledged with the same bytes each time it is repeated, after the call too', async () => {
    const { agent, peer, call, reply, turn, leftovers } = calledPeer();
    agent.invite(request(), call);
    await turn();
    reply('INVITE', 200, ok);
    await turn();
    const ack = peer.last('ACK');
    expect(ack.uri).toBe('sip:bob@10.0.0.2:5060');
    expect(ack.headers.first('CSeq')).toBe('1 ACK');
    expect(ack.headers.first('Via')).not.toBe(peer.last('INVITE').headers.first('Via'));
    void call.dialog?.bye();
    await turn();
    reply('BYE', 200);
    reply('INVITE', 200, ok);
    await turn();
    expect(peer.names).toEqual(['INVITE', 'ACK', 'BYE', 'ACK']);
    expect(peer.last('ACK')).toEqual(ack);
    expect(call.events).toEqual(['sent', 'answered', 'ended by us']);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('of another fork is acknowledged and hung up', async () => {
    const { agent, peer, call, reply, turn, leftovers } = calledPeer();
    agent.invite(request(), call);
    await turn();
    reply('INVITE', 180, { tag: 'a', headers: [CONTACT] });
    reply('INVITE', 183, { tag: 'b', headers: [CONTACT], sdp: ANSWER });
    await turn();
    expect(agent.liveDialogs).toBe(2);
    reply('INVITE', 200, { ...ok, tag: 'b' });
    reply('INVITE', 200, ok);
    await turn();
    expect(peer.names).toEqual(['INVITE', 'ACK', 'ACK', 'BYE']);
    expect(call.dialog?.state.remoteTag).toBe('b');
    expect(peer.last('BYE').headers.first('To')).toContain('tag=a');
    expect(call.events).toEqual(['sent', '180', '183', 'answered']);
    reply('BYE', 200);
    await turn();
    expect(agent.liveDialogs).toBe(1);
    void call.dialog?.bye();
    await turn();
    reply('BYE', 200);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('with endless other tags makes no endless dialogs', async () => {
    const { agent, peer, call, reply, turn } = calledPeer();
    agent.invite(request(), call);
    await turn();
    for (let fork = 0; fork < 100; fork++) reply('INVITE', 180, { tag: `early${fork}`, headers: [CONTACT] });
    await turn();
    expect(agent.liveDialogs).toBe(16);
    for (let fork = 0; fork < 100; fork++) reply('INVITE', 200, { ...ok, tag: `t${fork}` });
    await turn();
    expect(peer.names.filter((name) => name === 'BYE')).toHaveLength(15);
    await agent.close();
  });

  it('without SDP or Contact is acknowledged all the same', async () => {
    const { agent, peer, call, reply, turn } = calledPeer();
    agent.invite(request(), call);
    await turn();
    reply('INVITE', 200, { tag: 'a' });
    await turn();
    expect(peer.last('ACK').uri).toBe('sip:+15550002@10.0.0.2');
    expect(call.events).toEqual(['sent', 'answered']);
    expect(call.sdp).toBeUndefined();
    await agent.close();
  });

  it('sets the route and target of everything that follows', async () => {
    const proxy: Endpoint = { address: '10.0.0.3', port: 5070 };
    const { agent, peer, call, network, reply, turn } = calledPeer();
    const next = new RawPeer(network.wire('udp', proxy));
    agent.invite(request(), call);
    await turn();
    reply('INVITE', 200, {
      tag: 'a',
      sdp: ANSWER,
      headers: [
        ['Contact', '<sip:bob@192.168.7.7:7777>'],
        ['Record-Route', '<sip:far.example;lr>, <sip:10.0.0.3:5070;lr>'],
      ],
    });
    await turn();
    expect(peer.names).toEqual(['INVITE']);
    void call.dialog?.bye();
    await turn();
    for (const method of ['ACK', 'BYE']) {
      const { uri, headers } = next.last(method);
      expect(uri).toBe('sip:bob@192.168.7.7:7777');
      expect(headers.all('Route')).toEqual(['<sip:10.0.0.3:5070;lr>', '<sip:far.example;lr>']);
    }
    await agent.close();
  });
});

describe('a request of the callee before its 2xx', () => {
  it('belongs to the early dialog, and its CSeq counts in the confirmed one', async () => {
    const { agent, peer, call, reply, turn, leftovers } = calledPeer();
    const { callId } = agent.invite(request(), call);
    await turn();
    reply('INVITE', 180, { tag: 'a', headers: [CONTACT] });
    await turn();
    const from = peer.last('INVITE').headers.first('From');
    const ask = async (method: string, cSeq: number, body = ''): Promise<string | undefined> => {
      const type = body === '' ? '' : 'Content-Type: application/sdp\n';
      peer.send(
        `${method} sip:x@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK${cSeq}\nFrom: <sip:b@h>;tag=a\nTo: ${from}\nCall-ID: ${callId}\nCSeq: ${cSeq} ${method}\n${type}\n${body}`,
        CALLER,
      );
      await turn();
      await turn();
      return peer.names.at(-1);
    };
    expect(await ask('INFO', 5)).toBe('200 INFO');
    // Our own offer has no answer yet (RFC 3311 section 5.2).
    expect(await ask('UPDATE', 6, ANSWER)).toBe('491 UPDATE');
    expect(await ask('UPDATE', 7)).toBe('200 UPDATE');
    reply('INVITE', 200, ok);
    await turn();
    expect(await ask('BYE', 6)).toBe('500 BYE');
    expect(await ask('BYE', 8)).toBe('200 BYE');
    expect(call.events).toEqual(['sent', '180', 'answered', 'ended by peer']);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});

describe('CANCEL', () => {
  it('waits for a provisional response, but the failure does not', async () => {
    const { agent, peer, call, reply, turn, leftovers } = calledPeer();
    agent.invite(request(), call).cancel();
    expect(call.events).toEqual(['sent', 'failed cancelled']);
    await turn();
    expect(peer.names).toEqual(['INVITE']);
    reply('INVITE', 100);
    await turn();
    expect(peer.names).toEqual(['INVITE', 'CANCEL']);
    const { headers, uri } = peer.last('CANCEL');
    const invite = peer.last('INVITE');
    expect(uri).toBe(invite.uri);
    expect(headers.first('CSeq')).toBe('1 CANCEL');
    for (const name of ['Via', 'From', 'To', 'Call-ID']) expect(headers.first(name)).toBe(invite.headers.first(name));
    reply('CANCEL', 200);
    reply('INVITE', 487, { tag: 'a' });
    await turn();
    expect(peer.names).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(peer.last('ACK').headers.first('Via')).toBe(invite.headers.first('Via'));
    expect(call.events).toEqual(['sent', 'failed cancelled']);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it.each([true, false])('that crosses a 200 ends with ACK and BYE (after a provisional response: %s)', async (rang) => {
    const { agent, peer, call, reply, turn, leftovers } = calledPeer();
    const invite = agent.invite(request(), call);
    await turn();
    if (rang) reply('INVITE', 180, { tag: 'a', headers: [CONTACT] });
    await turn();
    invite.cancel();
    reply('INVITE', 200, ok);
    await turn();
    expect(peer.names.filter((name) => name !== 'CANCEL')).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(call.failure).toMatchObject({ why: 'cancelled' });
    expect(call.events).not.toContain('answered');
    reply('BYE', 200);
    if (rang) reply('CANCEL', 200);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('without any final response ends the INVITE after 64*T1', async () => {
    const { agent, call, clock, reply, turn, leftovers } = calledPeer();
    const invite = agent.invite(request(), call);
    await turn();
    reply('INVITE', 180, { tag: 'a' });
    await turn();
    invite.cancel();
    await clock.advance(31_990);
    expect(call.failure).toBeUndefined();
    await clock.advance(20);
    expect(call.failure?.why).toBe('cancelled');
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});

describe('BYE', () => {
  it.each([481, 408, 500, 200])('is done with whatever answer it gets: %i', async (status) => {
    const { agent, call, reply, turn } = calledPeer();
    agent.invite(request(), call);
    await turn();
    reply('INVITE', 200, ok);
    await turn();
    let done = false;
    void call.dialog?.bye().then(() => {
      done = true;
    });
    await turn();
    expect(done).toBe(false);
    reply('BYE', status);
    await turn();
    expect([done, agent.liveDialogs]).toEqual([true, 0]);
  });

  it('without an answer is given up after 32 s', async () => {
    const { agent, call, clock, reply, turn } = calledPeer();
    agent.invite(request(), call);
    await turn();
    reply('INVITE', 200, ok);
    await turn();
    const bye = call.dialog?.bye();
    await clock.advance(32_001);
    await bye;
    expect([agent.liveDialogs, call.end]).toEqual([0, { by: 'us' }]);
  });

  it('of the callee before its 200 ends the call', async () => {
    const { agent, peer, call, reply, turn, leftovers } = calledPeer();
    const { callId } = agent.invite(request(), call);
    await turn();
    reply('INVITE', 180, { tag: 'a', headers: [CONTACT] });
    await turn();
    const from = peer.last('INVITE').headers.first('From');
    peer.send(
      `BYE sip:x@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1\nFrom: <sip:b@h>;tag=a\nTo: ${from}\nCall-ID: ${callId}\nCSeq: 1 BYE\nMax-Forwards: 70\n\n`,
      CALLER,
    );
    await turn();
    await turn();
    expect(peer.names).toEqual(['INVITE', '200 BYE', 'CANCEL']);
    expect(call.failure).toMatchObject({ why: 'response', status: 487 });
    reply('INVITE', 200, ok);
    await turn();
    expect(peer.names.slice(3)).toEqual(['ACK', 'BYE']);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});
