import type { HeaderList } from './header-list.ts';
import { redirectTargets } from './redirect-targets.ts';
import type { Hop } from './transport.ts';

/** Decides whether a call may be redirected to this URI: answers where the INVITE goes then, undefined to refuse. */
export type RedirectPolicy = (uri: string) => Promise<Hop | undefined>;

/** Most targets that one call tries, however they were found: redirections that lead to others count too. */
const MAX_TRIED = 5;

/** Where a call may still go after a 3xx (RFC 3261 section 8.1.3.4). No target is tried twice, so that no loop goes on. */
export class Redirection {
  readonly #policy: RedirectPolicy;
  readonly #tried: Set<string>;
  #waiting: string[] = [];

  /** `first` is where the call went without any redirection. */
  constructor(policy: RedirectPolicy, first: string) {
    this.#policy = policy;
    this.#tried = new Set([first]);
  }

  /** Takes the targets of a 3xx: they come before those of an earlier one. */
  take(headers: HeaderList): void {
    this.#waiting = [...redirectTargets(headers), ...this.#waiting];
  }

  /** The next target that may be called; undefined when there is none, or enough have been tried. */
  async next(): Promise<{ readonly uri: string; readonly hop: Hop } | undefined> {
    for (let uri = this.#waiting.shift(); uri !== undefined && this.#tried.size <= MAX_TRIED; uri = this.#waiting.shift()) {
      if (this.#tried.has(uri)) continue;
      this.#tried.add(uri);
      const hop = await this.#policy(uri);
      if (hop) return { uri, hop };
    }
    return undefined;
  }
}
