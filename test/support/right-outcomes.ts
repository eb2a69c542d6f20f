import { brokenAgainMs } from './broken-again.ts';
import type { SentMessage } from './message-log.ts';
import { PATIENCE_MS } from './rfc-timers.ts';

/** How a call of the server to one callee has to go. */
export interface CallPlan {
  /** How it ends when everything arrives in time. */
  readonly outcome: 'Completed' | 'CalleeHungUp' | 'Busy' | 'Rejected' | 'NoAnswer';
  /** From the first INVITE until the call is given up. */
  readonly ringTimeoutMs: number;
  /** How long the flow lasts from the answer until it hangs up. */
  readonly talkMs: { readonly least: number; readonly most: number };
  /** From the answer of the callee until it hangs up; absent: it does not. */
  readonly hangUpAfterMs?: number;
}

const refusals: Readonly<Record<number, string>> = { 486: 'Busy', 603: 'Rejected' };

/**
 * How a call may end rightly: as planned; or, when something was lost or late that it needed for that, as what did arrive says. Two outcomes
 * are right when one thing happened in the same millisecond as another; none is, when the call does not end as any call may.
 * @param call everything that was sent in it, in order
 * @param breaksMs when the connection between the two broke
 */
export function rightOutcomes(call: readonly SentMessage[], plan: CallPlan, breaksMs: readonly number[] = []): ReadonlySet<string> {
  const waitedUntilMs = Math.min(endOfWaiting(call, plan), brokenAgainMs(call, breaksMs));
  const heard = outcomesHeard(call, plan, waitedUntilMs);
  const isRight = heard.size === 0 || heard.has(plan.outcome) || isExcused(call, plan, waitedUntilMs);
  return isRight ? heard : new Set([plan.outcome]);
}

/** What the server had to make of what arrived. */
function outcomesHeard(call: readonly SentMessage[], plan: CallPlan, waitedUntilMs: number): ReadonlySet<string> {
  const outcomes = new Set<string>();
  const rangMs = arrival(call, isRinging);
  const final = finalOf(call);
  const finalMs = firstOf(final);
  const byeMs = arrival(call, isByeOf('far'));
  // Who hangs up before the answer has come ends the call if it has rung (RFC 3261 section 15).
  const isEarlyBye = Number.isFinite(byeMs) && rangMs < byeMs && byeMs <= Math.min(waitedUntilMs, finalMs);
  if (isEarlyBye) outcomes.add('NoAnswer');
  if (isEarlyBye && byeMs < Math.min(waitedUntilMs, finalMs)) return outcomes;
  if (Number.isFinite(waitedUntilMs) && finalMs >= waitedUntilMs) {
    if (rangMs <= waitedUntilMs) outcomes.add('NoAnswer');
    if (rangMs >= waitedUntilMs) outcomes.add('Unreachable');
  }
  if (finalMs > waitedUntilMs || final === undefined) return outcomes;
  const { status = 0 } = final;
  if (status < 300) for (const outcome of outcomesOfTalk(call, finalMs, plan)) outcomes.add(outcome);
  else outcomes.add(refusals[status] ?? 'Failed');
  return outcomes;
}

/** An answered call ends with the first BYE that is sent by the server or arrives there. */
function outcomesOfTalk(call: readonly SentMessage[], answeredMs: number, { talkMs }: CallPlan): readonly string[] {
  const ours = sending(call, isByeOf('near'));
  const theirs = arrival(call, isByeOf('far'));
  const isInTime = ours - answeredMs >= talkMs.least && ours - answeredMs <= talkMs.most;
  return [...(Number.isFinite(theirs) && theirs <= ours ? ['CalleeHungUp'] : []), ...(ours <= theirs && isInTime ? ['Completed'] : [])];
}

/** Until when the server waits for the callee to answer: its patience, or timer B when it hears nothing (RFC 3261 section 17.1.1.2). */
function endOfWaiting(call: readonly SentMessage[], { ringTimeoutMs }: CallPlan): number {
  const { cSeq } = lastInvite(call) ?? {};
  const timerBMs = sending(call, (one) => isInvite(one) && one.cSeq === cSeq) + PATIENCE_MS;
  const heardMs = arrival(call, (one) => isResponseTo(one, 'INVITE') && one.cSeq === cSeq);
  return Math.min(sending(call, isInvite) + ringTimeoutMs, heardMs < timerBMs ? Number.POSITIVE_INFINITY : timerBMs);
}

/** Whether something that the planned outcome needs was sent, or could not be, and has not arrived in time. */
function isExcused(call: readonly SentMessage[], plan: CallPlan, waitedUntilMs: number): boolean {
  const { cSeq } = lastInvite(call) ?? {};
  if (arrival(call, (one) => isInvite(one) && one.cSeq === cSeq) >= waitedUntilMs) return true;
  if (plan.outcome === 'NoAnswer') return isSentInVain(call, isRinging, waitedUntilMs);
  if (isSentInVain(call, (one) => isFinal(one) && one.cSeq === cSeq, waitedUntilMs)) return true;
  return plan.outcome === 'CalleeHungUp' && isByeExcused(call, plan);
}

function isByeExcused(call: readonly SentMessage[], { hangUpAfterMs = 0 }: CallPlan): boolean {
  if (isSentInVain(call, isByeOf('far'), sending(call, isByeOf('near')))) return true;
  // It waits for the ACK (RFC 3261 section 15).
  const wantedMs = sending(call, (one) => isFinal(one) && one.status === 200) + hangUpAfterMs;
  const dueMs = Math.max(
    wantedMs,
    arrival(call, ({ from, method }) => from === 'near' && method === 'ACK'),
  );
  return dueMs >= arrival(call, isByeOf('near')) && Number.isFinite(arrival(call, isByeOf('near')));
}

/** Whether such a message was sent and none arrived before that. */
function isSentInVain(call: readonly SentMessage[], isIt: (one: SentMessage) => boolean, beforeMs: number): boolean {
  return Number.isFinite(sending(call, isIt)) && arrival(call, isIt) >= beforeMs;
}

/** The final response to the last INVITE that arrived first. */
function finalOf(call: readonly SentMessage[]): SentMessage | undefined {
  const { cSeq } = lastInvite(call) ?? {};
  const all = call.filter((one) => isFinal(one) && one.cSeq === cSeq && one.arrivedMs.length > 0);
  return all.sort((one, other) => firstOf(one) - firstOf(other))[0];
}

const lastInvite = (call: readonly SentMessage[]): SentMessage | undefined => call.findLast(isInvite);

function isInvite({ from, method, status }: SentMessage): boolean {
  return from === 'near' && method === 'INVITE' && status === undefined;
}

function isResponseTo({ from, method, status }: SentMessage, to: string): boolean {
  return from === 'far' && method === to && status !== undefined;
}

function isRinging(one: SentMessage): boolean {
  return isResponseTo(one, 'INVITE') && one.status === 180;
}

function isFinal(one: SentMessage): boolean {
  return isResponseTo(one, 'INVITE') && (one.status ?? 0) >= 200;
}

const isByeOf =
  (side: SentMessage['from']) =>
  ({ from, method, status }: SentMessage): boolean =>
    from === side && method === 'BYE' && status === undefined;

/** When the first copy arrived; Infinity: never. */
const firstOf = (one: SentMessage | undefined): number => Math.min(Number.POSITIVE_INFINITY, ...(one?.arrivedMs ?? []));

/** When the first such message was sent; Infinity: never. */
const sending = (call: readonly SentMessage[], isIt: (one: SentMessage) => boolean): number =>
  call.find(isIt)?.sentMs ?? Number.POSITIVE_INFINITY;

/** When the first copy of such a message arrived; Infinity: never. */
const arrival = (call: readonly SentMessage[], isIt: (one: SentMessage) => boolean): number =>
  Math.min(Number.POSITIVE_INFINITY, ...call.filter(isIt).map(firstOf));
