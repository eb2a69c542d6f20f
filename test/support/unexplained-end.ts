import type { Passage } from './lossy-relay.ts';
import { factsOf, type MessageFacts } from './message-facts.ts';

/** A call between us (near) and a peer (far) that is over. */
export interface EndedCall {
  /** Who has called. */
  readonly caller: Passage['from'];
  /** `failed response`, `answered ended by peer` and the like. */
  readonly outcome: string;
  /** With which it ended, when there was one. */
  readonly status: number | undefined;
  /** What was decided already when we gave up the INVITE; undefined: we did not. */
  readonly givenUp: 'undecided' | 'decided' | undefined;
  /** All that passed in it, or did not. */
  readonly passages: readonly Passage[];
}

interface Passed extends MessageFacts {
  readonly from: Passage['from'];
  readonly isLost: boolean;
  readonly message: string;
}

/** What of its end does not follow from what got through; undefined: all does. */
export function unexplainedEnd(call: EndedCall): string | undefined {
  const { caller, outcome, status, givenUp } = call;
  const all = passedIn(call.passages);
  const finals = finalsToInvite(all, caller);
  const answered = finals.filter((one) => one.status < 300);
  const isUp = answered.some((one) => isAcknowledged(one, all, caller));
  const saysBye = (from: Passage['from']): boolean =>
    all.some((one) => one.from === from && isRequest(one, 'BYE') && (from === 'near' || !one.isLost));
  switch (outcome) {
    case 'answered ended by us':
      return firstWrong([answered.length > 0, 'no answer got through'], [saysBye('near'), 'we have not said BYE']);
    case 'answered ended by peer':
      return firstWrong([answered.length > 0, 'no answer got through'], [saysBye('far'), 'no BYE got through']);
    case 'answered ended by error':
      return firstWrong(
        [answered.length > 0, 'no answer got through'],
        [isBroken(all, caller, isUp) || isExpired(all, status), 'nothing of the call has failed'],
      );
    case 'failed response':
      return firstWrong([!isUp, 'its answer was acknowledged'], [finals.some((one) => one.status === status), `no ${status} got through`]);
    case 'failed cancelled':
      return firstWrong(
        [givenUp === 'undecided', givenUp === undefined ? 'it was not given up' : 'it was decided when it was given up'],
        [!isUp || saysBye('near'), 'its answer was acknowledged, and we have not said BYE'],
      );
    case 'failed timeout':
      return firstWrong([!heardOfLast(all), 'its last INVITE was answered']);
    default:
      return `nothing explains '${outcome}'`;
  }
}

/** Whether the last INVITE that begins the call has got its last word, which nothing of ours follows but an ACK. */
export function isDecided(passages: readonly Passage[]): boolean {
  const all = passedIn(passages);
  const last = beginnings(all, 'near').at(-1);
  return finalsToInvite(all, 'near').some((one) => one.cSeq === last?.cSeq && isLastWord(one.status) && isAcknowledged(one, all, 'near'));
}

function firstWrong(...demands: readonly (readonly [isMet: boolean, complaint: string])[]): string | undefined {
  return demands.find(([isMet]) => !isMet)?.[1];
}

const passedIn = (passages: readonly Passage[]): readonly Passed[] => passages.map((one) => ({ ...one, ...factsOf(one.message) }));

const isRequest = ({ status, method }: Passed, wanted: string): boolean => status === undefined && method === wanted;

/** The INVITEs that begin the call: their To has no tag yet. */
function beginnings(all: readonly Passed[], caller: Passage['from']): readonly Passed[] {
  return all.filter((one) => one.from === caller && isRequest(one, 'INVITE') && !/^(?:To|t): *.*;tag=/im.test(one.message));
}

/** The final responses to them that we have sent or got. */
function finalsToInvite(all: readonly Passed[], caller: Passage['from']): readonly (Passed & { readonly status: number })[] {
  const numbers = new Set(beginnings(all, caller).map(({ cSeq }) => cSeq));
  return all.flatMap((one) => {
    const { status = 0 } = one;
    const isKnown = caller === 'far' || !one.isLost;
    return one.from !== caller && one.method === 'INVITE' && status >= 200 && numbers.has(one.cSeq) && isKnown ? [{ ...one, status }] : [];
  });
}

/** Whether its ACK was sent by us, or has got through to us. */
function isAcknowledged({ cSeq }: Passed, all: readonly Passed[], caller: Passage['from']): boolean {
  return all.some((one) => one.from === caller && isRequest(one, 'ACK') && one.cSeq === cSeq && (caller === 'near' || !one.isLost));
}

/** Those that are followed by another INVITE, with credentials, with a longer session, or to somebody else, are not. */
function isLastWord(status: number): boolean {
  return status < 300 || status >= 600 || (status >= 400 && status < 500 && ![401, 407, 408, 422, 430, 491].includes(status));
}

/** Whether a response to the last INVITE that begins the call has got through (RFC 3261 section 17.1.1.2, timer B). */
function heardOfLast(all: readonly Passed[]): boolean {
  const last = beginnings(all, 'near').at(-1);
  return all.some(
    (one) => one.from === 'far' && !one.isLost && one.status !== undefined && one.method === 'INVITE' && one.cSeq === last?.cSeq,
  );
}

/** Whether something has failed that a dialog needs: the ACK to our answer, or a request of ours. */
function isBroken(all: readonly Passed[], caller: Passage['from'], isUp: boolean): boolean {
  if (caller === 'far' && !isUp) return true;
  const begun = new Set(beginnings(all, 'near').map(({ cSeq }) => cSeq));
  const ours = all.filter(
    ({ from, status, method, cSeq }) =>
      from === 'near' && status === undefined && !['ACK', 'BYE', 'CANCEL'].includes(method) && !(method === 'INVITE' && begun.has(cSeq)),
  );
  return ours.some((request) => {
    const finals = all.filter(
      ({ from, status = 0, method, cSeq, isLost }) =>
        from === 'far' && status >= 200 && method === request.method && cSeq === request.cSeq && !isLost,
    );
    return finals.length === 0 || finals.some(({ status }) => status === 408 || status === 481);
  });
}

/** Whether we have hung up a session that is to be refreshed (RFC 4028 section 10), after the last answer that says for how long it lasts. */
function isExpired(all: readonly Passed[], status: number | undefined): boolean {
  const agreed = all.findLastIndex(
    (one) => (one.status ?? 0) >= 200 && (one.status ?? 0) < 300 && /^(?:Session-Expires|x):/im.test(one.message),
  );
  return status === 408 && agreed >= 0 && all.slice(agreed).some((one) => one.from === 'near' && isRequest(one, 'BYE'));
}
