import type { Faults } from '../../src/wire/memory-network.ts';
import { factsOf, isMessage, type MessageFacts } from './message-facts.ts';

/** One SIP message that one side has sent. The same message sent again is another one. */
export interface SentMessage extends MessageFacts {
  /** Near is the server. */
  readonly from: 'near' | 'far';
  readonly sentMs: number;
  /** When its copies arrived at the other side; empty when all were lost. */
  readonly arrivedMs: readonly number[];
}

/** Knows of each SIP message of each call when it was sent and when it arrived. */
export class MessageLog {
  readonly #nearAddress: string;
  readonly #calls = new Map<string, SentMessage[]>();
  readonly #breaksMs: number[] = [];

  constructor(nearAddress: string) {
    this.#nearAddress = nearAddress;
  }

  /** How many calls it knows. */
  get size(): number {
    return this.#calls.size;
  }

  readonly watch: NonNullable<Faults['watch']> = (bytes, from, _to, sentMs) => {
    if (!isMessage(bytes)) return undefined;
    const facts = factsOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'));
    const arrivedMs: number[] = [];
    const messages = this.#calls.get(facts.callId) ?? [];
    this.#calls.set(facts.callId, messages);
    messages.push({ ...facts, from: from.address === this.#nearAddress ? 'near' : 'far', sentMs, arrivedMs });
    return (atMs) => arrivedMs.push(atMs);
  };

  /** The same connections, of which it knows when they break. */
  breaks(breaks: NonNullable<Faults['breaks']>): NonNullable<Faults['breaks']> {
    return (bytes, from, to, sentMs) => {
      const isBroken = breaks(bytes, from, to, sentMs);
      if (isBroken) this.#breaksMs.push(sentMs);
      return isBroken;
    };
  }

  /** When the connection between the two sides broke, in order. */
  get breaksMs(): readonly number[] {
    return this.#breaksMs;
  }

  /** What was sent in the call with this Call-ID, in order. */
  ofCall(callId: string | undefined): readonly SentMessage[] {
    return this.#calls.get(callId ?? '') ?? [];
  }

  /** Knows of nothing that was sent until now. */
  forget(): void {
    this.#calls.clear();
    this.#breaksMs.length = 0;
  }
}

/** One line for each message: who sent it, and after how many milliseconds of the call it was sent and arrived. */
export function describeMessages(call: readonly SentMessage[]): string {
  const begunMs = call[0]?.sentMs ?? 0;
  const arrivals = (times: readonly number[]): string => times.map((atMs) => atMs - begunMs).join(' and ') || 'never';
  return call
    .map(
      ({ from, line, method, cSeq, sentMs, arrivedMs }) =>
        `\n${from} ${line} (${cSeq} ${method}): ${sentMs - begunMs} > ${arrivals(arrivedMs)}`,
    )
    .join('');
}
