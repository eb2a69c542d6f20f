import { describe, expect, it } from 'vitest';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import { CALLER } from '../support/sip-agents.ts';
import { outcomeOf, sdpOf, toRawPeer, twoDialogs } from '../support/sip-call.ts';

const never = new AbortController().signal;
type Method = 'INVITE' | 'UPDATE';
const ask = (dialog: Dialog, method: Method, sdp: string): Promise<string | undefined> =>
  method === 'INVITE' ? dialog.reinvite(sdp, never) : dialog.update(sdp, never);

const pairs: readonly (readonly [Method, Method])[] = [
  ['INVITE', 'INVITE'],
  ['INVITE', 'UPDATE'],
  ['UPDATE', 'INVITE'],
  ['UPDATE', 'UPDATE'],
];

describe('offers that cross (RFC 3261 section 14, RFC 3311 section 5.2)', () => {
  it.each(pairs)('%s of the caller and %s of the callee both get 491, are sent again, and both succeed', async (callers, callees) => {
    const { scene, caller, callee, faults } = await twoDialogs();
    faults.filter = () => ({ delayMs: 20 });
    caller.onReinvite = () => sdpOf(1);
    callee.onReinvite = () => sdpOf(2);
    const ours = outcomeOf(ask(caller, callers, sdpOf(3)));
    const theirs = outcomeOf(ask(callee, callees, sdpOf(4)));
    await scene.clock.advance(100);
    expect(scene.seen).toEqual(expect.arrayContaining([`-> 491 ${callees}`, `<- 491 ${callers}`]));
    expect([ours, theirs]).toEqual([{}, {}]);
    // Whoever has not made the Call-ID waits for 2 s at most, the other for 2.1 s at least.
    await scene.clock.advance(2_000);
    expect(theirs).toEqual({ value: sdpOf(1) });
    await scene.clock.advance(2_200);
    expect(ours).toEqual({ value: sdpOf(2) });
    expect([caller.state.openOffer, callee.state.openOffer]).toEqual(['none', 'none']);
    expect(callee.state).toMatchObject({ localSdp: sdpOf(2), remoteSdp: sdpOf(3) });
    expect(caller.state).toMatchObject({ localSdp: sdpOf(3), remoteSdp: sdpOf(2) });
    await Promise.all([caller.bye(), scene.clock.advance(200_000)]);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it.each(['INVITE', 'UPDATE'] as const)('%s is sent again after 2.1 to 4 s, when the Call-ID is our own', async (method) => {
    const waits: number[] = [];
    const { scene, dialog, peer } = await toRawPeer();
    let refusedAtMs: number | undefined;
    peer.onMessage = (message) => {
      if (message.kind !== 'request' || message.method !== method) return;
      if (refusedAtMs !== undefined) waits.push(scene.clock.now() - refusedAtMs);
      refusedAtMs = scene.clock.now();
      peer.reply(message, 491, CALLER);
    };
    void outcomeOf(ask(dialog, method, sdpOf(3)));
    await scene.clock.advance(60_000);
    expect(waits).toHaveLength(8);
    for (const wait of waits) {
      expect(wait).toBeGreaterThanOrEqual(2_100);
      expect(wait).toBeLessThanOrEqual(4_001);
    }
    expect(new Set(waits).size).toBeGreaterThan(1);
    await scene.close();
  });

  it.each(['INVITE', 'UPDATE'] as const)(
    '%s of the callee is sent again after 0 to 2 s, because the Call-ID is not its own',
    async (method) => {
      const { scene, caller, callee, faults } = await twoDialogs();
      const sentAtMs: number[] = [];
      // The caller has an offer of its own under way, which nobody ever sees.
      faults.filter = (bytes, from) => {
        const text = Buffer.from(bytes).toString();
        if (from.address !== CALLER.address && text.startsWith(method)) sentAtMs.push(scene.clock.now());
        return from.address === CALLER.address && /^(?:INVITE|UPDATE)/.test(text) ? 'drop' : 'pass';
      };
      void outcomeOf(caller.reinvite(sdpOf(3), never));
      void outcomeOf(ask(callee, method, sdpOf(4)));
      await scene.clock.advance(16_000);
      const waits = sentAtMs.slice(1).map((at, index) => at - (sentAtMs[index] ?? 0));
      expect(waits.length).toBeGreaterThan(3);
      for (const wait of waits) expect(wait).toBeLessThanOrEqual(2_001);
      expect(new Set(waits).size).toBeGreaterThan(1);
      await scene.close();
    },
  );
});

describe('what an offer in a call is answered with', () => {
  it('Allow and Supported, in the 200 to re-INVITE, UPDATE and OPTIONS (RFC 3261 sections 11.2, 20.5 and 20.37)', async () => {
    const { scene, dialog, ask: asks, peer } = await toRawPeer();
    dialog.onReinvite = () => sdpOf(1);
    const told: Record<string, string | undefined> = {};
    for (const method of ['INVITE', 'UPDATE', 'OPTIONS']) {
      await asks(method, method === 'OPTIONS' ? undefined : sdpOf(9));
      const response = peer.received.at(-1);
      told[method] =
        response?.kind === 'response' && response.status === 200
          ? `${response.headers.first('Allow')}; ${response.headers.first('Supported')}`
          : '';
      if (method === 'INVITE') await asks('ACK');
    }
    const abilities = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY; 100rel, timer, replaces, norefersub, nosub';
    expect(told).toEqual({ INVITE: abilities, UPDATE: abilities, OPTIONS: abilities });
    await scene.close();
  });
});
