import { AppError } from '../../kernel/errors.ts';
import type { Random } from '../../kernel/random.ts';

/** Port numbers from `first` to `last`, both included. */
export interface PortLimits {
  readonly first: number;
  readonly last: number;
}

const RETRY_SECONDS = 5;

/**
 * The RTP ports of a range: the even ones, each with the odd one above it kept free for RTCP (RFC 3550 section 11). A port that is
 * given back goes to the end of the queue, so that it rests as long as possible before packets of an old call can meet a new one;
 * the first port is drawn by lot, so that a restart does not begin with the ports that were just in use.
 */
export class PortRange {
  readonly #ports: number[] = [];
  readonly #size: number;

  /** @throws RangeError when there is no even port with an odd one above it. */
  constructor(limits: PortLimits, random: Random) {
    const first = limits.first + (limits.first % 2);
    for (let port = first; port + 1 <= limits.last; port += 2) this.#ports.push(port);
    this.#size = this.#ports.length;
    if (this.#size === 0 || first < 1 || limits.last > 0xffff) throw new RangeError(`No RTP ports in ${limits.first}-${limits.last}`);
    this.#ports.push(...this.#ports.splice(0, random.below(this.#size)));
  }

  /** Ports that are not taken. */
  get free(): number {
    return this.#ports.length;
  }

  /**
   * Takes the port that has rested longest and opens it with `open`. Ports that another program holds are passed over.
   * @throws AppError NO_CAPACITY when none is left; the error of `open` when it is another than that the port is in use.
   */
  async take<Opened>(open: (port: number) => Promise<Opened>): Promise<Opened> {
    for (let tries = this.#ports.length; tries > 0; tries--) {
      const port = this.#ports.shift();
      if (port === undefined) break;
      try {
        return await open(port);
      } catch (error) {
        this.#ports.push(port);
        if (!inUse(error)) throw error;
      }
    }
    throw noCapacity(`${this.#size} RTP ports`);
  }

  /** Gives a port back that `take` opened. */
  giveBack(port: number): void {
    this.#ports.push(port);
  }
}

/** The error for a limit that is reached. `limit` names it, for people. */
export function noCapacity(limit: string): AppError<'NO_CAPACITY'> {
  return new AppError('NO_CAPACITY', { limit, seconds: RETRY_SECONDS }, { retryAfterSeconds: RETRY_SECONDS });
}

function inUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES');
}
