import type { DialogContext } from './dialog-context.ts';
import { DIGIT_TYPES, digitBody, isDigitType, readDigitBody } from './digit-body.ts';
import type { SipRequest } from './message.ts';
import type { ServerTransaction } from './server-transaction.ts';

/** What became of a digit that was told to the peer: it took it, does not take digits in this way, or the call cannot go on. */
export type DigitOutcome = 'taken' | 'refused' | 'lost';

/** INFO requests in one dialog, which tell digits (RFC 6086, of the kind without an Info Package). */
export class DialogInfos {
  /** Takes each digit that the peer tells. */
  onDigit: ((digit: string) => void) | undefined;
  readonly #context: DialogContext;
  readonly #lost: (status: number, reason: string) => void;
  #lastCSeq = -1;

  /** `lost` is called when the peer does not know the dialog any more, or does not answer (RFC 3261 section 12.2.1.2). */
  constructor(context: DialogContext, lost: (status: number, reason: string) => void) {
    this.#context = context;
    this.#lost = lost;
  }

  /** Takes an INFO of the peer. One without a body says nothing and is taken. One that comes again, over another connection, is taken once. */
  received({ headers, body }: SipRequest, cSeq: number, transaction: ServerTransaction): void {
    const isNew = cSeq !== this.#lastCSeq;
    this.#lastCSeq = cSeq;
    // We receive no Info packages (RFC 6086 section 4.2.2).
    if (headers.first('Info-Package') !== undefined) transaction.reply(469, { reason: 'Bad Info Package', headers: [['Recv-Info', '']] });
    else if (body.length === 0) transaction.reply(200);
    else if (!isDigitType(headers.first('Content-Type')) || isEncoded(headers.first('Content-Encoding'))) {
      const optional = /;\s*handling\s*=\s*"?optional\b/i.test(headers.first('Content-Disposition') ?? '');
      if (optional) transaction.reply(200);
      else transaction.reply(415, { headers: [['Accept', DIGIT_TYPES]] });
    } else this.#read(headers.first('Content-Type'), body, transaction, isNew);
  }

  /** Tells the peer a digit, held for so long. Never rejects. */
  send(digit: string, durationMs: number): Promise<DigitOutcome> {
    return new Promise((resolve) => {
      this.#context.send(
        'INFO',
        { body: digitBody(digit, durationMs) },
        {
          final: ({ status, reason }, { isRepeated }) => {
            if (status < 300 || (status === 500 && isRepeated)) resolve('taken');
            else if (status === 481 || status === 408) {
              resolve('lost');
              this.#lost(status, reason);
            } else resolve('refused');
          },
          failed: (why) => {
            resolve('lost');
            if (why === 'timeout') this.#lost(408, 'The peer does not answer');
          },
        },
      );
    });
  }

  #read(type: string | undefined, body: Uint8Array, transaction: ServerTransaction, isNew: boolean): void {
    const read = readDigitBody(type, body);
    switch (read.kind) {
      case 'digit':
        transaction.reply(200);
        if (isNew) this.onDigit?.(read.digit);
        return;
      case 'flash':
        transaction.reply(200);
        return;
      case 'unreadable':
        transaction.reply(400, { reason: 'The signal cannot be read' });
        return;
      case 'too long':
        transaction.reply(413);
        return;
    }
  }
}

function isEncoded(encoding: string | undefined): boolean {
  return encoding !== undefined && encoding.trim().toLowerCase() !== 'identity';
}
