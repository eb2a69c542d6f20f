import type { SentMessage } from './message-log.ts';

/** `>` from the server, `<` from the callee; what; when; when it arrives, `lost` if never. */
type Told = readonly ['>' | '<', string, number, ...(readonly number[] | readonly ['lost'])];

/** A call as a test tells it: `['<', '200 INVITE 1', 1000, 1040]`, with the number of the request where it is not 1. */
export function sentMessages(...told: readonly Told[]): readonly SentMessage[] {
  return told.map(([side, what, sentMs, ...arrivals]) => {
    const words = what.split(' ');
    const isResponse = /^\d/.test(what);
    const [method = '', number = '1'] = isResponse ? words.slice(1) : words;
    const arrivedMs = arrivals.filter((one) => typeof one === 'number');
    const isOfInvite = method === 'INVITE' || method === 'CANCEL' || method === 'ACK';
    return {
      ...{ line: what, status: isResponse ? Number(words[0]) : undefined, method, cSeq: Number(number), callId: 'call', isReliable: false },
      ...{ branch: `${isOfInvite ? 'INVITE' : method} ${number}`, from: side === '>' ? 'near' : 'far', sentMs, arrivedMs },
    };
  });
}
