import { describe, expect, it } from 'vitest';
import { ANSWER } from '../support/sip-agents.ts';
import { outcomeOf, sdpOf, toRawPeer, twoDialogs } from '../support/sip-call.ts';

const never = new AbortController().signal;

describe('in a call that is up', () => {
  it('an extension that we lack is refused with 420, and the call goes on', async () => {
    const { peer, dialog, ask, reply, turn, leftovers } = await toRawPeer();
    await ask('INVITE', sdpOf(6000), ['Require: timer, teleport']);
    expect(peer.names).toEqual(['420 INVITE']);
    expect(peer.received[0]?.headers.first('Unsupported')).toBe('teleport');
    expect(dialog.ended).toBe(false);
    void dialog.bye();
    await turn();
    reply('BYE', 200);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it.each([
    ['WHATEVER', '501 WHATEVER'],
    ['MESSAGE', '405 MESSAGE'],
  ])('%s is answered %s, and the call goes on', async (method, answer) => {
    const { peer, dialog, ask, reply, turn, leftovers } = await toRawPeer();
    await ask(method);
    expect(peer.names).toEqual([answer]);
    expect(peer.received[0]?.headers.first('Allow')).toContain('BYE');
    expect(dialog.ended).toBe(false);
    void dialog.bye();
    await turn();
    reply('BYE', 200);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('each repetition of the 2xx to our re-INVITE is acknowledged, with the same ACK', async () => {
    const { peer, dialog, reply, turn, leftovers } = await toRawPeer();
    const outcome = outcomeOf(dialog.reinvite(sdpOf(4002), never));
    await turn();
    for (let times = 0; times < 3; times++) {
      reply('INVITE', 200, { sdp: ANSWER });
      await turn();
    }
    expect(peer.names).toEqual(['INVITE', 'ACK', 'ACK', 'ACK']);
    expect(outcome.value).toBe(ANSWER);
    const acks = peer.received.filter((message) => message.kind === 'request' && message.method === 'ACK');
    expect(new Set(acks.map(({ headers }) => `${headers.first('Via')} ${headers.first('CSeq')}`)).size).toBe(1);
    void dialog.bye();
    await turn();
    reply('BYE', 200);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('a BYE of the peer ends the repetition of our 2xx', async () => {
    const { peer, call, dialog, clock, ask, leftovers } = await toRawPeer();
    dialog.onReinvite = () => sdpOf(4002);
    await ask('INVITE', sdpOf(6000));
    await clock.advance(600);
    expect(peer.names.filter((name) => name === '200 INVITE')).toHaveLength(2);
    await ask('BYE');
    peer.received.length = 0;
    await clock.advance(40_000);
    expect(peer.names).toEqual([]);
    expect(call.end?.by).toBe('peer');
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('our BYE waits for the ACK to our 2xx, which goes on being repeated', async () => {
    const { peer, dialog, clock, ask, reply, leftovers } = await toRawPeer();
    dialog.onReinvite = () => sdpOf(4002);
    await ask('INVITE', sdpOf(6000));
    let over = false;
    void dialog.bye().then(() => {
      over = true;
    });
    await clock.advance(600);
    expect(peer.names).toEqual(['200 INVITE', '200 INVITE']);
    await ask('ACK');
    expect(peer.names.at(-1)).toBe('BYE');
    expect(over).toBe(false);
    reply('BYE', 200);
    await clock.advance(1);
    expect(over).toBe(true);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('BYEs that cross are both answered', async () => {
    const { scene, caller, callee } = await twoDialogs();
    const ends = Promise.all([caller.bye(), callee.bye()]);
    await scene.clock.advance(100);
    await ends;
    expect([...scene.seen].sort()).toEqual(['-> 200 BYE', '-> BYE', '<- 200 BYE', '<- BYE']);
    await scene.clock.advance(100_000);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it('our BYE that crosses one of the peer is repeated until it is answered', async () => {
    const { peer, dialog, clock, ask, reply, leftovers } = await toRawPeer();
    let over = false;
    void dialog.bye().then(() => {
      over = true;
    });
    await ask('BYE');
    expect(over).toBe(false);
    await clock.advance(600);
    expect(peer.names).toEqual(['BYE', '200 BYE', 'BYE']);
    reply('BYE', 200);
    await clock.advance(1);
    expect(over).toBe(true);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});
