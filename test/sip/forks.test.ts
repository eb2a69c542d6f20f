import { describe, expect, it } from 'vitest';
import type { SipRequest } from '../../src/telephony/sip/message.ts';
import type { OutgoingInviteRequest } from '../../src/telephony/sip/outgoing-invite.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { ANSWER, CALLEE, CALLER, CallLog, request, sipScene } from '../support/sip-agents.ts';

/** What a 2xx of one fork says: its own proxies on the way, and its own target. */
const fork = (name: string) => ({
  tag: name,
  sdp: ANSWER,
  headers: [
    ['Contact', `<sip:${name}@192.0.2.9:5060>`],
    ['Record-Route', `<sip:far.${name}.example;lr>, <sip:${proxies[name]}:5070;lr;of=${name}>`],
  ] as const,
});
const proxies: Readonly<Record<string, string>> = { a: '10.0.1.1', b: '10.0.1.2', c: '10.0.1.3' };
const routeOf = (name: string) => [`<sip:${proxies[name]}:5070;lr;of=${name}>`, `<sip:far.${name}.example;lr>`];

/** A call to a proxy that asks three phones, each behind a proxy of its own. */
async function forked(more: Partial<OutgoingInviteRequest> = {}) {
  const scene = sipScene(undefined);
  await scene.callee.close();
  const peer = new RawPeer(scene.network.wire('udp', CALLEE));
  const ways = Object.fromEntries(
    Object.entries(proxies).map(([name, address]) => [name, new RawPeer(scene.network.wire('udp', { address, port: 5070 }))]),
  );
  const call = new CallLog();
  const invite = scene.caller.invite(request('udp', more), call);
  await scene.clock.advance(1);
  const way = (name: string): RawPeer => {
    const found = ways[name];
    if (!found) throw new Error(`No way ${name}`);
    return found;
  };
  return {
    scene,
    peer,
    call,
    invite,
    way,
    /** A response of one fork. */
    says: async (status: number, name: string): Promise<void> => {
      peer.reply(peer.last('INVITE'), status, CALLER, fork(name));
      await scene.clock.advance(2);
    },
    leftovers: async () => {
      await scene.clock.advance(200_000);
      return [scene.clock.pendingTimers, scene.caller.liveTransactions, scene.caller.liveDialogs];
    },
  };
}

const shown = ({ uri, headers }: SipRequest) => ({
  uri,
  routes: headers.all('Route'),
  to: headers.first('To')?.split(';')[1],
  cSeq: headers.first('CSeq'),
});

describe('2xx of several forks (RFC 3261 section 13.2.2.4)', () => {
  it.each([true, false])(
    'are each acknowledged along their own route; all but the first are hung up there (rung before: %s)',
    async (rung) => {
      const { call, peer, way, says, leftovers } = await forked();
      if (rung) for (const name of ['a', 'b', 'c']) await says(180, name);
      for (const name of ['b', 'a', 'c']) await says(200, name);
      expect(call.events.filter((event) => event !== '180')).toEqual(['sent', 'answered']);
      expect(call.dialog?.state.remoteTag).toBe('b');
      expect(way('b').names).toEqual(['ACK']);
      for (const name of ['a', 'c']) {
        expect(way(name).names).toEqual(['ACK', 'BYE']);
        const common = { uri: `sip:${name}@192.0.2.9:5060`, routes: routeOf(name), to: `tag=${name}` };
        expect(shown(way(name).last('ACK'))).toEqual({ ...common, cSeq: '1 ACK' });
        expect(shown(way(name).last('BYE'))).toEqual({ ...common, cSeq: '2 BYE' });
        way(name).reply(way(name).last('BYE'), 200, CALLER);
      }
      expect(peer.names).toEqual(['INVITE']);
      void call.dialog?.bye();
      expect(await leftovers()).toEqual([0, 0, 0]);
      expect(shown(way('b').last('BYE'))).toMatchObject({ routes: routeOf('b') });
    },
  );

  it('that are repeated are acknowledged again where they came from, and hung up once', async () => {
    const { way, says, scene } = await forked();
    for (const name of ['a', 'b', 'a', 'b', 'b']) await says(200, name);
    expect(way('a').names).toEqual(['ACK', 'ACK']);
    expect(way('b').names.filter((name) => name === 'ACK')).toHaveLength(3);
    way('b').reply(way('b').last('BYE'), 200, CALLER);
    await scene.clock.advance(1000);
    expect(way('b').names.filter((name) => name === 'BYE')).toHaveLength(1);
    await says(200, 'b');
    expect(way('b').names.at(-1)).toBe('ACK');
    await scene.close();
  });

  it('that come when the call is over already are hung up too', async () => {
    const { call, way, says, leftovers, scene } = await forked();
    await says(200, 'a');
    void call.dialog?.bye();
    await scene.clock.advance(1);
    way('a').reply(way('a').last('BYE'), 200, CALLER);
    await scene.clock.advance(20_000);
    await says(200, 'c');
    expect(way('c').names).toEqual(['ACK', 'BYE']);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('that all cross a CANCEL are all hung up', async () => {
    const { call, invite, way, says, leftovers } = await forked();
    await says(180, 'a');
    invite.cancel();
    for (const name of ['a', 'b', 'c']) await says(200, name);
    for (const name of ['a', 'b', 'c']) expect(way(name).names).toEqual(['ACK', 'BYE']);
    expect(call.failure).toMatchObject({ why: 'cancelled' });
    expect(call.events).not.toContain('answered');
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});

describe('BYE of forks that ring', () => {
  it('ends the call with that of the last of them, which is cancelled at the proxy', async () => {
    const { scene, call, peer, way, says, leftovers } = await forked();
    await says(180, 'a');
    await says(180, 'b');
    const bye = async (name: string): Promise<void> => {
      const { headers } = peer.last('INVITE');
      const lines = [
        `BYE sip:${CALLER.address} SIP/2.0`,
        `Via: SIP/2.0/UDP ${proxies[name]}:5070;branch=z9hG4bKbye${name}`,
        `From: ${headers.first('To')};tag=${name}`,
        `To: ${headers.first('From')}`,
        `Call-ID: ${headers.first('Call-ID')}`,
        'CSeq: 1 BYE',
        'Max-Forwards: 70',
        'Content-Length: 0',
      ];
      way(name).send(`${lines.join('\n')}\n\n`, CALLER);
      await scene.clock.advance(2);
    };
    await bye('a');
    expect(way('a').names).toEqual(['200 BYE']);
    expect([call.events, peer.names]).toEqual([['sent', '180', '180'], ['INVITE']]);
    await bye('b');
    expect(call.failure).toMatchObject({ why: 'response', status: 487 });
    expect(peer.names).toEqual(['INVITE', 'CANCEL']);
    peer.reply(peer.last('CANCEL'), 200, CALLER);
    peer.reply(peer.last('INVITE'), 487, CALLER, { tag: 'proxy' });
    expect(await leftovers()).toEqual([0, 0, 0]);
    expect(peer.names).toEqual(['INVITE', 'CANCEL', 'ACK']);
  });
});

it('a 100 makes no dialog, whatever tag a proxy puts in it', async () => {
  const { scene, call, peer, says, leftovers } = await forked();
  await says(100, 'a');
  expect([call.events, scene.caller.liveDialogs]).toEqual([['sent', '100'], 0]);
  peer.reply(peer.last('INVITE'), 486, CALLER, { tag: 'x' });
  expect(await leftovers()).toEqual([0, 0, 0]);
});

it('2xx to INVITEs that nobody sent are dropped: no ACK, no dialog, nothing that stays', async () => {
  const { scene, call, peer, leftovers } = await forked();
  const text = (branch: string, callId: string): string =>
    [
      'SIP/2.0 200 OK',
      `Via: SIP/2.0/UDP ${CALLER.address}:5060;branch=${branch}`,
      'From: <sip:us@10.0.0.1>;tag=ours',
      'To: <sip:them@10.0.0.2>;tag=theirs',
      `Call-ID: ${callId}`,
      'CSeq: 1 INVITE',
      'Contact: <sip:them@10.0.0.2:5060>',
      'Content-Length: 0\n\n',
    ].join('\n');
  const { headers } = peer.last('INVITE');
  const branch = /branch=(\w+)/.exec(headers.first('Via') ?? '')?.[1] ?? '';
  peer.send(text('z9hG4bKunknown', 'unknown'), CALLER);
  peer.send(text('z9hG4bKunknown', headers.first('Call-ID') ?? ''), CALLER);
  peer.send(text(branch, 'unknown').replace('1 INVITE', '1 BYE'), CALLER);
  await scene.clock.advance(5);
  expect([call.events, peer.names]).toEqual([['sent'], ['INVITE']]);
  expect([scene.caller.liveTransactions, scene.caller.liveDialogs]).toEqual([1, 0]);
  peer.reply(peer.last('INVITE'), 486, CALLER, { tag: 'x' });
  expect(await leftovers()).toEqual([0, 0, 0]);
});

describe('forks that come to nothing leave no dialog behind', () => {
  it('when another one answers', async () => {
    const { scene, call, way, says, leftovers } = await forked();
    await says(180, 'a');
    await says(180, 'b');
    expect(scene.caller.liveDialogs).toBe(2);
    await says(200, 'b');
    expect(scene.caller.liveDialogs).toBe(1);
    void call.dialog?.bye();
    await scene.clock.advance(1);
    way('b').reply(way('b').last('BYE'), 200, CALLER);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('when the proxy wants a password first', async () => {
    const { scene, peer, call, says, leftovers } = await forked({ credentials: { userName: 'u', password: 'p' } });
    await says(180, 'a');
    const challenge = ['Proxy-Authenticate', 'Digest realm="r", nonce="n"'] as const;
    peer.reply(peer.last('INVITE'), 407, CALLER, { tag: 'proxy', headers: [challenge] });
    await scene.clock.advance(1);
    expect(peer.names).toEqual(['INVITE', 'ACK', 'INVITE']);
    expect([scene.caller.liveDialogs, call.events]).toEqual([0, ['sent', '180']]);
    peer.reply(peer.last('INVITE'), 486, CALLER, { tag: 'x' });
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});

describe('of more than sixteen forks', () => {
  const names = Array.from({ length: 20 }, (_, nth) => `f${nth}`);
  const said = (name: string) => ({ tag: name, sdp: ANSWER, headers: [['Contact', `<sip:${name}@10.0.0.2:5060>`]] as const });

  it('that ring no more dialogs are kept', async () => {
    const { scene, peer, leftovers } = await forked();
    for (const name of names) peer.reply(peer.last('INVITE'), 180, CALLER, said(name));
    await scene.clock.advance(1);
    expect(scene.caller.liveDialogs).toBe(16);
    peer.reply(peer.last('INVITE'), 486, CALLER, { tag: 'x' });
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('that answer no more are acknowledged', async () => {
    const { scene, peer, leftovers } = await forked();
    for (const name of names) peer.reply(peer.last('INVITE'), 200, CALLER, said(name));
    await scene.clock.advance(1);
    expect(peer.names.filter((name) => name === 'ACK')).toHaveLength(16);
    expect(scene.caller.liveDialogs).toBe(16);
    expect(await leftovers()).toEqual([0, 0, 1]);
    await scene.caller.close();
  });
});
