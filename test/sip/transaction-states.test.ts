import { describe, expect, it } from 'vitest';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { AGENT, askingPeer, requestText, tagIn } from '../support/asking-peer.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { ANSWER, CALLEE, CALLER, CallLog, OFFER, request, sipScene } from '../support/sip-agents.ts';
import { CONTACT, toRawPeer } from '../support/sip-call.ts';

/** What comes, in short, within so many milliseconds: `[from, to]` of the time since the start. */
async function heardIn(
  { clock, peer }: { clock: { advance(ms: number): Promise<void> }; peer: RawPeer },
  ms: number,
): Promise<readonly string[]> {
  const before = peer.received.length;
  await clock.advance(ms);
  return peer.names.slice(before);
}

describe('an INVITE that comes again, in each state of its server transaction (RFC 3261 section 17.2.1, RFC 6026)', () => {
  const branch = 'z9hG4bKsame';
  const invite = requestText('INVITE', { branch, sdp: OFFER });
  const rows: readonly [state: string, take: (invite: IncomingInvite) => void, acknowledged: boolean, afterMs: number, again: string[]][] =
    [
      ['proceeding, with 100', () => {}, false, 10_000, ['100 INVITE']],
      ['proceeding, with 180', (call) => call.ring(), false, 10_000, ['180 INVITE']],
      ['completed', (call) => call.reject(486), false, 100, ['486 INVITE']],
      ['completed, shortly before timer H', (call) => call.reject(486), false, 31_600, ['486 INVITE']],
      ['confirmed', (call) => call.reject(486), true, 4_900, []],
      ['accepted: its 2xx is repeated by the clock, not by the INVITE', (call) => void call.answer(ANSWER), false, 100, []],
      ['accepted, with its ACK', (call) => void call.answer(ANSWER), true, 31_000, []],
    ];
  it.each(rows)('%s', async (_state, take, acknowledged, afterMs, again) => {
    let rang = 0;
    const made = askingPeer({
      onInvite: (call) => {
        rang++;
        take(call);
      },
    });
    const { clock, peer, agent } = made;
    peer.send(invite, AGENT);
    await clock.advance(1);
    const final = peer.received.findLast((message) => message.kind === 'response');
    if (acknowledged && final?.kind === 'response') {
      const ackBranch = final.status === 200 ? 'z9hG4bKack' : branch;
      peer.send(requestText('ACK', { branch: ackBranch, toTag: tagIn(final) }), AGENT);
    }
    await clock.advance(afterMs);
    peer.send(invite, AGENT);
    expect(await heardIn(made, 1)).toEqual(again);
    expect(rang).toBe(1);
    await agent.close();
  });

  it('terminated: it is another call', async () => {
    let rang = 0;
    const { clock, peer, agent } = askingPeer({
      onInvite: (call) => {
        rang++;
        call.reject(486);
      },
    });
    peer.send(invite, AGENT);
    await clock.advance(32_001);
    peer.send(invite, AGENT);
    await clock.advance(1);
    expect(rang).toBe(2);
    await agent.close();
  });

  it('a refusal is repeated after T1, doubling to T2, until its ACK comes (timers G and I)', async () => {
    const made = askingPeer({ onInvite: (call) => call.reject(486) });
    const { clock, peer, agent } = made;
    peer.send(invite, AGENT);
    await clock.advance(1);
    const counts: number[] = [];
    for (const ms of [500, 1000, 2000, 4000, 4000]) counts.push((await heardIn(made, ms)).length);
    expect(counts).toEqual([1, 1, 1, 1, 1]);
    const refusal = peer.received.findLast((message) => message.kind === 'response');
    peer.send(requestText('ACK', { branch, toTag: refusal?.kind === 'response' ? tagIn(refusal) : '' }), AGENT);
    expect(await heardIn(made, 20_000)).toEqual([]);
    expect([agent.liveTransactions, clock.pendingTimers]).toEqual([0, 0]);
    await agent.close();
  });
});

describe('another request that comes again (RFC 3261 section 17.2.2)', () => {
  it('completed: gets the same bytes; terminated: is taken anew', async () => {
    const { clock, peer, agent } = askingPeer();
    const options = requestText('OPTIONS', { branch: 'z9hG4bKsame' });
    peer.send(options, AGENT);
    await clock.advance(31_000);
    peer.send(options, AGENT);
    await clock.advance(1);
    expect(peer.received[1]).toEqual(peer.received[0]);
    expect(agent.liveTransactions).toBe(1);
    await clock.advance(1_000);
    expect(agent.liveTransactions).toBe(0);
    peer.send(options, AGENT);
    await clock.advance(1);
    expect(peer.names).toEqual(['200 OPTIONS', '200 OPTIONS', '200 OPTIONS']);
    await agent.close();
  });
});

describe('our INVITE, in each state of its client transaction (RFC 3261 section 17.1.1, RFC 6026)', () => {
  async function invited() {
    const scene = sipScene(undefined);
    await scene.callee.close();
    const peer = new RawPeer(scene.network.wire('udp', CALLEE));
    const call = new CallLog();
    scene.caller.invite(request(), call);
    await scene.clock.advance(1);
    const reply = (status: number, sdp?: string): void => {
      peer.reply(peer.last('INVITE'), status, CALLER, { tag: 'a', headers: [CONTACT], ...(sdp !== undefined && { sdp }) });
    };
    return { scene, clock: scene.clock, peer, call, reply };
  }

  it('calling: is repeated with doubling intervals (timer A)', async () => {
    const made = await invited();
    const counts: number[] = [];
    for (const ms of [500, 1000, 2000, 4000, 8000, 16_000, 10_000]) counts.push((await heardIn(made, ms)).length);
    expect(counts).toEqual([1, 1, 1, 1, 1, 1, 0]);
    expect(made.call.events).toEqual(['sent', 'failed timeout']);
    await made.scene.close();
  });

  it.each<[state: string, said: readonly number[], again: number, sent: readonly string[], events: readonly string[]]>([
    ['proceeding: a repeated 180 is told, and nothing is sent', [100, 180], 180, [], ['180', '180']],
    ['completed: a repeated refusal is acknowledged, and not told again', [180, 486], 486, ['ACK'], ['180', 'failed response']],
    ['completed: a 180 that comes late is nothing', [180, 486], 180, [], ['180', 'failed response']],
    ['completed: a 200 of another fork that comes late is acknowledged and hung up', [486], 200, ['ACK', 'BYE'], ['failed response']],
    ['accepted: a repeated 200 is acknowledged', [180, 200], 200, ['ACK'], ['180', 'answered']],
    ['accepted: a refusal that comes late is nothing', [200], 486, [], ['answered']],
    ['accepted: a 180 that comes late is nothing', [200], 180, [], ['answered']],
  ])('%s', async (_state, said, again, sent, events) => {
    const made = await invited();
    for (const status of said) {
      made.reply(status, status === 200 ? ANSWER : undefined);
      await made.clock.advance(1);
    }
    expect(await heardIn(made, 20_000)).toEqual([]);
    made.reply(again, again === 200 ? ANSWER : undefined);
    expect(await heardIn(made, 1)).toEqual(sent);
    expect(made.call.events.filter((event) => event !== '100')).toEqual(['sent', ...events]);
    await made.scene.close();
  });
});

describe('another request of ours (RFC 3261 section 17.1.2)', () => {
  it('trying: is repeated, up to every 4 s (timer E)', async () => {
    const made = await toRawPeer();
    void made.dialog.bye();
    await made.turn();
    const counts: number[] = [];
    for (const ms of [500, 1000, 2000, 4000, 4000]) counts.push((await heardIn(made, ms)).length);
    expect(counts).toEqual([1, 1, 1, 1, 1]);
    await made.scene.close();
  });

  it('proceeding: is repeated every 4 s only; completed: a repeated response is nothing', async () => {
    const made = await toRawPeer();
    void made.dialog.bye();
    await made.turn();
    made.reply('BYE', 100);
    // The repetition that was planned leaves.
    expect(await heardIn(made, 500)).toEqual(['BYE']);
    expect(await heardIn(made, 3_900)).toEqual([]);
    expect(await heardIn(made, 200)).toEqual(['BYE']);
    made.reply('BYE', 200);
    await made.turn();
    made.reply('BYE', 200);
    expect(await heardIn(made, 60_000)).toEqual([]);
    expect(await made.leftovers()).toEqual([0, 0, 0]);
  });
});
