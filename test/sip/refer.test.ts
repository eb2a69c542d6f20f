import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { ReferAsked } from '../../src/telephony/sip/dialog-refers.ts';
import type { ReferReport } from '../../src/telephony/sip/incoming-refer.ts';
import { CONTACT, outcomeOf, toRawPeer, twoDialogs } from '../support/sip-call.ts';

const never = new AbortController().signal;
const target = { uri: 'sip:carol@10.0.0.9' };
const event = (more = '') => `Event: refer${more}`;
const state = (text: string) => `Subscription-State: ${text}`;

describe('a transfer that one of our user agents asks of another', () => {
  it('is accepted, reported and over', async () => {
    const { scene, caller, callee } = await twoDialogs();
    const asked: ReferAsked[] = [];
    let report: ReferReport | undefined;
    callee.onRefer = (what) => {
      asked.push(what);
      return (reports) => {
        report = reports;
      };
    };
    const outcome = outcomeOf(caller.refer(target, never));
    await scene.clock.advance(10);
    void report?.tell(180, 'Ringing');
    await scene.clock.advance(2_000);
    expect(outcome).toEqual({});
    void report?.tell(200, 'OK');
    void report?.tell(486, 'Too late');
    await scene.clock.advance(10);
    expect(asked).toEqual([{ uri: 'sip:carol@10.0.0.9', referredBy: 'sip:+15550001@10.0.0.1' }]);
    expect(outcome.value).toEqual({ result: 'transferred', sip: 200, reason: 'OK' });
    expect(scene.seen).toEqual(['-> REFER', '<- 202 REFER', ...[100, 180, 200].flatMap(() => ['<- NOTIFY', '-> 200 NOTIFY'])]);
    void caller.bye();
    await scene.clock.advance(100_000);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it('is declined when nobody decides', async () => {
    const { scene, caller } = await twoDialogs();
    const outcome = outcomeOf(caller.refer(target, never));
    await scene.clock.advance(10);
    expect(outcome.value).toEqual({ result: 'refused', sip: 603, reason: 'Decline' });
    expect(caller.ended).toBe(false);
    await scene.close();
  });

  it('goes on over a network that loses every message once', async () => {
    const { scene, caller, callee, faults } = await twoDialogs();
    const lost = new Set<string>();
    faults.filter = (bytes) => {
      const text = Buffer.from(bytes).toString();
      if (lost.has(text)) return 'pass';
      lost.add(text);
      return 'drop';
    };
    callee.onRefer = () => (report) => report.tell(404, 'Not Found');
    const outcome = outcomeOf(caller.refer(target, never));
    await scene.clock.advance(10_000);
    expect(outcome.value).toEqual({ result: 'failed', sip: 404, reason: 'Not Found' });
    void caller.bye();
    await scene.clock.advance(100_000);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it('tells of nothing more once the call is over, on either side', async () => {
    const { scene, caller, callee } = await twoDialogs();
    let report: ReferReport | undefined;
    callee.onRefer = () => (reports) => {
      report = reports;
    };
    const outcome = outcomeOf(caller.refer(target, never));
    await scene.clock.advance(10);
    void callee.bye();
    void report?.tell(200, 'OK');
    await scene.clock.advance(200_000);
    expect(outcome.value).toEqual({ result: 'unknown', reason: 'The call was hung up' });
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
    await expect(caller.refer(target, never)).rejects.toThrow('over');
  });

  it('ends for the peer after three minutes when nothing final is told', async () => {
    const { scene, caller, callee } = await twoDialogs();
    callee.onRefer = () => () => {};
    const outcome = outcomeOf(caller.refer(target, never));
    await scene.clock.advance(89_000);
    expect(outcome).toEqual({});
    await scene.clock.advance(2_000);
    expect(outcome.value).toEqual({ result: 'unknown', sip: 100, reason: 'The peer tells nothing of the new call' });
    scene.seen.length = 0;
    await scene.clock.advance(90_000);
    expect(scene.seen).toEqual(['<- NOTIFY', '-> 200 NOTIFY']);
    await scene.close();
  });

  it('is one at a time', async () => {
    const { scene, caller, callee } = await twoDialogs();
    let report: ReferReport | undefined;
    callee.onRefer = () => (reports) => {
      report = reports;
    };
    const first = outcomeOf(caller.refer(target, never));
    await expect(caller.refer(target, never)).rejects.toThrow('under way');
    await scene.clock.advance(10);
    void report?.tell(503, 'No');
    await scene.clock.advance(10);
    expect(first.value).toMatchObject({ result: 'failed' });
    const second = outcomeOf(caller.refer(target, never));
    await scene.clock.advance(10);
    void report?.tell(200, 'OK');
    await scene.clock.advance(10);
    expect(second.value).toMatchObject({ result: 'transferred' });
    await scene.close();
  });

  it('cannot be taken back, but waited for no longer', async () => {
    const { scene, caller, callee } = await twoDialogs();
    callee.onRefer = () => (report) => report.tell(200, 'OK');
    const aborted = new AbortController();
    const outcome = outcomeOf(caller.refer(target, aborted.signal));
    aborted.abort(new Error('enough'));
    await scene.clock.advance(10);
    expect(outcome.error).toEqual(new Error('enough'));
    expect(scene.seen.filter((line) => line === '-> 200 NOTIFY')).toHaveLength(2);
    await expect(caller.refer(target, aborted.signal)).rejects.toThrow('enough');
    await scene.close();
  });

  it('ends with the user agent', async () => {
    const { scene, caller, callee } = await twoDialogs();
    callee.onRefer = () => () => undefined;
    const outcome = outcomeOf(caller.refer(target, never));
    await scene.clock.advance(10);
    await scene.close();
    expect(outcome.value).toMatchObject({ result: 'unknown' });
  });

  it('to a target that cannot be read leaves no listener behind', async () => {
    const { scene, caller } = await twoDialogs();
    const { signal } = new AbortController();
    await expect(caller.refer({ uri: 'sip:' }, signal)).rejects.toThrow();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await scene.close();
  });

  it('leaves no listener behind once it is over', async () => {
    const { scene, caller } = await twoDialogs();
    const { signal } = new AbortController();
    const outcome = outcomeOf(caller.refer(target, signal));
    await scene.clock.advance(10);
    expect(outcome.value).toMatchObject({ result: 'refused' });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await scene.close();
  });

  it('names the call to replace', async () => {
    const { scene, caller, callee } = await twoDialogs();
    const asked: ReferAsked[] = [];
    callee.onRefer = (what) => {
      asked.push(what);
      return undefined;
    };
    const replaces = { callId: 'x@y', toTag: '1', fromTag: '2', earlyOnly: false };
    void caller.refer({ ...target, replaces }, never);
    await scene.clock.advance(10);
    expect(asked[0]).toMatchObject({ uri: 'sip:carol@10.0.0.9', replaces });
    await scene.close();
  });
});

describe('a peer that we ask for a transfer', () => {
  const sipfrag = ['Content-Type: message/sipfrag;version=2.0'];

  async function asking() {
    const call = await toRawPeer({ credentials: { userName: 'u', password: 'p' } });
    const outcome = outcomeOf(call.dialog.refer(target, never));
    await call.turn();
    /** A NOTIFY of the peer with a body of its own. */
    const notify = (lines: readonly string[], body?: string) => call.ask('NOTIFY', body, [...lines]);
    return { ...call, outcome, notify };
  }

  it('hears who asks, and for whom', async () => {
    const { peer, scene } = await asking();
    const refer = peer.last('REFER');
    expect([refer.headers.first('Refer-To'), refer.headers.first('Referred-By')]).toEqual([
      '<sip:carol@10.0.0.9>',
      '<sip:+15550001@10.0.0.1>',
    ]);
    expect(refer.headers.first('Contact')).toContain('10.0.0.1');
    await scene.close();
  });

  it('asks for a password, and gets it; its NOTIFY names the second REFER', async () => {
    const { peer, reply, turn, notify, outcome, scene } = await asking();
    reply('REFER', 407, { headers: [['Proxy-Authenticate', 'Digest realm="r", nonce="n", qop="auth"']] });
    await turn();
    expect(peer.last('REFER').headers.first('Proxy-Authorization')).toContain('Digest');
    reply('REFER', 202, { headers: [CONTACT] });
    await turn();
    await notify([event(';id=9'), state('active')]);
    expect(peer.names.at(-1)).toBe('481 NOTIFY');
    await notify([event(';id=3'), state('terminated;reason=noresource')]);
    expect(peer.names.at(-1)).toBe('200 NOTIFY');
    expect(outcome.value).toMatchObject({ result: 'unknown' });
    await scene.close();
  });

  it('accepts it and will tell nothing', async () => {
    const { reply, turn, outcome, scene } = await asking();
    reply('REFER', 200, { headers: [['Refer-Sub', 'false']] });
    await turn();
    expect(outcome.value).toMatchObject({ result: 'unknown', sip: 200 });
    await scene.close();
  });

  it('does not answer at all', async () => {
    const { clock, outcome, scene, leftovers, dialog } = await asking();
    await clock.advance(33_000);
    expect(outcome.value).toMatchObject({ result: 'refused', sip: 408 });
    void dialog.bye();
    expect(await leftovers()).toEqual([0, 0, 0]);
    await scene.close();
  });

  it.each([
    ['an event that we did not ask for', ['Event: presence', state('active')], '489'],
    ['no event', [state('active')], '489'],
    ['an event that cannot be read', ['Event: refer;;=', state('active')], '400'],
    ['another type', [event(), state('active'), 'Content-Type: text/plain'], '415'],
  ])('notifies of %s: %s', async (_what, lines, status) => {
    const { notify, peer, outcome, scene } = await asking();
    const asText = lines.some((line) => line.startsWith('Content-Type'));
    if (asText) {
      peer.send(notifyText(peer.last('REFER').headers.first('From') ?? '', peer.last('REFER').headers.first('Call-ID') ?? '', lines), {
        address: '10.0.0.1',
        port: 5060,
      });
      await scene.clock.advance(2);
    } else await notify(lines);
    expect(peer.names.at(-1)).toBe(`${status} NOTIFY`);
    expect(outcome).toEqual({});
    await scene.close();
  });

  it('notifies of a transfer that nobody has asked for', async () => {
    const { scene, ask, peer } = await toRawPeer();
    await ask('NOTIFY', undefined, [event(), state('active'), ...sipfrag]);
    expect(peer.names).toEqual(['481 NOTIFY']);
    await scene.close();
  });
});

function notifyText(ours: string, callId: string, lines: readonly string[]): string {
  return [
    'NOTIFY sip:x@10.0.0.1 SIP/2.0',
    'Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKnotify',
    'From: <sip:bob@10.0.0.2>;tag=peer',
    `To: ${ours}`,
    `Call-ID: ${callId}`,
    'CSeq: 4 NOTIFY',
    ...lines,
    '',
    'hello',
  ].join('\n');
}

describe('a peer that asks us for a transfer', () => {
  async function asked(lines: readonly string[]) {
    const call = await toRawPeer();
    const seen: ReferAsked[] = [];
    let report: ReferReport | undefined;
    call.dialog.onRefer = (what) => {
      seen.push(what);
      return (reports) => {
        report = reports;
      };
    };
    await call.ask('REFER', undefined, lines);
    return { ...call, seen, tell: (status: number) => report?.tell(status, 'told') };
  }

  it.each([
    ['no Refer-To', [], 400],
    ['two', ['Refer-To: <sip:a@b>', 'Refer-To: <sip:c@d>'], 400],
    ['another method than INVITE', ['Refer-To: <sip:a@b;method=BYE>'], 400],
    ['a scheme that we cannot call', ['Refer-To: <mailto:a@b>'], 416],
    ['subscriptions apart from it', ['Refer-To: <sip:a@b>', 'Require: explicitsub'], 420],
  ])('with %s is refused', async (_what, lines, status) => {
    const { peer, seen, scene } = await asked(lines);
    expect(peer.names).toEqual([`${status} REFER`]);
    expect(seen).toEqual([]);
    await scene.close();
  });

  it.each([
    ['Refer-Sub: false', '200 REFER'],
    ['Require: nosub', '200 REFER'],
  ])('and wants to hear nothing (%s) is told nothing', async (line, answer) => {
    const { peer, tell, clock, scene } = await asked(['Refer-To: <sip:a@b>', line]);
    void tell(200);
    await clock.advance(1_000);
    expect(peer.names).toEqual([answer]);
    expect(peer.received[0]?.headers.first('Refer-Sub')).toBe('false');
    await scene.close();
  });

  it('is told by one NOTIFY after the other, the latest status only', async () => {
    const { peer, tell, turn, reply, scene } = await asked(['Refer-To: <sip:a@b>', 'Referred-By: <sip:dora@h>']);
    expect(peer.names).toEqual(['202 REFER', 'NOTIFY']);
    const first = peer.last('NOTIFY');
    expect([first.headers.first('Event'), first.headers.first('Subscription-State'), first.headers.first('Content-Type')]).toEqual([
      'refer',
      'active;expires=180',
      'message/sipfrag;version=2.0',
    ]);
    expect(Buffer.from(first.body).toString()).toBe('SIP/2.0 100 Trying\r\n');
    void tell(180);
    void tell(183);
    void tell(200);
    expect(peer.names).toHaveLength(2);
    reply('NOTIFY', 200);
    await turn();
    const last = peer.last('NOTIFY');
    expect([last.headers.first('Subscription-State'), Buffer.from(last.body).toString()]).toEqual([
      'terminated;reason=noresource',
      'SIP/2.0 200 told\r\n',
    ]);
    reply('NOTIFY', 200);
    await scene.close();
  });

  it('and refuses a NOTIFY hears no other, and may ask again', async () => {
    const { peer, tell, turn, reply, ask, scene } = await asked(['Refer-To: <sip:a@b>']);
    await ask('REFER', undefined, ['Refer-To: <sip:a@b>']);
    expect(peer.names.at(-1)).toBe('491 REFER');
    reply('NOTIFY', 481);
    await turn();
    void tell(200);
    await turn();
    expect(peer.names.filter((name) => name === 'NOTIFY')).toHaveLength(1);
    await ask('REFER', undefined, ['Refer-To: <sip:a@b>']);
    expect(peer.last('NOTIFY').headers.first('Event')).toBe('refer;id=3');
    await scene.close();
  });

  it('outside of any call is forbidden', async () => {
    const { scene, peer, turn } = await toRawPeer();
    peer.send(
      'REFER sip:x@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKout\nFrom: <sip:m@h>;tag=1\nTo: <sip:x@h>\nCall-ID: out\nCSeq: 1 REFER\nRefer-To: <sip:+900@h>\n\n',
      { address: '10.0.0.1', port: 5060 },
    );
    await turn();
    expect(peer.names).toEqual(['403 REFER']);
    await scene.close();
  });
});
