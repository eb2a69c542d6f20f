import { networkOf } from './ip-address.ts';

export interface ConnectionLimitOptions {
  /** Connections that one address may have open; of IPv6 a network of 64 bits. Those that carry registrations do not count. 0: no limit. */
  readonly connections: number;
  /** The same for each address that is known, and for any other together with those that carry registrations. 0: no limit. */
  readonly knownConnections: number;
  /** Whether somebody we deal with has this address. Asked when a connection comes. */
  readonly isKnown: (address: string) => boolean;
  /** Called for each connection that is refused. */
  readonly onRefused: (address: string) => void;
}

/** The place of one open connection. */
export interface ConnectionPlace {
  /** Whether its address was known when it came. */
  readonly isKnown: boolean;
  /** A registration has come over it, so it is not a stranger's any more. Idempotent. */
  registered(): void;
  /** It is closed. Idempotent. */
  free(): void;
}

interface OpenHere {
  strangers: number;
  all: number;
}

/**
 * Of strangers altogether: less than a wire takes of everybody, so that those who are known find room however many addresses a flood comes
 * from.
 */
const MOST_STRANGERS = 3072;

/** Says which connections are too many: of one source, and of strangers altogether. Shared by all wires. */
export class ConnectionLimit {
  readonly #options: ConnectionLimitOptions;
  readonly #sources = new Map<string, OpenHere>();
  #strangers = 0;

  constructor(options: ConnectionLimitOptions) {
    this.#options = options;
  }

  /** Sources that have connections open. */
  get size(): number {
    return this.#sources.size;
  }

  /** Takes the place of one more connection from this address; undefined, and counted as refused, when it may not have one. */
  open(address: string): ConnectionPlace | undefined {
    const isKnown = this.#options.isKnown(address);
    const key = isKnown ? address : networkOf(address);
    const here = this.#sources.get(key) ?? { strangers: 0, all: 0 };
    if (!this.#hasRoom(here, isKnown)) {
      this.refuse(address);
      return undefined;
    }
    this.#sources.set(key, here);
    return this.#place(key, here, isKnown);
  }

  /** A connection from this address was refused for want of room. */
  refuse(address: string): void {
    this.#options.onRefused(address);
  }

  #hasRoom({ strangers, all }: OpenHere, isKnown: boolean): boolean {
    const { connections, knownConnections } = this.#options;
    if (knownConnections > 0 && all >= knownConnections) return false;
    return isKnown || ((connections === 0 || strangers < connections) && this.#strangers < MOST_STRANGERS);
  }

  #place(key: string, here: OpenHere, isKnown: boolean): ConnectionPlace {
    let isStranger = !isKnown;
    let isOpen = true;
    here.all++;
    if (isStranger) this.#countStrangers(here, 1);
    const registered = (): void => {
      if (isStranger) this.#countStrangers(here, -1);
      isStranger = false;
    };
    const free = (): void => {
      if (!isOpen) return;
      isOpen = false;
      registered();
      if (--here.all === 0) this.#sources.delete(key);
    };
    return { isKnown, registered, free };
  }

  #countStrangers(here: OpenHere, change: 1 | -1): void {
    here.strangers += change;
    this.#strangers += change;
  }
}
