import { describe, expect, it } from 'vitest';
import { CALLEE, CallLog, request } from '../support/sip-agents.ts';
import { outcomeOf, toRawPeer } from '../support/sip-call.ts';

/** A call that is up, and whether all that we asked about calls has been answered since `watch`. */
async function scene() {
  const made = await toRawPeer();
  const agent = made.scene.caller;
  return { ...made, agent, watch: () => outcomeOf(agent.callsAnswered().then(() => 'answered')) };
}
const toPeer = {
  to: { ...CALLEE, transport: 'udp' },
  requestUri: 'sip:x@10.0.0.2',
  from: 'sip:us@10.0.0.1',
  toUri: 'sip:x@10.0.0.2',
} as const;

describe('who waits for the answers to INVITE, CANCEL and BYE', () => {
  it('does not wait when there is none under way, whatever else is', async () => {
    const { agent, watch, turn, leftovers } = await scene();
    void agent.request({ method: 'OPTIONS', ...toPeer }, new AbortController().signal);
    const seen = watch();
    await turn();
    expect(seen).toEqual({ value: 'answered' });
    await leftovers();
    await agent.close();
  });

  it('hears of the answer to a BYE when it comes, and not before', async () => {
    const { agent, dialog, watch, turn, clock, reply, leftovers } = await scene();
    void dialog.bye();
    const seen = watch();
    await clock.advance(3000);
    expect(seen).toEqual({});
    reply('BYE', 200);
    await turn();
    expect(seen).toEqual({ value: 'answered' });
    expect(await leftovers()).toEqual([0, 0, 0]);
    await agent.close();
  });

  it('hears when an INVITE that was cancelled is refused, though its transaction goes on', async () => {
    const { agent, watch, turn, reply, peer, leftovers } = await scene();
    const invite = agent.invite(request(), new CallLog());
    await turn();
    reply('INVITE', 180, { tag: 'b' });
    await turn();
    invite.cancel();
    const seen = watch();
    await turn();
    reply('CANCEL', 200);
    await turn();
    expect(seen).toEqual({});
    reply('INVITE', 487, { tag: 'b' });
    await turn();
    expect(peer.names.at(-1)).toBe('ACK');
    expect(seen).toEqual({ value: 'answered' });
    expect(await leftovers()).toEqual([0, 0, 1]);
    await agent.close();
  });

  it('waits no longer than a BYE does that nobody answers', async () => {
    const { agent, dialog, watch, clock, leftovers } = await scene();
    void dialog.bye();
    const seen = watch();
    await clock.advance(31_900);
    expect(seen).toEqual({});
    await clock.advance(200);
    expect(seen).toEqual({ value: 'answered' });
    expect(await leftovers()).toEqual([0, 0, 0]);
    await agent.close();
  });
});
