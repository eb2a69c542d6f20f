import { expect, it } from 'vitest';
import type { DialledEndpoint } from '../../src/directory/dialled-endpoints.ts';
import { numberToDial } from '../support/call-world.ts';
import { register } from '../support/dialled-call.ts';
import { partyPhones } from '../support/party-phones.ts';
import { OTHER, THIRD, talking } from '../support/transfer-world.ts';

const BOB_AT = '10.0.1.7';

const endpoints: Readonly<Record<string, DialledEndpoint>> = {
  ada: { type: 'User', userId: 'id of alice', userName: 'alice', displayName: 'ALICE' },
  robert: { type: 'User', userId: 'id of bob', userName: 'bob', displayName: 'BOB' },
  line: { type: 'PhoneNumber', e164: THIRD },
  other: { type: 'PhoneNumber', e164: OTHER },
  sales: { type: 'Team', memberIds: ['line', 'other', 'robert'] },
  absent: { type: 'Team', memberIds: ['robert'] },
  empty: { type: 'Team', memberIds: [] },
};

it.each([
  ['the id of a user', 'robert', 6],
  ['the SIP name of a user', 'bob', 6],
  ['the id of a phone number', 'line', 5],
])('a transfer to %s joins the two', async (_what, target, says) => {
  const { world, phones, desk, refer, hears, finish } = await talking({}, {}, { endpoints });
  const bob = partyPhones(world, { bob: { answerAfterMs: 300, says: 6 } }, BOB_AT);
  register(world, 'bob', BOB_AT);
  const told = refer(desk.callTo('alice')?.dialog, { uri: `sip:${target}@10.0.0.1` });
  await world.clock.advance(2500);
  expect(told.outcome).toMatchObject({ result: 'transferred', sip: 200 });
  expect(hears(phones, numberToDial)).toEqual([says]);
  void phones.callTo(numberToDial)?.dialog?.bye();
  await world.clock.advance(2000);
  const seen = bob.callTo('bob')?.from;
  if (says === 6) expect(seen).toBe(numberToDial);
  await bob.close();
  phones.calls.push(...bob.calls);
  await finish();
});

it('a transfer to a team rings all members: who answers first is joined, the others stop', async () => {
  const { world, phones, desk, refer, hears, finish } = await talking({}, {}, { endpoints });
  const told = refer(desk.callTo('alice')?.dialog, { uri: 'sip:sales@10.0.0.1' });
  await world.clock.advance(2500);
  expect(told.outcome).toMatchObject({ result: 'transferred', sip: 200 });
  expect(hears(phones, numberToDial)).toEqual([4]);
  expect(phones.callTo(THIRD)).toMatchObject({ cancelled: true, answered: false });
  void phones.callTo(OTHER)?.dialog?.bye();
  await finish();
});

it.each([
  ['a team of whom nobody has a phone', 'absent', 480],
  ['a team without members', 'empty', 503],
  ['an id that the account does not have', 'stranger', 404],
  ['a team whose members are all busy', 'sales', 486],
])('a transfer to %s is told so, and the two talk on', async (_what, target, status) => {
  const busy = { answerAfterMs: 300, reject: 486 };
  const { world, session, phones, desk, refer, hears, finish } = await talking({}, { [OTHER]: busy, [THIRD]: busy }, { endpoints });
  const told = refer(desk.callTo('alice')?.dialog, { uri: `sip:${target}@10.0.0.1` });
  await world.clock.advance(2500);
  expect(told.outcome).toMatchObject({ result: 'failed', sip: status });
  // Who has no phone was not called.
  expect(session.lines.filter((line) => line.startsWith('BOB: '))).toEqual([]);
  expect(hears(phones, numberToDial)).toEqual([2]);
  void phones.callTo(numberToDial)?.dialog?.bye();
  await finish();
});
