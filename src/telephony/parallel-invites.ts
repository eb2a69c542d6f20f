import type { Dialog } from './sip/dialog.ts';
import { COMPLETED_ELSEWHERE, type InviteEvents, type InviteFailure, type OutgoingInvite } from './sip/outgoing-invite.ts';

/** Sends one INVITE; `again` is whether the phone has refused the first, which nobody has noticed. Undefined: there is no other one. */
export type SendInvite = (events: InviteEvents, again: boolean) => OutgoingInvite | undefined;

/** What a phone says that cannot have the session as it was offered (RFC 3261 section 21.4.26). */
const NOT_ACCEPTABLE_HERE = 488;

/**
 * INVITEs to several phones at once that look like one: the first that answers wins and the others are cancelled; a second answer that
 * crosses the CANCEL is hung up. When all fail, the best of their reasons counts (RFC 3261 section 16.7). All carry the same offer; a phone
 * that cannot take it and has not rung gets another one, if there is one.
 */
export class ParallelInvites implements OutgoingInvite {
  readonly callId: string;
  readonly #events: InviteEvents;
  readonly #invites: readonly SendInvite[];
  readonly #branches: (OutgoingInvite | undefined)[] = [];
  /** Branches that have rung, or were called a second time. */
  readonly #noted = new Set<number>();
  readonly #failures: InviteFailure[] = [];
  readonly #count: number;
  /** The branch whose early media is heard. */
  #heard: number | undefined;
  #state: 'ringing' | 'given-up' | 'over' = 'ringing';

  /** `invites` holds at least one. When none can be sent at all, `failed` is called before this returns. */
  constructor(invites: readonly SendInvite[], events: InviteEvents) {
    this.#events = events;
    this.#invites = invites;
    this.#count = invites.length;
    for (const [at, send] of invites.entries()) this.#branches.push(send(this.#branch(at), false));
    this.callId = this.#branches[0]?.callId ?? '';
  }

  cancel(reason?: string): void {
    if (this.#state !== 'ringing') return;
    this.#state = 'given-up';
    this.#cancelAll(undefined, reason);
  }

  withdraw(): void {
    for (const branch of this.#branches) branch?.withdraw();
  }

  #branch(at: number): InviteEvents {
    return {
      sent: (callId) => {
        if (at === 0 && !this.#noted.has(at)) this.#events.sent(callId);
      },
      provisional: (status, reason, sdp, dialog) => {
        if (status > 100) this.#noted.add(at);
        if (this.#state !== 'ringing') return;
        if (sdp !== undefined) this.#heard ??= at;
        this.#events.provisional(status, reason, sdp, dialog, this.#heard !== undefined && this.#heard !== at);
      },
      answered: (dialog, sdp) => this.#answered(at, dialog, sdp),
      failed: (failure) => this.#failed(at, failure),
    };
  }

  #answered(at: number, dialog: Dialog, sdp: string | undefined): void {
    this.#state = 'over';
    this.#cancelAll(at, COMPLETED_ELSEWHERE);
    this.#events.answered(dialog, sdp);
  }

  #failed(at: number, failure: InviteFailure): void {
    if (this.#state === 'ringing' && failure.status === NOT_ACCEPTABLE_HERE && this.#callAgain(at)) return;
    this.#failures.push(failure);
    if (this.#state === 'over') return;
    const all = this.#failures.length === this.#count;
    // Whoever declines for everybody does so for the other phones too.
    const forAll = (failure.status ?? 0) >= 600;
    if (!all && !forAll) return;
    this.#state = 'over';
    this.#cancelAll();
    this.#events.failed(bestOf(this.#failures));
  }

  /** Answers whether the phone is called once more, and what comes of that is told. */
  #callAgain(at: number): boolean {
    if (this.#noted.has(at)) return false;
    this.#noted.add(at);
    const branch = this.#invites[at]?.(this.#branch(at), true);
    if (branch) this.#branches[at] = branch;
    return branch !== undefined;
  }

  #cancelAll(but?: number, reason?: string): void {
    for (const [at, branch] of this.#branches.entries()) if (at !== but) branch?.cancel(reason);
  }
}

/** 6xx counts for all; then whoever answered at all, the lowest status first; busy is worth more than not being there. */
function bestOf(failures: readonly InviteFailure[]): InviteFailure {
  const rank = ({ why, status = 0 }: InviteFailure): number => {
    if (status >= 600) return 0;
    if (status === 486) return 1;
    return why === 'response' ? status : 1000;
  };
  const [first, ...others] = failures;
  const none: InviteFailure = { why: 'transport', reason: 'There is no phone to ring' };
  return others.reduce((best, one) => (rank(one) < rank(best) ? one : best), first ?? none);
}
