import { describe, expect, it } from 'vitest';
import type { ReferReport } from '../../src/telephony/sip/incoming-refer.ts';
import { CONTACT, outcomeOf, toRawPeer } from '../support/sip-call.ts';

// News of a transfer (RFC 3515 section 2.4.4) that come after its outcome, or never arrive.

const never = new AbortController().signal;
const target = { uri: 'sip:carol@10.0.0.9' };

/** A call whose peer tells news of a transfer in a NOTIFY; what stands behind an empty line is its body. */
async function asking() {
  const call = await toRawPeer();
  const lines = ['Event: refer', 'Subscription-State: active', 'Content-Type: message/sipfrag'];
  return { ...call, notify: (news: string) => call.ask('NOTIFY', undefined, [...lines, '', news]) };
}

describe('a transfer that we have asked for and whose outcome is known', () => {
  it.each([
    ['refused', 603, undefined],
    ['transferred', 202, 'SIP/2.0 200 OK'],
    ['failed', 202, 'SIP/2.0 486 Busy Here'],
  ])('as %s stays so, whatever the peer tells of it: another may be asked for', async (result, status, news) => {
    const { dialog, peer, turn, reply, clock, scene, notify } = await asking();
    let accepted = 0;
    const first = outcomeOf(dialog.refer(target, never, () => accepted++));
    await turn();
    reply('REFER', status, { headers: [CONTACT] });
    await turn();
    if (news !== undefined) await notify(news);
    const outcome = first.value;
    expect(outcome).toMatchObject({ result });
    for (const late of ['SIP/2.0 100 Trying', 'SIP/2.0 200 OK', 'SIP/2.0 503 No', 'SIP/2.0 180 Ringing']) await notify(late);
    expect(peer.names.slice(-4)).toEqual(Array(4).fill('200 NOTIFY'));
    expect([first.value, accepted]).toEqual([outcome, status < 300 ? 1 : 0]);
    const second = outcomeOf(dialog.refer(target, never));
    await turn();
    expect([second, peer.names.at(-1)]).toEqual([{}, 'REFER']);
    await clock.advance(100);
    await scene.close();
  });
});

describe('who tells the peer of the call that it asked for', () => {
  async function asked() {
    const call = await toRawPeer();
    const reports: ReferReport[] = [];
    call.dialog.onRefer = () => (report) => reports.push(report);
    await call.ask('REFER', undefined, ['Refer-To: <sip:a@b>']);
    const [report] = reports;
    if (!report) throw new Error('The REFER was not taken');
    return { ...call, report };
  }

  it('learns when the last NOTIFY is answered', async () => {
    const { report, reply, turn, scene } = await asked();
    reply('NOTIFY', 200);
    await turn();
    const told = outcomeOf(report.tell(200, 'OK').then(() => 'told'));
    await turn();
    expect(told).toEqual({});
    reply('NOTIFY', 200);
    await turn();
    expect(told).toEqual({ value: 'told' });
    await scene.close();
  });

  it('tells the first end of it, also when that has to wait for the NOTIFY before', async () => {
    const { report, peer, reply, turn, scene } = await asked();
    void report.tell(200, 'OK');
    void report.tell(486, 'Too late');
    reply('NOTIFY', 200);
    await turn();
    expect(Buffer.from(peer.last('NOTIFY').body).toString()).toBe('SIP/2.0 200 OK\r\n');
    await scene.close();
  });

  it.each(['no answer', 'BYE'])('does not wait for ever when it gets %s', async (what) => {
    const { report, clock, ask, leftovers } = await asked();
    const told = outcomeOf(report.tell(200, 'OK').then(() => 'told'));
    if (what === 'BYE') await ask('BYE');
    else await clock.advance(33_000);
    expect(told).toEqual({ value: 'told' });
    await leftovers();
  });

  it('tells no other end when the time for the call runs out while the last NOTIFY is under way', async () => {
    const { report, peer, reply, clock, dialog, leftovers } = await asked();
    reply('NOTIFY', 200);
    await clock.advance(179_000);
    const told = outcomeOf(report.tell(200, 'OK').then(() => 'told'));
    await clock.advance(35_000);
    expect(new Set(peer.received.slice(2).map(({ body }) => Buffer.from(body).toString()))).toEqual(new Set(['SIP/2.0 200 OK\r\n']));
    expect(told).toEqual({ value: 'told' });
    void dialog.bye();
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});
