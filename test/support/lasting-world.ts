import type { callWorld, WorldOptions } from './call-world.ts';
import type { LossLog } from './loss-log.ts';
import type { partyPhones } from './party-phones.ts';

/** What came of the calls that belong together. */
export type Outcomes = readonly (string | undefined)[];

interface Parts {
  readonly world: ReturnType<typeof callWorld>;
  readonly phones: readonly ReturnType<typeof partyPhones>[];
  /** Makes calls that are over when it resolves. */
  readonly call: () => Promise<Outcomes>;
  /** What else must be empty after each call. */
  readonly files?: () => Promise<number>;
  readonly close?: () => Promise<void>;
}

/** A world in which calls of one kind are made, one after the other, and which must be after each as it was before. */
export class LastingWorld {
  readonly #parts: Parts;
  readonly #ports: number;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#ports = parts.world.network.openPorts;
  }

  /** Makes the calls of one time, lets every timer run out, and forgets what was seen of them. */
  async call(): Promise<Outcomes> {
    const { world, phones, call } = this.#parts;
    const outcomes = await call();
    await world.clock.runUntil(() => world.clock.pendingTimers === 0, 300_000);
    for (const one of phones) one.forget();
    world.forget();
    return outcomes;
  }

  /** What is left of the calls so far, of the server and of the phones: all zero when nothing leaks. */
  async left(): Promise<Record<string, number>> {
    const { world, files } = this.#parts;
    const { clock, network } = world;
    return { ...world.liveThings(), timers: clock.pendingTimers, ports: network.openPorts - this.#ports, files: (await files?.()) ?? 0 };
  }

  /** Closes everything. Answers what is left of it: all zero when nothing leaks. */
  async close(): Promise<Record<string, number>> {
    const { world, phones, close } = this.#parts;
    const left = await world.finish();
    for (const one of phones) await one.close();
    await close?.();
    return { ...left, ports: world.network.openPorts };
  }
}

/** Makes a world for calls of some kind. */
export type Kind = (options: Partial<WorldOptions>) => LastingWorld | Promise<LastingWorld>;

export interface CallsOfAKind {
  readonly open: Kind;
  readonly outcome: string;
  /** What else a call may come to, and what must have been lost for that. */
  readonly unless?: Readonly<Record<string, (log: LossLog) => boolean>>;
}

/**
 * Whether all that is said can be demanded to arrive. A NAT that forgets every quarter of a second leaves each side unheard for most of the time:
 * two who are joined may never be heard at the same moment, and a key be pressed when nobody listens.
 */
export const isHeard = ({ faults }: Partial<WorldOptions>): boolean => faults?.nat === undefined;

/** How long what one side has changed may take until it is heard at the other, however late the network is. */
export const SETTLED_MS = 500;
