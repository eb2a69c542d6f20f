import { seededRandom } from '../../src/kernel/random.ts';
import type { Faults } from '../../src/wire/memory-network.ts';
import { factsOf, isMessage, type MessageFacts } from './message-facts.ts';

interface Sent extends MessageFacts {
  readonly isLost: boolean;
}

/** Loses datagrams by chance, and knows of each SIP message whether it arrived. */
export class LossLog {
  readonly #sent: Sent[] = [];
  readonly #lossPercent: number;
  readonly #random;

  constructor(lossPercent: number, seed: number) {
    this.#lossPercent = lossPercent;
    this.#random = seededRandom(seed);
  }

  readonly filter: NonNullable<Faults['filter']> = (bytes) => {
    const isLost = this.#random.below(100) < this.#lossPercent;
    if (isMessage(bytes)) this.#sent.push({ ...factsOf(Buffer.from(bytes).toString('latin1')), isLost });
    return isLost ? 'drop' : 'pass';
  };

  /** Every copy of the 180 to the INVITE of this number was lost, and an INVITE that has got its 100 is not repeated (RFC 3261 section 17.1.1.2). */
  neverRang(number: string): boolean {
    const callIds = new Set(this.#sent.filter(({ line }) => line.startsWith(`INVITE sip:${number}@`)).map(({ callId }) => callId));
    const [rang, tried] = ['SIP/2.0 180 ', 'SIP/2.0 100 '].map((status) =>
      this.#sent.filter(({ line, callId }) => callIds.has(callId) && line.startsWith(status)),
    );
    return rang !== undefined && rang.length > 0 && rang.every(({ isLost }) => isLost) && tried?.some(({ isLost }) => !isLost) === true;
  }

  /** No response to the INVITE of this user or number arrived: it cannot be cancelled (RFC 3261 section 9.1), and is not repeated to be so. */
  leftUncancelled(user: string): boolean {
    const callIds = new Set(this.#sent.filter(({ line }) => line.startsWith(`INVITE sip:${user}@`)).map(({ callId }) => callId));
    const responses = this.#sent.filter(({ line, callId }) => callIds.has(callId) && line.startsWith('SIP/2.0 '));
    return responses.length > 0 && responses.every(({ isLost }) => isLost);
  }

  /** A NOTIFY was repeated, and until its call was hung up no answer to it arrived: what was to follow it could not be told (RFC 3261 section 17.1.2.2). */
  leftNotifyUnanswered(): boolean {
    const first = this.#sent.find(({ line }) => line.startsWith('NOTIFY '));
    const ofCall = this.#sent.filter(({ callId }) => callId === first?.callId);
    const hungUp = ofCall.findIndex(({ line }) => line.startsWith('BYE '));
    const before = ofCall.slice(0, hungUp);
    const last = before.findLast(({ line }) => line.startsWith('NOTIFY '));
    const ofLast = before.filter(({ cSeq, method }) => cSeq === last?.cSeq && method === 'NOTIFY');
    const answers = ofLast.filter(({ line }) => line.startsWith('SIP/2.0 '));
    return ofLast.length - answers.length >= 4 && answers.every(({ isLost }) => isLost);
  }

  /** A REGISTER was repeated until its sender gave up, as no answer to it arrived (RFC 3261 section 17.1.2.2). */
  leftRegisterUnanswered(): boolean {
    const ofAll = this.#sent.filter(({ method }) => method === 'REGISTER');
    return ofAll.some((one) => {
      const sent = ofAll.filter(({ callId, cSeq }) => callId === one.callId && cSeq === one.cSeq);
      const answers = sent.filter(({ line }) => line.startsWith('SIP/2.0 '));
      return sent.length - answers.length >= 11 && answers.every(({ isLost }) => isLost);
    });
  }

  /** Knows of nothing that was sent until now. */
  forget(): void {
    this.#sent.length = 0;
  }
}
