import { expect, it } from 'vitest';
import { askingPeer, statuses } from '../support/asking-peer.ts';
import { ANSWER, OFFER } from '../support/sip-agents.ts';

it('an answer that waits for its PRACK is told when the caller gives up instead', async () => {
  const told: string[] = [];
  const { ask, leftovers } = askingPeer({
    onInvite: (invite) => {
      invite.ring(ANSWER);
      invite.answer(ANSWER).then(
        () => told.push('answered'),
        (error: unknown) => told.push(String(error)),
      );
    },
  });
  const lines = ['Max-Forwards: 70', 'Supported: 100rel'];
  expect(statuses(await ask('INVITE', { branch: 'z9hG4bKi', sdp: OFFER, lines }))).toEqual([100, 183]);
  expect(told).toEqual([]);
  expect(statuses(await ask('CANCEL', { branch: 'z9hG4bKi' }))).toEqual([200, 487]);
  expect(told).toEqual(['Error: The INVITE is over']);
  expect(await leftovers()).toEqual([0, 0, 0]);
});
