import path from 'node:path';
import type { Role } from '../../src/contracts/dto.ts';
import { Accounts } from '../../src/directory/accounts.ts';
import { ApiKeys } from '../../src/directory/api-keys.ts';
import { AuthTokens } from '../../src/directory/auth-tokens.ts';
import { BearerTokens } from '../../src/directory/bearer-tokens.ts';
import { Endpoints } from '../../src/directory/endpoints.ts';
import { FileDisk } from '../../src/directory/file-disk.ts';
import { Files, type FilesOptions } from '../../src/directory/files.ts';
import { Flows } from '../../src/directory/flows.ts';
import { PasswordHasher } from '../../src/directory/password-hash.ts';
import { PhoneNumbers } from '../../src/directory/phone-numbers.ts';
import type { Principal } from '../../src/directory/principal.ts';
import { SignIn } from '../../src/directory/sign-in.ts';
import { SipUserDirectory } from '../../src/directory/sip-users.ts';
import { TeamEndpoints } from '../../src/directory/team-endpoints.ts';
import { Trunks } from '../../src/directory/trunks.ts';
import { UserEndpoints } from '../../src/directory/user-endpoints.ts';
import { UserRoles } from '../../src/directory/user-roles.ts';
import { Users } from '../../src/directory/users.ts';
import { AppError } from '../../src/kernel/errors.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { StoreOptions } from '../../src/store/open-store.ts';
import { type SecretBox, secretBox } from '../../src/store/secret-box.ts';
import { openTestStore, type TestStore } from './database.ts';
import { freshId } from './sessions.ts';

/** Everything of the directory on a real database. Only the decoding of sound is a stand-in: what begins with RIFF is one second. */
export interface TestDirectory {
  readonly store: TestStore;
  readonly clock: VirtualClock;
  readonly box: SecretBox;
  readonly accounts: Accounts;
  readonly users: Users;
  readonly signIn: SignIn;
  readonly tokens: BearerTokens;
  readonly authTokens: AuthTokens;
  readonly apiKeys: ApiKeys;
  readonly userRoles: UserRoles;
  readonly endpoints: Endpoints;
  readonly phoneNumbers: PhoneNumbers;
  readonly trunks: Trunks;
  readonly userEndpoints: UserEndpoints;
  readonly teamEndpoints: TeamEndpoints;
  readonly sipUsers: SipUserDirectory;
  readonly flows: Flows;
  readonly files: Files;
  readonly hasher: PasswordHasher;
  close(): Promise<void>;
}

export async function openTestDirectory(options: Partial<StoreOptions> = {}): Promise<TestDirectory> {
  const store = await openTestStore(options);
  const clock = new VirtualClock();
  const secret = 'the secret of the tests';
  const box = secretBox(secret);
  const tokens = new BearerTokens(secret, clock);
  const hasher = new PasswordHasher();
  const common = { changes: store.changes, clock, random: systemRandom };
  const disk = await FileDisk.open(path.join(store.dataDir, 'files'));
  const flows = new Flows({ ...common, flows: store.flows });
  return {
    store,
    clock,
    box,
    hasher,
    accounts: new Accounts({ ...common, accounts: store.accounts }),
    users: new Users({ ...common, users: store.users, accounts: store.accounts, hasher }),
    signIn: new SignIn({ ...common, users: store.users, apiKeys: store.apiKeys, tokens, hasher }),
    tokens,
    authTokens: new AuthTokens({ users: store.users, tokens }),
    apiKeys: new ApiKeys({ ...common, apiKeys: store.apiKeys }),
    userRoles: new UserRoles({ ...common, users: store.users }),
    endpoints: new Endpoints({
      endpoints: store.endpoints,
      targetHealth: { statesOf: () => undefined },
      registrations: { stateOf: () => undefined },
      flows,
      box,
      clock,
    }),
    phoneNumbers: new PhoneNumbers({ ...common, endpoints: store.endpoints, flows }),
    userEndpoints: new UserEndpoints({ ...common, endpoints: store.endpoints, bindings: store.bindings, flows, box }),
    teamEndpoints: new TeamEndpoints({ ...common, endpoints: store.endpoints }),
    sipUsers: new SipUserDirectory({ ...common, endpoints: store.endpoints, bindings: store.bindings, box }),
    trunks: new Trunks({ ...common, endpoints: store.endpoints, box }),
    flows,
    files: new Files({ ...common, files: store.files, disk, speech: soundStandIn }),
    close: store.close,
  };
}

const soundStandIn: FilesOptions['speech'] = {
  async stored(name, load, signal) {
    const bytes = Buffer.from(await load(signal));
    if (!bytes.subarray(0, 4).equals(Buffer.from('RIFF'))) throw new AppError('FILE_NOT_AUDIO', { reason: 'it is not sound' });
    return { id: name, durationMs: 1_000, pcmu: new SharedArrayBuffer(0), pcma: new SharedArrayBuffer(0) };
  },
};

/** A login that needs no password. */
export function principal(roles: readonly Role[], accountIds: readonly string[] = []): Principal {
  return { userId: freshId(), emailAddress: `${roles.join('-').toLowerCase()}@example.com`, roles, accountIds };
}

export const administrator = principal(['SystemAdministrator']);

/** A new account, and somebody who manages it. */
export async function newTenant(directory: TestDirectory, name = 'Tenant'): Promise<{ accountId: string; manager: Principal }> {
  const account = await directory.accounts.create(administrator, { name });
  const accountId = account.id ?? '';
  return { accountId, manager: principal(['Manager'], [accountId]) };
}
