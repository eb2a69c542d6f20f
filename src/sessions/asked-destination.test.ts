import { expect, it } from 'vitest';
import { sipUserTable } from '../../test/support/sip-user-table.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { destinationText, findDestination } from './asked-destination.ts';
import type { PartyDirectory } from './called-parties.ts';

/** Users whose names look like numbers, of one account, who have no phones. */
function usersOf(accountId: string): PartyDirectory {
  const users = sipUserTable(new VirtualClock(), ['4000', 'alice'], accountId);
  return {
    users: {
      bindings: (userId) => users.bindings(userId),
      find: async (name) => {
        const user = await users.find(name);
        return user && { ...user, displayName: '' };
      },
    },
    endpoints: {
      find: async (account, id) =>
        account === accountId && id.startsWith('id of ') ? { type: 'User', userId: id, userName: id.slice(6), displayName: '' } : undefined,
    },
    phoneNumbers: { ownedVoiceNumbers: async () => [] },
    trunks: { ofAccount: async () => [] },
  };
}

it.each(['alice', '4000', 'id of alice'])('%s is a user of the account, who has no phone here', async (text) => {
  await expect(findDestination(text, 'account-1', usersOf('account-1'))).rejects.toMatchObject({ code: 'CONFLICT' });
});

it.each(['alice', '4000', 'id of alice', '', '+', '12'])('%s is nobody of another account', async (text) => {
  await expect(findDestination(text, 'account-1', usersOf('account-2'))).rejects.toMatchObject({
    code: 'INVALID_MEMBER',
    fields: [{ fieldName: 'Destination' }],
  });
});

it('a number is a number', async () => {
  expect(await findDestination('+1 814 404 3093', 'account-1', usersOf('account-1'))).toMatchObject({
    address: { number: '+18144043093' },
    parties: [{ kind: 'number', e164: '+18144043093' }],
  });
});

it.each([
  [undefined, 'REQUIRED'],
  ['  ', 'REQUIRED'],
  ['x'.repeat(101), 'INVALID_MEMBER'],
  ['a\u0000', 'INVALID_MEMBER'],
])('%j is refused before anybody is looked up', (destination, code) => {
  expect(() => destinationText(destination)).toThrow(expect.objectContaining({ code }));
});
