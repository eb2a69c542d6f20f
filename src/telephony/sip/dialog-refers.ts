import type { DialogContext } from './dialog-context.ts';
import { type ReferReport, ReferSubscription } from './incoming-refer.ts';
import type { SipRequest } from './message.ts';
import { hasOption } from './option-tags.ts';
import { OutgoingRefer } from './outgoing-refer.ts';
import { parseParams } from './parse-params.ts';
import type { TransferOutcome } from './refer-progress.ts';
import { parseReferTo, type ReferTarget, referrerOf } from './refer-to.ts';
import { RequestFailure } from './request-failure.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { isSipfrag, SIPFRAG } from './sipfrag.ts';

/** What the peer asks us to do in a REFER. */
export interface ReferAsked extends ReferTarget {
  /** Who asks, as the peer says (RFC 3892). */
  readonly referredBy?: string;
}

/**
 * Decides on a REFER of the peer: answers what begins the call once the REFER is accepted, undefined to decline it.
 */
export type ReferDecision = (asked: ReferAsked) => ((report: ReferReport) => void) | undefined;

const nothingToTell: ReferReport = { tell: () => Promise.resolve() };

/** Transfers asked for in one dialog, by either side (RFC 3515): one of each at a time. */
export class DialogRefers {
  /** When nobody decides, every REFER is declined. */
  decide: ReferDecision | undefined;
  readonly #dialog: DialogContext;
  #ours: OutgoingRefer | undefined;
  #theirs: ReferSubscription | undefined;
  #isFirst = true;
  /** Answers the latest REFER that was accepted. */
  #accepted: { readonly cSeq: number; readonly reply: (transaction: ServerTransaction) => void } | undefined;
  #closed = false;

  constructor(dialog: DialogContext) {
    this.#dialog = dialog;
  }

  /** Asks the peer to call `target`. `onAccepted` is called when it is willing, before it tells how that went. @throws RequestFailure while another transfer is under way or when the call is over; the signal's reason. */
  refer(target: ReferTarget, signal: AbortSignal, onAccepted: () => void): Promise<TransferOutcome> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) reject(signal.reason);
      else if (this.#closed) reject(new RequestFailure('ended', 'The dialog is over'));
      else if (this.#ours && !this.#ours.over) reject(new RequestFailure('refused', 'A transfer is under way'));
      else {
        // A REFER cannot be taken back: what the peer tells of it is still answered.
        const onAbort = (): void => reject(signal.reason);
        this.#ours = new OutgoingRefer(
          this.#dialog,
          target,
          (outcome) => {
            signal.removeEventListener('abort', onAbort);
            resolve(outcome);
          },
          onAccepted,
        );
        if (!this.#ours.over) signal.addEventListener('abort', onAbort, { once: true });
      }
    });
  }

  /** Takes a REFER of the peer. One that comes again, over another connection, is answered as before. @throws SipParseError 400 or 416 when its target cannot be read. */
  referred(request: SipRequest, cSeq: number, transaction: ServerTransaction): void {
    const { headers } = request;
    if (this.#accepted?.cSeq === cSeq) {
      this.#accepted.reply(transaction);
      return;
    }
    const target = parseReferTo(headers);
    if (this.#theirs && !this.#theirs.over) {
      transaction.reply(491);
      return;
    }
    const referredBy = referrerOf(headers);
    const begin = this.decide?.({ ...target, ...(referredBy !== undefined && { referredBy }) });
    if (!begin) {
      transaction.reply(603);
      return;
    }
    const silent = /^false\s*(?:;|$)/i.test(headers.first('Refer-Sub') ?? '') || hasOption(headers, 'Require', 'nosub');
    const contact = ['Contact', `<${this.#dialog.state.contact}>`] as const;
    const headersOfAnswer = silent ? [contact, ['Refer-Sub', 'false'] as const] : [contact];
    const reply = (to: ServerTransaction): void => to.reply(silent ? 200 : 202, { headers: headersOfAnswer });
    this.#accepted = { cSeq, reply };
    reply(transaction);
    begin(silent ? nothingToTell : this.#subscribe(cSeq));
  }

  /** Takes a NOTIFY of the peer: of a transfer that we asked for, or of something that nobody has subscribed to. @throws SipParseError 400 */
  notified(request: SipRequest, transaction: ServerTransaction): void {
    const { headers } = request;
    const event = /^refer\s*(;.*)?$/i.exec(headers.first('Event')?.trim() ?? '');
    if (!event) {
      // We have no event packages (RFC 6665 section 8.3.2).
      transaction.reply(489);
      return;
    }
    const id = parseParams(event[1] ?? '').get('id');
    if (!this.#ours?.isNamed(id)) transaction.reply(481);
    else if (request.body.length > 0 && !isSipfrag(headers.first('Content-Type'))) {
      transaction.reply(415, { headers: [['Accept', SIPFRAG]] });
    } else {
      transaction.reply(200);
      this.#ours.notified(request);
    }
  }

  /** The dialog is over. Idempotent. */
  close(reason: string): void {
    this.#closed = true;
    this.#ours?.ended(reason);
    this.#theirs?.close();
  }

  /** From the second REFER on, the id tells whose NOTIFY it is (RFC 3515 section 2.4.6). */
  #subscribe(cSeq: number): ReferReport {
    const id = this.#isFirst ? '' : `;id=${cSeq}`;
    this.#isFirst = false;
    this.#theirs = new ReferSubscription(this.#dialog, id);
    return this.#theirs;
  }
}
