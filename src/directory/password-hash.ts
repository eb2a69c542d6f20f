import { hash, verify } from '@node-rs/argon2';
import { AppError } from '../kernel/errors.ts';

/** argon2id with the parameters of OWASP's first recommendation; 19 MiB and some 30 ms of a thread each. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const MOST_AT_ONCE = 2;
const MOST_WAITING = 200;

/** Hashes and checks passwords in threads of their own, a few at a time, so that a flood of them does not take all memory. */
export class PasswordHasher {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #decoy: Promise<string> | undefined;

  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(password, parameters));
  }

  /** Takes as long without a hash (no such user) as with one. @throws AppError TOO_MANY_SIGN_INS when too many wait already. */
  async matches(password: string, stored: string | undefined): Promise<boolean> {
    this.#decoy ??= this.hash('no password');
    const decoy = await this.#decoy;
    const matches = await this.#inTurn(() => verify(stored ?? decoy, password));
    return matches && stored !== undefined;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length >= MOST_WAITING) throw new AppError('TOO_MANY_SIGN_INS', { seconds: 1 }, { retryAfterSeconds: 1 });
    if (this.#running >= MOST_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The turn is handed on, so `running` stays as it is.
      if (next) next();
      else this.#running--;
    }
  }
}
