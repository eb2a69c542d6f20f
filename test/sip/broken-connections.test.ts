import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { parseVia } from '../../src/telephony/sip/parse-via.ts';
import type { RequestFailure } from '../../src/telephony/sip/request-failure.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { ANSWER, CALLEE, CALLER, CallLog, OFFER, request, startLine } from '../support/sip-agents.ts';

const never = new AbortController().signal;
const contact = [['Contact', '<sip:b@10.0.0.2;transport=tcp>']] as const;

/**
 * A user agent and a peer over TCP that answers all but what `ignores` names: the connection breaks on each message that `cut` has, once
 * for each time that it stands there; what breaks it never arrives.
 */
function scene(cut: string[] = [], ignores: readonly string[] = [], statuses: Readonly<Record<string, number>> = {}) {
  const clock = new VirtualClock();
  const sent: string[] = [];
  const network = new MemoryNetwork(clock, seededRandom(1), {
    delayMs: { min: 10, max: 10 },
    breaks: (bytes) => {
      const name = startLine(Buffer.from(bytes).toString());
      sent.push(name);
      const index = cut.indexOf(name);
      if (index !== -1) cut.splice(index, 1);
      return index !== -1;
    },
  });
  const agent = new UserAgent({
    ...{ wires: [network.wire('tcp', CALLER)], clock, random: seededRandom(2), log: silentLogger, product: 'test' },
  });
  const peer = new RawPeer(network.wire('tcp', CALLEE));
  peer.onMessage = (message) => {
    if (message.kind !== 'request' || message.method === 'ACK' || ignores.includes(message.method)) return;
    const status = statuses[message.method] ?? 200;
    peer.reply(message, status, CALLER, message.method === 'INVITE' ? { tag: 'b', headers: contact, sdp: ANSWER } : {});
  };
  return {
    ...{ clock, agent, peer, sent, cut },
    /** A call that is up. */
    async talking() {
      const call = new CallLog();
      agent.invite(request('tcp'), call);
      await clock.advance(100);
      if (!call.dialog) throw new Error('The call is not up');
      sent.length = 0;
      return { call, dialog: call.dialog };
    },
    /** How long it takes until a promise is settled. */
    async tookMs(promise: Promise<unknown>): Promise<number> {
      const beganMs = clock.now();
      let settled = false;
      const done = (): void => {
        settled = true;
      };
      promise.then(done, done);
      await clock.runUntil(() => settled, 100_000);
      return clock.now() - beganMs;
    },
    async nothingLeft() {
      await clock.advance(100_000);
      expect([clock.pendingTimers, agent.liveTransactions, agent.liveDialogs]).toEqual([0, 0, 0]);
      await agent.close();
    },
  };
}

/** The branches under which requests of this method have arrived. */
function branches(peer: RawPeer, method: string): readonly (string | undefined)[] {
  const requests = peer.received.filter((message) => message.kind === 'request' && message.method === method);
  return requests.map(({ headers }) => parseVia(headers.first('Via') ?? '').branch);
}

describe('a connection that breaks under a request in a dialog', () => {
  it('BYE: it is sent again at once over a new one', async () => {
    const { talking, tookMs, cut, sent, nothingLeft } = scene();
    const { dialog } = await talking();
    cut.push('BYE');
    expect(await tookMs(dialog.bye())).toBe(20);
    expect(sent).toEqual(['BYE', 'BYE', '200 BYE']);
    await nothingLeft();
  });

  it('and again under the same: it is over at once, without a third', async () => {
    const { talking, tookMs, cut, sent, nothingLeft } = scene();
    const { dialog } = await talking();
    cut.push('BYE', 'BYE');
    expect(await tookMs(dialog.bye())).toBe(0);
    expect(sent).toEqual(['BYE', 'BYE']);
    await nothingLeft();
  });

  it('which is the response to BYE: the peer is asked again', async () => {
    const { talking, tookMs, cut, sent, nothingLeft } = scene();
    const { dialog } = await talking();
    cut.push('200 BYE');
    expect(await tookMs(dialog.bye())).toBe(30);
    expect(sent).toEqual(['BYE', '200 BYE', 'BYE', '200 BYE']);
    await nothingLeft();
  });

  it('re-INVITE: the change comes about over a new one', async () => {
    const { talking, tookMs, cut, sent, peer, nothingLeft } = scene();
    const { dialog } = await talking();
    cut.push('INVITE');
    const changed = dialog.reinvite(OFFER, never);
    expect(await tookMs(changed)).toBe(20);
    expect(await changed).toBe(ANSWER);
    await tookMs(dialog.bye());
    expect(sent).toEqual(['INVITE', 'INVITE', '200 INVITE', 'ACK', 'BYE', '200 BYE']);
    expect(branches(peer, 'INVITE')).toHaveLength(2);
    expect(peer.last('ACK').headers.first('CSeq')).toBe('2 ACK');
    await nothingLeft();
  });

  it('re-INVITE, twice: the change fails at once, and the call goes on', async () => {
    const { talking, tookMs, cut, nothingLeft } = scene();
    const { dialog, call } = await talking();
    cut.push('INVITE', 'INVITE');
    const changed = dialog.reinvite(OFFER, never);
    changed.catch(() => {});
    expect(await tookMs(changed)).toBe(0);
    await expect(changed).rejects.toMatchObject({ why: 'transport' } satisfies Partial<RequestFailure>);
    expect([call.end, dialog.state.openOffer]).toEqual([undefined, 'none']);
    await tookMs(dialog.bye());
    await nothingLeft();
  });

  it('the answer to re-INVITE: it is asked for again', async () => {
    const { talking, tookMs, cut, sent, nothingLeft } = scene();
    const { dialog } = await talking();
    cut.push('200 INVITE');
    expect(await tookMs(dialog.reinvite(OFFER, never))).toBe(30);
    await tookMs(dialog.bye());
    expect(sent).toEqual(['INVITE', '200 INVITE', 'INVITE', '200 INVITE', 'ACK', 'BYE', '200 BYE']);
    await nothingLeft();
  });

  it('UPDATE: it is sent again', async () => {
    const { talking, tookMs, cut, sent, nothingLeft } = scene();
    const { dialog } = await talking();
    cut.push('UPDATE');
    await tookMs(dialog.update(undefined, never));
    await tookMs(dialog.bye());
    expect(sent).toEqual(['UPDATE', 'UPDATE', '200 UPDATE', 'BYE', '200 BYE']);
    await nothingLeft();
  });

  it('OPTIONS that asks whether the peer is still there: it is sent again', async () => {
    const { clock, talking, tookMs, cut, sent, nothingLeft } = scene();
    const { dialog, call } = await talking();
    dialog.watchPeer(async () => clock.now());
    cut.push('OPTIONS');
    await clock.advance(61_000);
    expect([sent, call.end]).toEqual([['OPTIONS', 'OPTIONS', '200 OPTIONS'], undefined]);
    await tookMs(dialog.bye());
    await nothingLeft();
  });

  it.each(['INFO', '200 INFO'])('%s, with a digit: it is sent again as it is, a repetition for who has got it', async (broken) => {
    const { talking, tookMs, cut, sent, peer, nothingLeft } = scene();
    const { dialog } = await talking();
    cut.push(broken);
    const told = dialog.tellDigit('5', 100);
    expect(await tookMs(told)).toBe(broken === 'INFO' ? 20 : 30);
    expect(await told).toBe('taken');
    expect(new Set(branches(peer, 'INFO')).size).toBe(1);
    expect(peer.last('INFO').headers.first('CSeq')).toBe('2 INFO');
    await tookMs(dialog.bye());
    expect(sent.filter((name) => name === 'INFO')).toHaveLength(2);
    await nothingLeft();
  });

  it('INFO with a digit, twice: it is lost, known at once, and the call goes on', async () => {
    const { talking, tookMs, cut, sent, nothingLeft } = scene();
    const { dialog, call } = await talking();
    cut.push('INFO', 'INFO');
    const told = dialog.tellDigit('5', 100);
    expect(await tookMs(told)).toBe(0);
    expect([await told, call.end]).toEqual(['lost', undefined]);
    await tookMs(dialog.bye());
    expect(sent).toEqual(['INFO', 'INFO', 'BYE', '200 BYE']);
    await nothingLeft();
  });

  it.each([
    [500, 'taken'],
    [405, 'refused'],
  ])('INFO whose repetition is answered with %i: it is %s', async (status, outcome) => {
    const { talking, tookMs, cut, nothingLeft } = scene([], [], { INFO: status });
    const { dialog } = await talking();
    cut.push('INFO');
    const told = dialog.tellDigit('5', 100);
    await tookMs(told);
    expect(await told).toBe(outcome);
    const first = dialog.tellDigit('6', 100);
    await tookMs(first);
    expect(await first).toBe('refused');
    await tookMs(dialog.bye());
    await nothingLeft();
  });

  it('REFER: it is sent again as it is, and accepted by who answers that it is there already', async () => {
    const { clock, talking, tookMs, cut, sent, nothingLeft } = scene([], [], { REFER: 500 });
    const { dialog } = await talking();
    cut.push('REFER');
    let accepted = false;
    const referred = dialog.refer({ uri: 'sip:c@10.0.0.3' }, never, () => {
      accepted = true;
    });
    await clock.advance(100);
    expect([accepted, sent]).toEqual([true, ['REFER', 'REFER', '500 REFER']]);
    await tookMs(dialog.bye());
    expect(await referred).toMatchObject({ result: 'unknown' });
    await nothingLeft();
  });

  it('REFER, twice: that it has failed is known at once', async () => {
    const { talking, tookMs, cut, sent, nothingLeft } = scene();
    const { dialog } = await talking();
    cut.push('REFER', 'REFER');
    const referred = dialog.refer({ uri: 'sip:c@10.0.0.3' }, never);
    expect(await tookMs(referred)).toBe(0);
    expect(await referred).toMatchObject({ result: 'refused', reason: 'The peer does not answer' });
    await tookMs(dialog.bye());
    expect(sent).toEqual(['REFER', 'REFER', 'BYE', '200 BYE']);
    await nothingLeft();
  });
});

describe('a connection that breaks under an INVITE that begins a call', () => {
  it('before anything came: it is sent again over a new one, as a repetition for who has got it', async () => {
    const { clock, agent, sent, peer, nothingLeft } = scene(['200 INVITE']);
    const call = new CallLog();
    agent.invite(request('tcp'), call);
    await clock.advance(100);
    expect(call.events).toEqual(['sent', 'answered']);
    expect(sent).toEqual(['INVITE', '200 INVITE', 'INVITE', '200 INVITE', 'ACK']);
    expect(branches(peer, 'INVITE')).toHaveLength(2);
    expect(new Set(branches(peer, 'INVITE')).size).toBe(1);
    await Promise.all([call.dialog?.bye(), clock.advance(100)]);
    await nothingLeft();
  });

  it('and again: it has failed at once', async () => {
    const { clock, agent, sent, nothingLeft } = scene(['INVITE', 'INVITE']);
    const call = new CallLog();
    agent.invite(request('tcp'), call);
    await clock.advance(10);
    expect(call.failure).toEqual({ why: 'transport', reason: 'The connection broke before the INVITE was answered' });
    expect(sent).toEqual(['INVITE', 'INVITE']);
    await nothingLeft();
  });

  it('and no other can be opened: it has failed at once', async () => {
    const { clock, agent, peer, nothingLeft } = scene(['INVITE']);
    const call = new CallLog();
    agent.invite(request('tcp'), call);
    await Promise.resolve();
    await peer.close();
    await clock.advance(10);
    expect(call.failure).toMatchObject({ why: 'transport' });
    await nothingLeft();
  });

  it('that was given up before: it is not sent again', async () => {
    const { agent, sent, nothingLeft } = scene(['INVITE']);
    const call = new CallLog();
    agent.invite(request('tcp'), call).cancel();
    await nothingLeft();
    expect([call.failure?.why, sent]).toEqual(['cancelled', ['INVITE']]);
  });

  it('and again: who has got it and rings over another gets CANCEL', async () => {
    const { clock, agent, peer, nothingLeft } = scene(['INVITE', '100 INVITE'], ['INVITE']);
    const call = new CallLog();
    agent.invite(request('tcp'), call);
    await clock.advance(10);
    peer.reply(peer.last('INVITE'), 100, CALLER);
    await clock.advance(10);
    expect(call.events).toEqual(['sent', 'failed transport']);
    peer.reply(peer.last('INVITE'), 180, CALLER, { tag: 'b', headers: contact });
    await clock.advance(100);
    peer.reply(peer.last('INVITE'), 487, CALLER, { tag: 'b' });
    await clock.advance(100);
    expect(peer.names).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(call.events).toEqual(['sent', 'failed transport']);
    await nothingLeft();
  });

  it('and again: who has got it and answers over another gets ACK and BYE', async () => {
    const { clock, agent, peer, nothingLeft } = scene(['INVITE', '100 INVITE'], ['INVITE']);
    agent.invite(request('tcp'), new CallLog());
    await clock.advance(10);
    peer.reply(peer.last('INVITE'), 100, CALLER);
    await clock.advance(10);
    peer.reply(peer.last('INVITE'), 200, CALLER, { tag: 'b', headers: contact, sdp: ANSWER });
    await clock.advance(100);
    expect(peer.names).toEqual(['INVITE', 'ACK', 'BYE']);
    await nothingLeft();
  });

  it('and again: the next server gets it at once', async () => {
    const { clock, agent, sent, nothingLeft } = scene(['INVITE', 'INVITE']);
    const call = new CallLog();
    const to = { ...CALLEE, transport: 'tcp' } as const;
    agent.invite(request('tcp', { otherwise: [to] }), call);
    await clock.advance(100);
    expect(call.events).toEqual(['sent', 'answered']);
    expect(sent).toEqual(['INVITE', 'INVITE', 'INVITE', '200 INVITE', 'ACK']);
    await Promise.all([call.dialog?.bye(), clock.advance(100)]);
    await nothingLeft();
  });

  it('while it rings: the answer comes over a new one', async () => {
    const { clock, agent, peer, nothingLeft } = scene(['180 INVITE'], ['INVITE']);
    const call = new CallLog();
    agent.invite(request('tcp'), call);
    await clock.advance(10);
    peer.reply(peer.last('INVITE'), 100, CALLER);
    await clock.advance(10);
    peer.reply(peer.last('INVITE'), 180, CALLER, { tag: 'b', headers: contact });
    await clock.advance(10_000);
    peer.reply(peer.last('INVITE'), 200, CALLER, { tag: 'b', headers: contact, sdp: ANSWER });
    await clock.advance(100);
    expect(call.events).toEqual(['sent', '100', 'answered']);
    await Promise.all([call.dialog?.bye(), clock.advance(100)]);
    await nothingLeft();
  });

  it('and under its CANCEL: that is sent again over a new one', async () => {
    const { clock, agent, peer, sent, nothingLeft } = scene(['CANCEL'], ['INVITE']);
    const call = new CallLog();
    const invite = agent.invite(request('tcp'), call);
    await clock.advance(10);
    peer.reply(peer.last('INVITE'), 180, CALLER, { tag: 'b', headers: contact });
    await clock.advance(10);
    invite.cancel();
    await clock.advance(100);
    expect(sent).toEqual(['INVITE', '180 INVITE', 'CANCEL', 'CANCEL', '200 CANCEL']);
    peer.reply(peer.last('INVITE'), 487, CALLER, { tag: 'b' });
    await clock.advance(100);
    expect(call.failure).toMatchObject({ why: 'cancelled', status: 487 });
    await nothingLeft();
  });

  it('and under its CANCEL again: nobody is waited for', async () => {
    const { clock, agent, peer, nothingLeft } = scene(['CANCEL', 'CANCEL'], ['INVITE']);
    const call = new CallLog();
    const invite = agent.invite(request('tcp'), call);
    await clock.advance(10);
    peer.reply(peer.last('INVITE'), 180, CALLER, { tag: 'b', headers: contact });
    await clock.advance(10);
    invite.cancel();
    await clock.advance(100);
    expect(call.failure).toMatchObject({ why: 'cancelled' });
    await nothingLeft();
  });
});

describe('a connection that breaks under a request outside of any call', () => {
  const options = { method: 'OPTIONS', to: { ...CALLEE, transport: 'tcp' }, requestUri: 'sip:a', from: 'sip:b', toUri: 'sip:a' } as const;

  it('OPTIONS: it is sent again over a new one', async () => {
    const { agent, tookMs, sent, nothingLeft } = scene(['OPTIONS']);
    const answer = agent.request(options, never);
    expect(await tookMs(answer)).toBe(20);
    expect((await answer)?.status).toBe(200);
    expect(sent).toEqual(['OPTIONS', 'OPTIONS', '200 OPTIONS']);
    await nothingLeft();
  });

  it('twice: it is not answered, as is known at once', async () => {
    const { agent, tookMs, sent, nothingLeft } = scene(['OPTIONS', 'OPTIONS']);
    const answer = agent.request(options, never);
    expect(await tookMs(answer)).toBe(0);
    expect([await answer, sent]).toEqual([undefined, ['OPTIONS', 'OPTIONS']]);
    await nothingLeft();
  });

  it('REGISTER: it is sent again with the next number', async () => {
    const { agent, tookMs, peer, nothingLeft } = scene(['200 REGISTER']);
    const account = { registrar: 'sip:10.0.0.2', address: 'sip:a@10.0.0.2', contactUser: 'a' };
    const registered = agent.registration(account).register(options.to, 3600, never);
    await tookMs(registered);
    expect(await registered).toEqual({ registered: true, expiresMs: 3_600_000 });
    expect(peer.received.map((message) => message.headers.first('CSeq'))).toEqual(['1 REGISTER', '2 REGISTER']);
    await nothingLeft();
  });
});
