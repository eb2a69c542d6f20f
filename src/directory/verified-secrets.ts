import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import type { Changes } from '../store/changes.ts';
import type { StoredUser } from '../store/user-repository.ts';
import type { Principal } from './principal.ts';
import { Remembered } from './remembered.ts';

/** Whose secret it was. */
export interface Verified {
  readonly user: StoredUser;
  /** When the secret itself ends; absent: never. */
  readonly endsAtMs?: number | undefined;
}

interface Known {
  readonly principal: Principal;
  readonly untilMs: number;
}

const REMEMBERED_MS = 300_000;
const MOST_REMEMBERED = 10_000;

/**
 * Secrets that were right, so that one on every request costs no argon2, no signature and no database. They are kept for five minutes
 * under a keyed hash whose key never leaves the process, and forgotten as soon as their user changes.
 */
export class VerifiedSecrets {
  readonly #clock: Clock;
  readonly #key = randomBytes(32);
  readonly #known = new Remembered<Known>(async () => undefined, MOST_REMEMBERED);

  constructor(clock: Clock, changes: Changes) {
    this.#clock = clock;
    changes.subscribe((change) => {
      if (!change) this.#known.forget();
      else if (change.kind === 'user') this.#known.forgetWhere(({ principal }) => principal.userId === change.id);
    });
  }

  /**
   * The user of a secret as it is today. Requests that come with the same secret at once share one check.
   * @param verify answers undefined for a secret that is wrong, which is not remembered.
   */
  async principalOf(secret: string, verify: () => Promise<Verified | undefined>): Promise<Principal | undefined> {
    const hash = createHmac('sha256', this.#key).update(secret).digest('base64url');
    const load = async () => this.#toKnown(await verify());
    const known = await this.#known.get(hash, load);
    if (!known || this.#clock.now() < known.untilMs) return known?.principal;
    this.#known.forget(hash);
    return (await this.#known.get(hash, load))?.principal;
  }

  #toKnown(verified: Verified | undefined): Known | undefined {
    if (!verified) return undefined;
    const { user, endsAtMs } = verified;
    const untilMs = Math.min(endsAtMs ?? Number.POSITIVE_INFINITY, this.#clock.now() + REMEMBERED_MS);
    return { principal: { ...toPrincipal(user), ...(endsAtMs !== undefined && { endsAtMs }) }, untilMs };
  }
}

function toPrincipal(user: StoredUser): Principal {
  return {
    userId: user.id,
    emailAddress: user.emailAddress,
    roles: user.roles,
    accountIds: user.accountIds,
    ...(user.firstName !== null && { firstName: user.firstName }),
    ...(user.lastName !== null && { lastName: user.lastName }),
  };
}
