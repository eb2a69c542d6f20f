import { describe, expect, it } from 'vitest';
import { sipUserTable } from '../../test/support/sip-user-table.ts';
import type { DialledEndpoint } from '../directory/dialled-endpoints.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { findAskedParties, findParties, type PartyDirectory } from './called-parties.ts';

/** The users of one account, who have no phones. */
function usersOf(accountId: string): PartyDirectory {
  const users = sipUserTable(new VirtualClock(), ['alice'], accountId);
  return {
    users: {
      bindings: (userId) => users.bindings(userId),
      find: async (name) => {
        const user = await users.find(name);
        return user && { ...user, displayName: 'ALICE' };
      },
    },
    endpoints: { find: async () => undefined },
    phoneNumbers: { ownedVoiceNumbers: async () => [] },
    trunks: { ofAccount: async () => [] },
  };
}

describe('who is asked for in the words of a telephone', () => {
  it('is a user of the account', async () => {
    expect(await findAskedParties('alice', 'account-1', usersOf('account-1'))).toMatchObject([{ kind: 'phones', userId: 'id of alice' }]);
  });

  it('is nobody when the user belongs to another account', async () => {
    expect(await findAskedParties('alice', 'account-1', usersOf('account-2'))).toEqual([]);
  });
});

it('who is called in a team are its members, and not those of another team in it', async () => {
  const FRIEND = '+18144043111';
  const endpoints: Readonly<Record<string, DialledEndpoint>> = {
    sales: { type: 'Team', memberIds: ['friend', 'inner', 'gone'] },
    inner: { type: 'Team', memberIds: ['sales', 'friend'] },
    friend: { type: 'PhoneNumber', e164: FRIEND },
  };
  const directory = { ...usersOf('account-1'), endpoints: { find: async (_account: string, id: string) => endpoints[id] } };
  expect(await findParties({ endpointId: 'sales' }, 'account-1', directory)).toMatchObject([{ kind: 'number', e164: FRIEND }]);
});
