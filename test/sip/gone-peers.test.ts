import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { ANSWER, CALLEE, CALLER, CallLog, request } from '../support/sip-agents.ts';
import { CONTACT, toRawPeer } from '../support/sip-call.ts';

type Made = Awaited<ReturnType<typeof toRawPeer>>;

/** A call that is watched; OPTIONS is answered as `answers` says, in turn, and not at all when it says nothing more. */
async function watchedCall(answers: number[]) {
  const made: Made = await toRawPeer();
  const { peer, clock, dialog } = made;
  const startedAtMs = clock.now();
  /** When audio came last. */
  const audio = { atMs: startedAtMs };
  const askedAtMs: number[] = [];
  peer.onMessage = (message, from) => {
    if (message.kind !== 'request') return;
    if (message.method === 'BYE') peer.reply(message, 200, from);
    if (message.method !== 'OPTIONS') return;
    const seconds = Math.round((clock.now() - startedAtMs) / 1000);
    if (askedAtMs.at(-1) !== seconds) askedAtMs.push(seconds);
    const status = answers.shift();
    if (status !== undefined) peer.reply(message, status, from);
  };
  dialog.watchPeer(async () => clock.now() - audio.atMs);
  const ended: { seconds?: number } = {};
  dialog.onEnded(() => {
    ended.seconds = Math.round((clock.now() - startedAtMs) / 1000);
  });
  return { ...made, audio, askedAtMs, ended };
}

describe('a peer of which nothing comes for a minute', () => {
  it('is asked in the dialog, and again a minute after its answer', async () => {
    const { clock, peer, dialog, askedAtMs, leftovers } = await watchedCall([200, 405, 200]);
    await clock.advance(190_000);
    expect(askedAtMs).toEqual([60, 120, 180]);
    const { headers } = peer.last('OPTIONS');
    expect(headers.first('To')).toContain('tag=peer');
    expect(headers.first('CSeq')).toBe('4 OPTIONS');
    expect(dialog.ended).toBe(false);
    void dialog.bye();
    expect(await leftovers()).toEqual([0, 0, 0]);
    expect(askedAtMs).toEqual([60, 120, 180]);
  });

  it('and that says 481 has lost the call: it is hung up at once', async () => {
    const { clock, call, peer, ended, leftovers } = await watchedCall([481]);
    await clock.advance(61_000);
    expect(call.end).toEqual({ by: 'error', status: 481, reason: 'The peer does not know the call any more' });
    expect(ended.seconds).toBe(60);
    expect(peer.names.at(-1)).toBe('BYE');
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('and does not answer is gone', async () => {
    const { clock, call, ended, leftovers } = await watchedCall([]);
    await clock.advance(100_000);
    expect(call.end).toMatchObject({ by: 'error', status: 408 });
    expect(ended.seconds).toBe(92);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('and does not answer, but is heard again meanwhile, is there', async () => {
    const { clock, dialog, audio, askedAtMs, leftovers } = await watchedCall([]);
    await clock.advance(91_000);
    audio.atMs = clock.now();
    await clock.advance(59_000);
    expect(dialog.ended).toBe(false);
    expect(askedAtMs.every((seconds) => seconds <= 92)).toBe(true);
    void dialog.bye();
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('but a request is not asked before another minute has passed', async () => {
    const { clock, ask, dialog, askedAtMs, leftovers } = await watchedCall([200]);
    await clock.advance(30_000);
    await ask('INFO');
    await clock.advance(59_000);
    expect(askedAtMs).toEqual([]);
    await clock.advance(2000);
    expect(askedAtMs).toEqual([90]);
    void dialog.bye();
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('but that takes a request of ours is not asked before another minute has passed either', async () => {
    const { clock, peer, dialog, askedAtMs, leftovers } = await watchedCall([200]);
    const { onMessage } = peer;
    peer.onMessage = (message, from) => {
      if (message.kind === 'request' && message.method === 'INFO') peer.reply(message, 200, from);
      else onMessage(message, from);
    };
    await clock.advance(30_000);
    await Promise.all([dialog.tellDigit('1', 100), clock.advance(59_000)]);
    expect(askedAtMs).toEqual([]);
    await clock.advance(2000);
    expect(askedAtMs).toEqual([90]);
    void dialog.bye();
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('and that a proxy cannot reach is asked three times in two minutes', async () => {
    const { clock, call, ended, askedAtMs, leftovers } = await watchedCall([503, 504, 502]);
    await clock.advance(130_000);
    expect(askedAtMs).toEqual([60, 90, 120]);
    expect([call.end, ended.seconds]).toEqual([{ by: 'error', status: 502, reason: 'The peer cannot be reached any more' }, 120]);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('is asked nothing when the call is over as it is looked after', async () => {
    const { clock, dialog, audio, askedAtMs, leftovers } = await watchedCall([200]);
    dialog.watchPeer(() => {
      void dialog.bye();
      return Promise.resolve(clock.now() - audio.atMs);
    });
    expect(await leftovers()).toEqual([0, 0, 0]);
    expect(askedAtMs).toEqual([]);
  });

  it('is asked too when nothing can tell of its audio', async () => {
    const { clock, dialog, askedAtMs, leftovers } = await watchedCall([200]);
    dialog.watchPeer(() => Promise.reject(new Error('There is no stream')));
    await clock.advance(61_000);
    expect(askedAtMs).toEqual([60]);
    void dialog.bye();
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});

describe('a peer over TCP', () => {
  it('to which no connection can be opened any more is asked three times, and the call is over', async () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork(clock, seededRandom(1));
    const agent = new UserAgent({
      ...{ wires: [network.wire('tcp', CALLER)], clock, random: seededRandom(2), log: silentLogger, product: 'test' },
    });
    const peer = new RawPeer(network.wire('tcp', CALLEE));
    peer.onMessage = (message) => {
      if (message.kind === 'request' && message.method === 'INVITE')
        peer.reply(message, 200, CALLER, { tag: 'b', headers: [CONTACT], sdp: ANSWER });
    };
    const call = new CallLog();
    agent.invite(request('tcp'), call);
    await clock.advance(100);
    const startedAtMs = clock.now();
    call.dialog?.watchPeer(async () => clock.now() - startedAtMs);
    await peer.close();
    await clock.advance(119_000);
    expect(call.end).toBeUndefined();
    await clock.advance(2000);
    expect(call.end).toEqual({ by: 'error', status: 503, reason: 'The peer cannot be reached any more' });
    await clock.advance(200_000);
    expect([clock.pendingTimers, agent.liveTransactions, agent.liveDialogs]).toEqual([0, 0, 0]);
    await agent.close();
  });
});
