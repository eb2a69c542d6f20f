import type { EndpointInfo } from '../contracts/endpoints.ts';
import { abortWith } from '../kernel/abort-with.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import type { Changes } from '../store/changes.ts';
import type { Telephony } from '../telephony/port.ts';
import { FollowedTrunks } from './followed-trunks.ts';
import { afterCheck, type TargetState, uncheckedTarget } from './target-state.ts';
import { type TargetColumns, type TrunkTarget, targetsOf, transportName } from './trunk-targets.ts';

type CheckedRow = TargetColumns & { readonly id: string };

export interface TargetHealthOptions {
  readonly endpoints: { readonly trunkRows: () => Promise<readonly CheckedRow[]> };
  readonly changes: Pick<Changes, 'subscribe'>;
  readonly telephony: Pick<Telephony, 'ping'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** A target that is asked from time to time whether it is there. */
interface Checked {
  readonly trunkId: string;
  readonly target: TrunkTarget;
  readonly everyMs: number;
  state: TargetState;
  timer: Timer | undefined;
}

/** How long an answer may take: the request has been sent four times by then. */
const PATIENCE_MS = 5_000;
/** After a check that was not answered the next one comes sooner. */
const DOUBT_MS = 5_000;
/** First checks are spread over this time. */
const SPREAD_MS = 1_000;
/** Targets whose calls have failed that are remembered. */
const MOST_AVOIDED = 10_000;

/**
 * Which targets of trunks are worth a call, as this process sees it: by OPTIONS to those of trunks that want it, and by what became of
 * calls. Nothing is written down, as another process may see it otherwise.
 */
export class TargetHealth {
  readonly #options: TargetHealthOptions;
  readonly #checked = new Map<string, Checked>();
  readonly #avoidedUntilMs = new Map<string, number>();
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #trunks: FollowedTrunks<CheckedRow>;

  constructor(options: TargetHealthOptions) {
    this.#options = options;
    this.#trunks = new FollowedTrunks(options, (rows) => this.#follow(rows));
  }

  /** Whether other targets should be tried first: it is down, or calls to it have just failed. */
  isDoubtful(trunkId: string, target: TrunkTarget): boolean {
    const key = keyOf(trunkId, target);
    if (this.#checked.get(key)?.state.state === 'Down') return true;
    const untilMs = this.#avoidedUntilMs.get(key);
    if (untilMs === undefined) return false;
    if (untilMs > this.#options.clock.now()) return true;
    this.#avoidedUntilMs.delete(key);
    return false;
  }

  /** A call to this target has failed, and others should be tried first for so long. */
  avoid(trunkId: string, target: TrunkTarget, forMs: number): void {
    const key = keyOf(trunkId, target);
    this.#avoidedUntilMs.delete(key);
    this.#avoidedUntilMs.set(key, this.#options.clock.now() + forMs);
    const [oldest] = this.#avoidedUntilMs.keys();
    if (this.#avoidedUntilMs.size > MOST_AVOIDED && oldest !== undefined) this.#avoidedUntilMs.delete(oldest);
  }

  /** What the API shows of the targets of a trunk that are checked; undefined when none is. */
  statesOf(trunkId: string): EndpointInfo['targetStates'] {
    const states = [...this.#checked.values()].filter((checked) => checked.trunkId === trunkId);
    if (states.length === 0) return undefined;
    return states.map(({ target: { host, port, transport }, state: { state, sinceMs, status } }) => ({
      host,
      ...(port !== undefined && { port }),
      ...(transport !== undefined && { transport: transportName(transport) }),
      state,
      since: new Date(sinceMs).toISOString(),
      ...(status !== undefined && { status }),
    }));
  }

  /** Ends all checks. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('The server stops'));
    await this.#trunks.close();
    for (const checked of this.#checked.values()) checked.timer?.cancel();
    this.#checked.clear();
    await Promise.all(this.#running);
  }

  #follow(rows: readonly CheckedRow[]): void {
    const wanted = new Set<string>();
    for (const row of rows) {
      const everyMs = (row.trunk?.healthCheckIntervalInSeconds ?? 0) * 1000;
      if (everyMs > 0) for (const target of targetsOf(row)) wanted.add(this.#check(row.id, target, everyMs));
    }
    for (const [key, { timer }] of this.#checked) {
      if (wanted.has(key)) continue;
      timer?.cancel();
      this.#checked.delete(key);
    }
  }

  #check(trunkId: string, target: TrunkTarget, everyMs: number): string {
    const key = keyOf(trunkId, target);
    const before = this.#checked.get(key);
    if (before?.everyMs === everyMs) return key;
    before?.timer?.cancel();
    const state = before?.state ?? uncheckedTarget(this.#options.clock.now());
    const checked: Checked = { trunkId, target, everyMs, state, timer: undefined };
    this.#checked.set(key, checked);
    this.#askIn(this.#options.random.below(SPREAD_MS), key, checked);
    return key;
  }

  #askIn(delayMs: number, key: string, checked: Checked): void {
    checked.timer = this.#options.clock.after(delayMs, () => {
      const asking = this.#ask(key, checked);
      this.#running.add(asking);
      void asking.finally(() => this.#running.delete(asking));
    });
  }

  async #ask(key: string, checked: Checked): Promise<void> {
    const { clock, random, log, telephony } = this.#options;
    const late = new AbortController();
    const limit = clock.after(PATIENCE_MS, () => late.abort());
    const letGo = abortWith(late, this.#closing.signal);
    const status = await telephony.ping(checked.target, late.signal);
    letGo();
    limit.cancel();
    if (this.#checked.get(key) !== checked) return;
    const before = checked.state;
    checked.state = afterCheck(before, status, clock.now());
    const { trunkId, target, everyMs, state } = checked;
    if (state.state !== before.state) {
      const fields = { trunkId, host: target.host, port: target.port, ...(status !== undefined && { status }) };
      if (state.state === 'Down') log.warn(fields, 'A target of a trunk is down');
      else log.info(fields, 'A target of a trunk is up');
    }
    // A tenth either way, so that many checks do not fall into step.
    const nextMs = everyMs * 0.9 + random.below(Math.max(1, Math.round(everyMs * 0.2)));
    this.#askIn(state.contrary > 0 ? Math.min(DOUBT_MS, nextMs) : nextMs, key, checked);
  }
}

function keyOf(trunkId: string, { host, port, transport }: TrunkTarget): string {
  return `${trunkId} ${transport} ${port} ${host}`;
}
