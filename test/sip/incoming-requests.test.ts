import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import { AGENT, askingPeer, PEER, requestText, statuses, tagIn } from '../support/asking-peer.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { ANSWER, OFFER } from '../support/sip-agents.ts';

describe('a request outside of any dialog', () => {
  it.each([
    ['OPTIONS', 200],
    ['MESSAGE', 405],
    ['REGISTER', 405],
    ['PUBLISH', 405],
    ['WHATEVER', 501],
    ['NOTIFY', 489],
    ['SUBSCRIBE', 489],
    ['BYE', 481],
    ['INFO', 481],
    ['UPDATE', 481],
    ['CANCEL', 481],
  ])('%s is answered %i', async (method, status) => {
    const { ask, leftovers } = askingPeer();
    expect(statuses(await ask(method))).toEqual([status]);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('says what we can do, to OPTIONS and to what we cannot', async () => {
    const { ask } = askingPeer();
    const [options] = await ask('OPTIONS');
    expect(options?.headers.first('Allow')).toBe('INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY');
    expect(options?.headers.first('Accept')).toContain('application/sdp, multipart/mixed');
    const [refused] = await ask('PUBLISH');
    expect(refused?.headers.first('Allow')).toContain('INVITE');
  });

  it.each([
    ['an extension we lack', { lines: ['Require: 100rel, foo, bar'] }, 420],
    ['a session interval that is too short', { lines: ['Supported: timer', 'Session-Expires: 89'] }, 422],
    ['a body that is no SDP', { type: 'text/plain', sdp: 'x' }, 415],
    ['a To tag of no dialog', { toTag: 'unknown' }, 481],
  ])('INVITE with %s is refused', async (_what, more, status) => {
    const { ask, leftovers } = askingPeer();
    expect(statuses(await ask('INVITE', more))).toEqual([status]);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('names the extensions that we lack', async () => {
    const { ask } = askingPeer();
    const [refused] = await ask('INVITE', { lines: ['Require: 100rel, bar', 'Require: foo'] });
    expect(refused?.headers.first('Unsupported')).toBe('bar, foo');
  });

  it('INVITE is refused with words when calls are not taken', async () => {
    const { agent, clock, peer } = refusing();
    peer.send(requestText('INVITE', { branch: 'z9hG4bKx', sdp: OFFER }), AGENT);
    await clock.advance(1);
    const [response] = peer.received;
    expect(response?.kind === 'response' && response.status).toBe(480);
    expect(response?.headers.first('Warning')).toBe('399 test-1.0 "Incoming calls are not configured"');
    expect(response?.headers.first('Reason')).toContain('not configured');
    await agent.close();
  });

  it('INVITE that reaches us twice by different ways rings once', async () => {
    let rang = 0;
    const { ask, agent } = askingPeer({ onInvite: () => rang++ });
    expect(statuses(await ask('INVITE'))).toEqual([100]);
    expect(statuses(await ask('INVITE'))).toEqual([482]);
    expect(rang).toBe(1);
    await agent.close();
  });

  it('INVITE without a usable Contact is refused', async () => {
    const { agent, clock, peer } = askingPeer();
    peer.send(requestText('INVITE', { branch: 'z9hG4bKx' }).replace(/Contact.*\n/, 'Contact: <tel:+1555>\n'), AGENT);
    await clock.advance(1);
    expect(peer.names).toEqual(['400 INVITE']);
    await agent.close();
  });
});

function refusing() {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1));
  const wires = [network.wire('udp', AGENT)];
  const agent = new UserAgent({ wires, clock, random: seededRandom(2), log: silentLogger, product: 'test/1.0' });
  return { agent, clock, peer: new RawPeer(network.wire('udp', PEER)) };
}

describe('matching', () => {
  it('answers a repeated request with the same response, and handles it once', async () => {
    let rang = 0;
    const { ask, peer, agent } = askingPeer({
      onInvite: (invite) => {
        rang++;
        invite.reject(486);
      },
    });
    await ask('INVITE', { branch: 'z9hG4bKsame' });
    await ask('INVITE', { branch: 'z9hG4bKsame' });
    expect(rang).toBe(1);
    expect(peer.names).toEqual(['100 INVITE', '486 INVITE', '486 INVITE']);
    expect(peer.received[1]).toEqual(peer.received[2]);
    await agent.close();
  });

  it('tells apart requests with the same branch from different senders', async () => {
    let rang = 0;
    const { ask, agent } = askingPeer({ onInvite: () => rang++ });
    await ask('INVITE', { via: 'Via: SIP/2.0/UDP 10.0.0.2:5062;branch=z9hG4bKs', cSeq: 1 });
    await ask('INVITE', { via: 'Via: SIP/2.0/UDP 10.0.0.2:5063;branch=z9hG4bKs', cSeq: 2 });
    expect(rang).toBe(2);
    await agent.close();
  });

  it('knows repetitions, ACK and CANCEL of peers of RFC 2543, whose branches are not unique', async () => {
    let rang = 0;
    const { ask, agent } = askingPeer({ onInvite: () => rang++ });
    const via = 'Via: SIP/2.0/UDP 10.0.0.2:5062';
    expect(statuses(await ask('INVITE', { via }))).toEqual([100]);
    await ask('INVITE', { via });
    expect(rang).toBe(1);
    expect(statuses(await ask('CANCEL', { via }))).toEqual([200, 487]);
    await agent.close();
  });

  it('CANCEL ends the ringing: 200 for it, 487 for the INVITE, with the same To tag', async () => {
    const cancelled: string[] = [];
    const { ask, leftovers, peer, clock } = askingPeer({
      onInvite: (invite) => {
        invite.ring();
        invite.onCancelled = () => cancelled.push('cancelled');
      },
    });
    await ask('INVITE', { branch: 'z9hG4bKc' });
    const [first, second] = await ask('CANCEL', { branch: 'z9hG4bKc' });
    expect([first?.status, second?.status]).toEqual([200, 487]);
    expect(tagIn(first)).toBe(tagIn(second));
    expect(cancelled).toEqual(['cancelled']);
    peer.send(requestText('ACK', { branch: 'z9hG4bKc', toTag: tagIn(second) }), AGENT);
    await clock.advance(1_000);
    expect(peer.names.filter((name) => name === '487 INVITE')).toHaveLength(1);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('CANCEL that crosses our 200 gets 200 and has no effect (RFC 3261 section 9.2)', async () => {
    const cancelled: string[] = [];
    const dialogs: Dialog[] = [];
    const { ask, leftovers, peer, clock } = askingPeer({
      onInvite: (invite) => {
        invite.ring();
        invite.onCancelled = () => cancelled.push('cancelled');
        void invite.answer(ANSWER).then((dialog) => dialogs.push(dialog));
      },
    });
    const [, , ok] = await ask('INVITE', { branch: 'z9hG4bKc', sdp: OFFER });
    expect(ok?.status).toBe(200);
    expect(statuses(await ask('CANCEL', { branch: 'z9hG4bKc' }))).toEqual([200]);
    expect(statuses(await ask('CANCEL', { branch: 'z9hG4bKc' }))).toEqual([200]);
    const toTag = tagIn(ok);
    await ask('ACK', { toTag });
    await clock.advance(60_000);
    expect(cancelled).toEqual([]);
    expect(dialogs.map(({ ended }) => ended)).toEqual([false]);
    expect(peer.names.filter((name) => !/^(100|180|200) /.test(name))).toEqual([]);
    expect(statuses(await ask('BYE', { toTag, cSeq: 2 }))).toEqual([200]);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('sends the response to where the request came from when rport asks for it, else to the port of the Via', async () => {
    const { ask, network, peer, clock } = askingPeer();
    const [response] = await ask('OPTIONS');
    expect(response?.headers.first('Via')).toBe('SIP/2.0/UDP 10.0.0.2:5062;branch=z9hG4bK1;rport=5062;received=10.0.0.2');
    const other = new RawPeer(network.wire('udp', { address: PEER.address, port: 5099 }));
    peer.send(
      requestText('OPTIONS', { via: 'Via: SIP/2.0/UDP phone.example:5099;branch=z9hG4bKp , SIP/2.0/UDP 1.2.3.4;branch=z9hG4bKq' }),
      AGENT,
    );
    await clock.advance(1);
    expect(other.received[0]?.headers.first('Via')).toBe(
      'SIP/2.0/UDP phone.example:5099;branch=z9hG4bKp;received=10.0.0.2, SIP/2.0/UDP 1.2.3.4;branch=z9hG4bKq',
    );
  });

  it('sends nothing to another address that repeats the request: the response may have keys in it', async () => {
    const { ask, network, peer, clock, leftovers } = askingPeer();
    await ask('INVITE', { branch: 'z9hG4bKc', sdp: OFFER });
    peer.received.length = 0;
    const stranger = new RawPeer(network.wire('udp', { address: '10.0.0.66', port: PEER.port }));
    stranger.send(requestText('INVITE', { branch: 'z9hG4bKc', sdp: OFFER }), AGENT);
    await clock.advance(10_000);
    expect(stranger.received).toEqual([]);
    expect(peer.names.length).toBeGreaterThan(3);
    expect(new Set(peer.names)).toEqual(new Set(['200 INVITE']));
    await ask('ACK', { toTag: tagIn(peer.received.find((message) => message.kind === 'response')) });
    await ask('BYE', { toTag: tagIn(peer.received.find((message) => message.kind === 'response')), cSeq: 2 });
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('takes requests with nothing in their branch but the cookie for different ones', async () => {
    const { ask } = askingPeer();
    for (const cSeq of [1, 2]) {
      const [answer] = await ask('OPTIONS', { branch: 'z9hG4bK', cSeq });
      expect(answer?.headers.first('CSeq')).toBe(`${cSeq} OPTIONS`);
    }
  });

  it('forgets an INVITE that has its final response: the same again, by another way, is none that has come twice', async () => {
    const { ask } = askingPeer({ onInvite: (invite) => invite.reject(486) });
    expect(statuses(await ask('INVITE', { sdp: OFFER }))).toEqual([100, 486]);
    expect(statuses(await ask('INVITE', { sdp: OFFER }))).toEqual([100, 486]);
  });

  it('refuses a request without a Call-ID', async () => {
    const { peer, clock } = askingPeer();
    peer.send(requestText('OPTIONS', { branch: 'z9hG4bKn' }).replace('Call-ID: call\n', ''), AGENT);
    await clock.advance(1);
    expect(peer.names).toEqual(['400 OPTIONS']);
  });

  it('answers 500 when it fails at a request', async () => {
    const { ask, leftovers } = askingPeer({
      onInvite: () => {
        throw new Error('It fails');
      },
    });
    expect(statuses(await ask('INVITE', { sdp: OFFER }))).toEqual([100, 500]);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('refuses with 503 beyond its limit, and serves again later', async () => {
    const { ask, clock, agent } = askingPeer({ maxServerTransactions: 3 });
    for (let nth = 0; nth < 3; nth++) expect(statuses(await ask('OPTIONS'))).toEqual([200]);
    const [refused] = await ask('OPTIONS');
    expect([refused?.status, refused?.headers.first('Retry-After')]).toEqual([503, '10']);
    expect(agent.liveTransactions).toBe(3);
    await clock.advance(32_001);
    expect(statuses(await ask('OPTIONS'))).toEqual([200]);
  });
});

describe('a request in a dialog', () => {
  /** A dialog that the peer made by calling us. */
  async function inCall() {
    const made = askingPeer();
    const [, ok] = await made.ask('INVITE', { sdp: OFFER });
    const toTag = tagIn(ok);
    await made.ask('ACK', { toTag });
    const [dialog] = made.dialogs;
    if (!dialog) throw new Error('unreachable');
    return { ...made, dialog, toTag };
  }

  it.each([
    ['OPTIONS', 200],
    ['INFO', 200],
    ['UPDATE', 200],
    ['NOTIFY', 489],
    ['MESSAGE', 405],
    ['REFER', 400],
    ['PRACK', 481],
    ['BYE', 200],
  ])('%s is answered %i', async (method, status) => {
    const { ask, toTag } = await inCall();
    expect(statuses(await ask(method, { toTag, cSeq: 2 }))).toEqual([status]);
  });

  it('INFO of a package that we did not ask for is refused', async () => {
    const { ask, toTag } = await inCall();
    expect(statuses(await ask('INFO', { toTag, cSeq: 2, lines: ['Info-Package: foo'] }))).toEqual([469]);
  });

  it('out of order is 500; the dialog goes on', async () => {
    const { ask, toTag } = await inCall();
    expect(statuses(await ask('OPTIONS', { toTag, cSeq: 7 }))).toEqual([200]);
    expect(statuses(await ask('OPTIONS', { toTag, cSeq: 7 }))).toEqual([200]);
    expect(statuses(await ask('BYE', { toTag, cSeq: 6 }))).toEqual([500]);
    expect(statuses(await ask('BYE', { toTag, cSeq: 8 }))).toEqual([200]);
    expect(statuses(await ask('BYE', { toTag, cSeq: 9 }))).toEqual([481]);
  });

  it('re-INVITE that changes nothing gets our SDP again; its 2xx is repeated until the ACK', async () => {
    const { ask, clock, peer, toTag, dialog } = await inCall();
    const again = await ask('INVITE', {
      toTag,
      cSeq: 2,
      sdp: OFFER.replace('o=- 1 1', 'o=- 1 2'),
      lines: ['Contact: <sip:them@10.0.0.2:5062>'],
    });
    expect(statuses(again)).toEqual([200]);
    expect(Buffer.from(again[0]?.body ?? []).toString()).toBe(ANSWER);
    await clock.advance(600);
    expect(peer.names.filter((name) => name === '200 INVITE')).toHaveLength(3);
    await ask('ACK', { toTag, cSeq: 2 });
    await clock.advance(10_000);
    expect(peer.names.filter((name) => name === '200 INVITE')).toHaveLength(3);
    expect(dialog.state.invite).toEqual({ cSeq: 2, acked: true });
  });

  it('re-INVITE without an offer gets ours; the ACK brings the answer', async () => {
    const { ask, toTag, dialog } = await inCall();
    const [again] = await ask('INVITE', { toTag, cSeq: 2 });
    expect(Buffer.from(again?.body ?? []).toString()).toBe(ANSWER);
    await ask('ACK', { toTag, cSeq: 2, sdp: 'v=0\r\nnew' });
    expect(dialog.state.remoteSdp).toBe('v=0\r\nnew');
  });

  it('re-INVITE without an offer gets the one that the owner of the dialog makes, who is told of the answer and of each new state', async () => {
    const { ask, toTag, dialog } = await inCall();
    const told: (string | undefined)[] = [];
    dialog.onReinvite = (sdp) => (sdp === undefined ? 'v=0\r\nall' : undefined);
    dialog.onAnswer = (sdp) => told.push(`answer ${sdp}`);
    dialog.onChanged = () => told.push(dialog.state.invite.acked ? dialog.state.remoteSdp : dialog.state.localSdp);
    const [again] = await ask('INVITE', { toTag, cSeq: 2 });
    expect(Buffer.from(again?.body ?? []).toString()).toBe('v=0\r\nall');
    await ask('ACK', { toTag, cSeq: 2, sdp: 'v=0\r\nnew' });
    expect(told).toEqual(['v=0\r\nall', 'answer v=0\r\nnew', 'v=0\r\nnew']);
    expect(statuses(await ask('INVITE', { toTag, cSeq: 3, sdp: `${OFFER}a=sendonly\r\n` }))).toEqual([488]);
    expect(told).toHaveLength(3);
  });

  it.each(['INVITE', 'UPDATE'])('%s with another offer is 488, unless the owner of the dialog takes it', async (method) => {
    const { ask, toTag, dialog } = await inCall();
    const hold = `${OFFER}a=sendonly\r\n`;
    expect(statuses(await ask(method, { toTag, cSeq: 2, sdp: hold }))).toEqual([488]);
    expect(dialog.state.remoteSdp).toBe(OFFER);
    dialog.onReinvite = (sdp) => (sdp?.includes('sendonly') ? `${ANSWER}a=recvonly\r\n` : undefined);
    const [taken] = await ask(method, { toTag, cSeq: 3, sdp: hold });
    expect(taken?.status).toBe(200);
    expect(Buffer.from(taken?.body ?? []).toString()).toBe(`${ANSWER}a=recvonly\r\n`);
    expect([dialog.state.remoteSdp, dialog.state.localSdp]).toEqual([hold, `${ANSWER}a=recvonly\r\n`]);
  });

  it('re-INVITE moves the target of our requests', async () => {
    const { clock, network, peer, toTag, dialog } = await inCall();
    const text = requestText('INVITE', { toTag, cSeq: 2, branch: 'z9hG4bKmove' }).replace('them@10.0.0.2:5062', 'them@10.0.0.2:5099');
    peer.send(text, AGENT);
    await clock.advance(1);
    peer.send(requestText('ACK', { toTag, cSeq: 2, branch: 'z9hG4bKmove2' }), AGENT);
    const moved = new RawPeer(network.wire('udp', { address: PEER.address, port: 5099 }));
    await clock.advance(1);
    void dialog.bye();
    await clock.advance(1);
    expect(moved.last('BYE').uri).toBe('sip:them@10.0.0.2:5099');
  });

  it('after our BYE is 481, except the BYE that crossed it', async () => {
    const { ask, peer, toTag, dialog } = await inCall();
    void dialog.bye();
    expect(statuses(await ask('INFO', { toTag, cSeq: 2 }))).toEqual([481]);
    expect(statuses(await ask('BYE', { toTag, cSeq: 3 }))).toEqual([200]);
    expect(peer.last('BYE').headers.first('To')).toContain('tag=theirs');
  });

  it('BYE that overtakes the ACK spares us the BYE that waits for it', async () => {
    const { ask, agent, peer, dialogs } = askingPeer();
    const [, ok] = await ask('INVITE', { sdp: OFFER });
    let done = false;
    void dialogs[0]?.bye().then(() => {
      done = true;
    });
    expect(statuses(await ask('BYE', { toTag: tagIn(ok), cSeq: 2 }))).toEqual([200]);
    expect([done, agent.liveDialogs]).toEqual([true, 0]);
    expect(peer.names).not.toContain('BYE');
    await agent.close();
  });

  it('BYE of a caller that still hears ringing ends it, with 487 for the INVITE', async () => {
    const { ask, agent } = askingPeer({ onInvite: (invite) => invite.ring() });
    const [, ringing] = await ask('INVITE');
    expect(agent.liveDialogs).toBe(1);
    expect(statuses(await ask('BYE', { toTag: tagIn(ringing), cSeq: 2 }))).toEqual([200, 487]);
    expect(agent.liveDialogs).toBe(0);
    await agent.close();
  });
});
