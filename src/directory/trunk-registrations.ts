import type { EndpointInfo } from '../contracts/endpoints.ts';
import { type Clock, sleep, type Timer } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import type { Changes } from '../store/changes.ts';
import type { EndpointRow } from '../store/endpoint-repository.ts';
import type { SecretBox } from '../store/secret-box.ts';
import type { Registration, Telephony } from '../telephony/port.ts';
import { FollowedTrunks } from './followed-trunks.ts';
import { afterRegister, notRegistered, type RegistrationState } from './registration-state.ts';
import { orderTargets } from './target-order.ts';
import { passwordPurpose } from './trunk-members.ts';
import { targetsOf } from './trunk-targets.ts';

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
  registration: Registration | undefined;
  /** Whether a REGISTER waits for its answer. */
  isAsking: boolean;
  /** Until when its end may take; undefined: it is not ended. */
  overAtMs: number | undefined;
  /** Targets that were tried since the last success. */
  tried: number;
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
 * silent, the next attempt goes to the next.
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
      registration: undefined,
      isAsking: false,
      overAtMs: undefined,
      tried: 0,
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
    if (kept.state.state === 'Registered' && kept.registration) this.#run(this.#unregister(kept.registration));
    else kept.registration?.close();
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
    const registration = kept.registration ?? this.#newRegistration(kept);
    kept.registration = registration;
    kept.isAsking = true;
    const result = registration ? await registration.register(asked, ending.signal) : { registered: false as const, status: 401 };
    kept.isAsking = false;
    const { overAtMs } = kept;
    if (overAtMs !== undefined || ending.signal.aborted) {
      kept.timer?.cancel();
      // What the registrar has granted meanwhile nobody wants any more; nor what it may grant yet, as the server stops.
      const isOpen = result.registered || (overAtMs !== undefined && (result.status === undefined || kept.state.state === 'Registered'));
      const leftMs = overAtMs === undefined ? FAREWELL_MS : Math.max(0, overAtMs - clock.now());
      if (isOpen && registration) await this.#unregister(registration, leftMs);
      else registration?.close();
      return;
    }
    const before = kept.state;
    const { state, nextMs } = afterRegister(before, result, clock.now(), random.below(1_000) / 1_000);
    kept.state = state;
    if (!result.registered && result.status === undefined) {
      kept.tried += 1;
      registration?.close();
      kept.registration = undefined;
    } else if (result.registered) kept.tried = 0;
    this.#tell(kept, before);
    kept.timer = clock.after(nextMs, () => this.#run(this.#register(kept)));
  }

  #tell({ row, state }: Kept, before: RegistrationState): void {
    if (state.state === before.state) return;
    const fields = { trunkId: row.id, ...(state.status !== undefined && { status: state.status }) };
    if (state.state === 'Registered') this.#options.log.info(fields, 'A trunk is registered');
    else this.#options.log.warn(fields, 'A trunk is not registered');
  }

  /** At the first target in order, or the one after those that were silent. Undefined when the password cannot be read. */
  #newRegistration({ row, tried }: Kept): Registration | undefined {
    const { box, random, telephony, log } = this.#options;
    const ordered = orderTargets(targetsOf(row), () => false, random);
    const target = ordered[tried % ordered.length];
    if (!target) return undefined;
    const { host, port, transport } = target;
    const userName = row.userName ?? '';
    try {
      const password = row.passwordBox === null ? undefined : box.open(row.passwordBox, passwordPurpose(row.id));
      return telephony.registration({
        host,
        port,
        transport,
        user: userName,
        contactUser: row.trunk?.registration?.contactUser || userName,
        ...(row.trunk?.domain && { domain: row.trunk.domain }),
        ...(password !== undefined && { credentials: { userName, password } }),
      });
    } catch (error) {
      log.error({ err: error, trunkId: row.id }, 'The password of a trunk cannot be read');
      return undefined;
    }
  }
}

function keyOf({ host, port, transport, userName, passwordBox, trunk }: RegisteringRow): string {
  return JSON.stringify([host, port, transport, userName, passwordBox, trunk?.targets, trunk?.domain, trunk?.registration]);
}
