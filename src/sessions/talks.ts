import type { AnsweredCall } from '../telephony/port.ts';

/** The calls of this process that are joined with others. */
export class Talks<Talk> {
  readonly #talks = new Map<AnsweredCall, Talk>();
  /** The latest joined call of each user. */
  readonly #ofUsers = new Map<string, AnsweredCall>();

  /** The talk that a call takes part in. */
  of(call: AnsweredCall): Talk | undefined {
    return this.#talks.get(call);
  }

  /** A joined call of this user: another one of the user may have to be joined with its other side. */
  ofUser(userId: string): AnsweredCall | undefined {
    return this.#ofUsers.get(userId);
  }

  add(call: AnsweredCall, talk: Talk, userId: string | undefined): void {
    this.#talks.set(call, talk);
    if (userId !== undefined) this.#ofUsers.set(userId, call);
  }

  /** Does nothing when the call takes part in another one by now. */
  remove(call: AnsweredCall, talk: Talk): void {
    if (this.#talks.get(call) !== talk) return;
    this.#talks.delete(call);
    for (const [userId, joined] of this.#ofUsers) if (joined === call) this.#ofUsers.delete(userId);
  }
}
