import { describe, expect, it } from 'vitest';
import { askingPeer, statuses } from '../support/asking-peer.ts';
import { OFFER } from '../support/sip-agents.ts';
import { toRawPeer } from '../support/sip-call.ts';

describe('a dialog that is over', () => {
  it('is not hung up once more after the BYE of the peer', async () => {
    const { dialog, ask, peer, leftovers } = await toRawPeer();
    await ask('BYE');
    await dialog.bye();
    expect(peer.names).toEqual(['200 BYE']);
    expect(await leftovers()).toEqual([0, 0, 0]);
    expect(peer.names).toEqual(['200 BYE']);
  });

  it('is over by whoever said so first when two BYEs cross, also for who asks later', async () => {
    const { dialog, ask, reply, turn, peer, leftovers } = await toRawPeer();
    const told: string[] = [];
    dialog.onEnded(({ by }) => told.push(by));
    void dialog.bye();
    await turn();
    await ask('BYE');
    reply('BYE', 200);
    await turn();
    dialog.onEnded(({ by }) => told.push(`later ${by}`));
    expect(told).toEqual(['us', 'later us']);
    expect(peer.names).toEqual(['BYE', '200 BYE']);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});

it('a call that is hung up before the ACK to its 2xx says BYE in the end, though the ACK never comes', async () => {
  const { ask, dialogs, clock, peer, leftovers } = askingPeer();
  expect(statuses(await ask('INVITE', { sdp: OFFER }))).toEqual([100, 200]);
  let isOver = false;
  void dialogs[0]?.bye().then(() => {
    isOver = true;
  });
  await clock.advance(31_000);
  expect([peer.names.includes('BYE'), isOver]).toEqual([false, false]);
  await clock.advance(1001);
  expect(peer.names.filter((name) => name === 'BYE')).toHaveLength(1);
  expect(await leftovers()).toEqual([0, 0, 0]);
  expect(isOver).toBe(true);
});
