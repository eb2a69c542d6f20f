import type { EndpointInfo } from '../contracts/endpoints.ts';
import { type Clock, sleep, type Timer } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import type { Changes } from '../store/changes.ts';
import type { EndpointRow } from '../store/endpoint-repository.ts';
import type { SecretBox } from '../store/secret-box.ts';
import type { RegisterResult, Registration, Telephony } from '../telephony/port.ts';
import { FollowedTrunks } from './followed-trunks.ts';
import { afterLostConnection, afterRegister, notRegistered, type RegistrationState } from './registration-state.ts';
import { RegistrationTargets } from './registration-targets.ts';
import { passwordPurpose } from './trunk-members.ts';
import { type TrunkTarget, targetsOf } from './trunk-targets.ts';

type RegisteringRow = Pick<EndpointRow, 'id' | 'host' | 'port' | 'transport' | 'trunk' | 'userName' | 'passwordBox'>;

export interface TrunkRegistrationsOptions {
  readonly endpoints: { readonly trunkRows: () => Promise<readonly RegisteringRow[]> };
  readonly changes: Pick<Changes, 'subscribe'>;
  readonly box: SecretBox;
  readonly telephony: Pick<Telephony, 'registration'>;
  /** Whether this process is the one, of all that share the database, that registers. */
  readonly isOurs: () => Promise<boolean>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** A trunk that this process keeps registered. */
interface Kept {
  readonly row: RegisteringRow;
  /** Tells whether a change of the trunk is one of its registration. */
  readonly key: string;
  readonly ending: AbortController;
  readonly targets: RegistrationTargets;
  registration: { readonly target: TrunkTarget; readonly at: Registration } | undefined;
  /** Whether a REGISTER waits for its answer. */
  isAsking: boolean;
  /** Until when its end may take; undefined: it is not ended. */
  overAtMs: number | undefined;
  state: RegistrationState;
  timer: Timer | undefined;
}

const EXPIRES_SECONDS = 600;
/** How often it is looked whether another process has gone that registered. */
const LOOK_MS = 5_000;
/** How long the answer to the end of a registration is waited for. */
const FAREWELL_MS = 2_000;

/**
 * Keeps the trunks registered that want it (RFC 3261 section 10), from one of the processes that share the database. When a target is
 * silent or fails by itself, the next attempt goes to the next.
 */
export class TrunkRegistrations {
  readonly #options: TrunkRegistrationsOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #running = new Set<Promise<void>>();
  readonly #trunks: FollowedTrunks<RegisteringRow>;
  #rows: readonly RegisteringRow[] = [];
  #ours = false;
  #looking: Promise<void> | undefined;
  #look: Timer | undefined;
  #closed = false;

  constructor(options: TrunkRegistrationsOptions) {
    this.#options = options;
    this.#trunks = new FollowedTrunks(options, (rows) => {
      this.#rows = rows.filter(({ trunk, userName }) => trunk?.registration?.isEnabled === true && userName !== null);
      this.#lookNow();
    });
  }

  /** What the API shows of the registration of a trunk; undefined when this process does not register it. */
  stateOf(trunkId: string): EndpointInfo['registrationState'] {
    const kept = this.#kept.get(trunkId);
    if (!kept) return undefined;
    const { state, sinceMs, expiresAtMs, status } = kept.state;
    return {
      state,
      since: new Date(sinceMs).toISOString(),
      ...(expiresAtMs !== undefined && { expires: new Date(expiresAtMs).toISOString() }),
      ...(status !== undefined && { status }),
    };
  }

  /** Ends all registrations, and tells the carriers. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#trunks.close();
    this.#look?.cancel();
    await this.#looking;
    for (const trunkId of [...this.#kept.keys()]) this.#end(trunkId);
    await Promise.all(this.#running);
  }

  #lookNow(): void {
    this.#look?.cancel();
    this.#looking ??= this.#find().finally(() => {
      this.#looking = undefined;
      if (!this.#closed && this.#rows.length > 0) this.#look = this.#options.clock.after(LOOK_MS, () => this.#lookNow());
    });
  }

  async #find(): Promise<void> {
    if (this.#rows.length > 0) this.#ours = await this.#options.isOurs().catch(() => this.#ours);
    if (!this.#closed) this.#follow(this.#ours ? this.#rows : []);
  }

  #follow(rows: readonly RegisteringRow[]): void {
    const keys = new Map(rows.map((row) => [row.id, keyOf(row)]));
    for (const [trunkId, { key }] of this.#kept) if (keys.get(trunkId) !== key) this.#end(trunkId);
    for (const row of rows) if (!this.#kept.has(row.id)) this.#begin(row);
  }

  #begin(row: RegisteringRow): void {
    const kept: Kept = {
      row,
      key: keyOf(row),
      ending: new AbortController(),
      targets: new RegistrationTargets(targetsOf(row), this.#options.random),
      registration: undefined,
      isAsking: false,
      overAtMs: undefined,
      state: notRegistered(this.#options.clock.now()),
      timer: undefined,
    };
    this.#kept.set(row.id, kept);
    this.#run(this.#register(kept));
  }

  #end(trunkId: string): void {
    const kept = this.#kept.get(trunkId);
    if (!kept) return;
    this.#kept.delete(trunkId);
    kept.timer?.cancel();
    // What may be granted yet has to be ended. While the server goes on, another registration of the trunk follows, and is not to be ended by it.
    if (this.#closed && kept.isAsking) {
      kept.overAtMs = this.#options.clock.now() + FAREWELL_MS;
      kept.timer = this.#options.clock.after(FAREWELL_MS, () => kept.ending.abort());
      return;
    }
    kept.ending.abort();
    if (kept.state.expiresAtMs !== undefined && kept.registration) this.#run(this.#unregister(kept.registration.at));
    else kept.registration?.at.close();
  }

  async #unregister(registration: Registration, patienceMs = FAREWELL_MS): Promise<void> {
    const late = new AbortController();
    const answered = registration.register(0, late.signal);
    const patience = new AbortController();
    await Promise.race([answered, sleep(this.#options.clock, patienceMs, patience.signal).catch(() => undefined)]);
    patience.abort();
    late.abort();
    await answered;
  }

  #run(work: Promise<void>): void {
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  async #register(kept: Kept): Promise<void> {
    const { clock, random } = this.#options;
    const { row, ending } = kept;
    const asked = row.trunk?.registration?.expiresInSeconds ?? EXPIRES_SECONDS;
    const registration = this.#registrationOf(kept);
    kept.isAsking = true;
    const result = registration ? await registration.register(asked, ending.signal) : { registered: false as const, status: 401 };
    kept.isAsking = false;
    const { overAtMs } = kept;
    if (overAtMs !== undefined || ending.signal.aborted) {
      kept.timer?.cancel();
      // What the registrar has granted meanwhile nobody wants any more; nor what it may grant yet, as the server stops.
      const isOpen = result.registered || (overAtMs !== undefined && (result.status === undefined || kept.state.expiresAtMs !== undefined));
      const leftMs = overAtMs === undefined ? FAREWELL_MS : Math.max(0, overAtMs - clock.now());
      if (isOpen && registration) await this.#unregister(registration, leftMs);
      else registration?.close();
      return;
    }
    const before = kept.state;
    const chance = random.below(1_000) / 1_000;
    const { state, nextMs } = afterRegister(before, this.#resultOfAll(kept, result), clock.now(), chance);
    kept.state = state;
    this.#tell(kept, before);
    this.#askIn(nextMs, kept);
  }

  #askIn(delayMs: number, kept: Kept): void {
    kept.timer?.cancel();
    kept.timer = this.#options.clock.after(delayMs, () => this.#run(this.#register(kept)));
  }

  /** The connection is gone over which it was registered. */
  #lost(kept: Kept): void {
    const { clock, random, log } = this.#options;
    if (this.#kept.get(kept.row.id) !== kept) return;
    const { state, nextMs } = afterLostConnection(kept.state, clock.now(), random.below(1_000) / 1_000);
    if (state === kept.state) return;
    kept.state = state;
    log.warn({ trunkId: kept.row.id }, 'The connection over which a trunk was registered is gone');
    // A REGISTER that waits for its answer is sent again over another connection.
    if (nextMs !== undefined && !kept.isAsking) this.#askIn(nextMs, kept);
  }

  #tell({ row, state }: Kept, before: RegistrationState): void {
    if (state.state === before.state) return;
    const fields = { trunkId: row.id, ...(state.status !== undefined && { status: state.status }) };
    if (state.state === 'Registered') this.#options.log.info(fields, 'A trunk is registered');
    else this.#options.log.warn(fields, 'A trunk is not registered');
  }

  /** A result as it is of the whole trunk: nobody waits for a target while there is another one. */
  #resultOfAll({ targets }: Kept, result: RegisterResult): RegisterResult {
    if (result.registered) targets.succeeded();
    if (result.registered || !isOfTheTarget(result.status)) return result;
    const { retryAfterMs: ownMs, ...refused } = result;
    const retryAfterMs = targets.failed(this.#options.clock.now(), ownMs ?? 0);
    return { ...refused, ...(retryAfterMs > 0 && { retryAfterMs }) };
  }

  /** At the target whose turn it is. Undefined when the password cannot be read. */
  #registrationOf(kept: Kept): Registration | undefined {
    const target = kept.targets.at(this.#options.clock.now());
    if (!target || kept.registration?.target === target) return kept.registration?.at;
    kept.registration?.at.close();
    const at = this.#newRegistration(kept, target);
    kept.registration = at && { target, at };
    return at;
  }

  #newRegistration(kept: Kept, { host, port, transport }: TrunkTarget): Registration | undefined {
    const { row } = kept;
    const { box, telephony, log } = this.#options;
    const userName = row.userName ?? '';
    try {
      const password = row.passwordBox === null ? undefined : box.open(row.passwordBox, passwordPurpose(row.id));
      const request = {
        host,
        port,
        transport,
        user: userName,
        contactUser: row.trunk?.registration?.contactUser || userName,
        ...(row.trunk?.domain && { domain: row.trunk.domain }),
        ...(password !== undefined && { credentials: { userName, password } }),
      };
      return telephony.registration(request, () => this.#lost(kept));
    } catch (error) {
      log.error({ err: error, trunkId: row.id }, 'The password of a trunk cannot be read');
      return undefined;
    }
  }
}

function keyOf({ host, port, transport, userName, passwordBox, trunk }: RegisteringRow): string {
  return JSON.stringify([host, port, transport, userName, passwordBox, trunk?.targets, trunk?.domain, trunk?.registration]);
}

/** Whether another target may do better: this one was silent, waited in vain (408), or failed by itself (5xx). */
function isOfTheTarget(status: number | undefined): boolean {
  return status === undefined || status === 408 || (status >= 500 && status < 600);
}
