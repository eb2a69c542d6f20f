import type { Timer } from '../../kernel/clock.ts';
import type { DialogContext } from './dialog-context.ts';
import type { SipRequest, SipResponse } from './message.ts';
import { parseNameAddress } from './parse-address.ts';
import { advanceRefer, asked, type ReferEvent, type ReferState, type TransferOutcome } from './refer-progress.ts';
import { type ReferTarget, writeReferTo } from './refer-to.ts';
import { readSipfrag } from './sipfrag.ts';

/** How long we wait for news of the new call: a phone may ring for a minute. */
const PATIENCE_MS = 90_000;

/** A REFER that we send in a dialog, and the subscription to its progress that comes with it (RFC 3515). */
export class OutgoingRefer {
  readonly #told: (outcome: TransferOutcome) => void;
  readonly #onAccepted: () => void;
  readonly #deadline: Timer;
  #state: ReferState = asked;
  /** CSeq numbers of the REFER, the first time and again with credentials: a NOTIFY may name it by its number. */
  readonly #numbers: number[] = [];

  /** Sends it. `told` is called once, `onAccepted` when the peer is willing before that. @throws SipParseError for a target that cannot be read. */
  constructor(dialog: DialogContext, target: ReferTarget, told: (outcome: TransferOutcome) => void, onAccepted: () => void) {
    this.#told = told;
    this.#onAccepted = onAccepted;
    const { state, core } = dialog;
    const headers = [
      ['Refer-To', writeReferTo(target)],
      ['Referred-By', `<${parseNameAddress(state.local).uri}>`],
      ['Contact', `<${state.contact}>`],
    ] as const;
    this.#deadline = core.clock.after(PATIENCE_MS, () =>
      this.#advance({ kind: 'deadline', reason: 'The peer tells nothing of the new call' }),
    );
    dialog.send(
      'REFER',
      { headers },
      {
        sent: (_transaction, { cSeq }) => this.#numbers.push(cSeq),
        final: (response, { isRepeated }) => this.#advance(answerOf(response, isRepeated)),
        failed: () => this.#advance({ kind: 'unanswered', reason: 'The peer does not answer' }),
      },
    );
  }

  /** Whether the outcome is known. */
  get over(): boolean {
    return this.#state.phase === 'over';
  }

  /** Whether a NOTIFY with this id in its Event belongs to it; one without belongs to the latest. */
  isNamed(id: string | undefined): boolean {
    return id === undefined || this.#numbers.includes(Number(id));
  }

  /** Takes a NOTIFY. */
  notified(request: SipRequest): void {
    const last = /^terminated\s*(?:;|$)/i.test(request.headers.first('Subscription-State') ?? '');
    this.#advance({ kind: 'notify', heard: readSipfrag(request.body), last });
  }

  /** The call is over. */
  ended(reason: string): void {
    this.#advance({ kind: 'ended', reason });
  }

  #advance(event: ReferEvent): void {
    const before = this.#state;
    if (before.phase === 'over') return;
    this.#state = advanceRefer(before, event);
    if (before.phase === 'asked' && this.#state.phase === 'accepted') this.#onAccepted();
    if (this.#state.phase !== 'over') return;
    this.#deadline.cancel();
    this.#told(this.#state.outcome);
  }
}

function answerOf({ status, reason, headers }: SipResponse, isRepeated: boolean): ReferEvent {
  // It has got the first one, and what it has said to that is lost.
  if (status === 500 && isRepeated) return { kind: 'response', status: 202, reason, silent: false };
  return { kind: 'response', status, reason, silent: /^false\s*(?:;|$)/i.test(headers.first('Refer-Sub') ?? '') };
}
