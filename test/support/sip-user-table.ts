import type { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { digestSecrets } from '../../src/telephony/sip/digest.ts';
import type { Binding, SipUser, SipUsers } from '../../src/telephony/sip-users.ts';

export const REALM = 'ringflow';

export interface SipUserTable extends SipUsers {
  readonly table: Map<string, Binding[]>;
  /** Names and addresses of passwords that were tried and not right. */
  readonly wrong: string[];
  /** Throws this from everything that reads or writes. */
  failure: Error | undefined;
}

/** Users of SIP in memory: the password of `alice` is `secret of alice`. Each may be guessed three times. */
export function sipUserTable(clock: VirtualClock, names: readonly string[] = ['alice', 'bob'], accountId = 'account'): SipUserTable {
  const users = new Map<string, SipUser>(
    names.map((name) => [name, { userId: `id of ${name}`, accountId, secrets: digestSecrets(name, REALM, `secret of ${name}`) }]),
  );
  const table = new Map<string, Binding[]>();
  const alive = (userId: string): Binding[] => (table.get(userId) ?? []).filter(({ expiresAtMs }) => expiresAtMs > clock.now());
  const made: SipUserTable = {
    table,
    wrong: [],
    failure: undefined,
    find: async (userName) => {
      if (made.failure) throw made.failure;
      return users.get(userName);
    },
    mayTry: (userName, address) => {
      if (made.wrong.filter((key) => key === `${userName} ${address}`).length >= 3) return false;
      made.wrong.push(`${userName} ${address}`);
      return true;
    },
    succeeded: (userName, address) => {
      made.wrong.splice(0, made.wrong.length, ...made.wrong.filter((key) => key !== `${userName} ${address}`));
    },
    bindings: async (userId) => alive(userId),
    change: async (userId, { removeAll, removed, added, callId, cSeq }) => {
      const known = alive(userId);
      const touched = known.filter(({ key }) => removeAll || removed.includes(key) || added.some((one) => one.key === key));
      if (touched.some((one) => one.callId === callId && one.cSeq >= cSeq)) return undefined;
      const left = [...known.filter((one) => !touched.includes(one)), ...added];
      table.set(userId, left);
      return left;
    },
    forget: async (userId, { key, callId, cSeq }) => {
      const isIt = (one: Binding): boolean => one.key === key && one.callId === callId && one.cSeq === cSeq;
      table.set(
        userId,
        (table.get(userId) ?? []).filter((one) => !isIt(one)),
      );
    },
  };
  return made;
}
