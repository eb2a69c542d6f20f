import type { Logger } from '../kernel/log.ts';
import type { Sql } from './clients.ts';

/** A `session` is one that waits for its time. */
export type ChangeKind = 'account' | 'user' | 'endpoint' | 'flow' | 'file' | 'session';

/** What was created, changed or deleted. */
export interface Change {
  readonly kind: ChangeKind;
  readonly id: string;
  /** Account that it belongs to. */
  readonly accountId?: string;
}

/** Is called with a change, or with undefined when changes may have been missed and everything remembered is in doubt. */
export type ChangeListener = (change: Change | undefined) => void;

const CHANNEL = 'ringflow_change';

/**
 * Tells whoever remembers something from the database that it has changed: in this process at once, in others by NOTIFY.
 */
export class Changes {
  readonly #listeners = new Set<ChangeListener>();
  readonly #sender: string;
  #close: () => Promise<void> = async () => undefined;

  /** @param sender names this process, so that it does not hear itself twice. */
  constructor(sender: string) {
    this.#sender = sender;
  }

  /** Begins to hear other processes. */
  async listen(sql: Sql, log: Logger): Promise<void> {
    const subscription = await sql.listen(
      CHANNEL,
      (payload) => this.#hear(payload, log),
      // Runs at the start and after every reconnection.
      () => this.tell(undefined),
    );
    this.#close = async () => void (await subscription.unlisten().catch(() => undefined));
  }

  /** Answers how to stop listening. */
  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(change: Change | undefined): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** Channel and payload of the NOTIFY that belongs into the transaction of the change. */
  notification(change: Change): readonly [channel: string, payload: string] {
    return [CHANNEL, JSON.stringify({ ...change, sender: this.#sender })];
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#close();
  }

  #hear(payload: string, log: Logger): void {
    try {
      const { sender, ...change } = JSON.parse(payload);
      if (sender !== this.#sender) this.tell(change);
    } catch (error) {
      log.warn({ err: error }, 'A notification of a change could not be read');
      this.tell(undefined);
    }
  }
}
