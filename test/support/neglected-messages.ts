import { brokenAgainMs } from './broken-again.ts';
import type { SentMessage } from './message-log.ts';
import { PATIENCE_MS, T1_MS, T2_MS } from './rfc-timers.ts';

/**
 * What the two sides of a call did not send though they had to, or sent though they might not: requests and answers that are repeated, responses
 * to what comes again, ACK, CANCEL, and the BYE to who answers too late. Empty when both did all that was theirs.
 * @param call everything that was sent in it, in order
 * @param ringTimeoutMs from the first INVITE until the server gives the call up
 * @param breaksMs when the connection between the two broke
 */
export function neglectedMessages(
  call: readonly SentMessage[],
  ringTimeoutMs: number,
  breaksMs: readonly number[] = [],
): readonly string[] {
  const begunMs = call.find(isRequest('INVITE'))?.sentMs ?? Number.NaN;
  const givenUpMs = Math.min(begunMs + ringTimeoutMs, brokenAgainMs(call, breaksMs));
  const firsts = call.filter((one, at) => call.findIndex((other) => isAgain(other, one)) === at);
  return [
    ...firsts
      .filter(({ status, method }) => status === undefined && method !== 'ACK')
      .flatMap((one) => ofRequest(call, one, givenUpMs, breaksMs)),
    ...firsts.filter(isFinalAnswer).flatMap((one) => [...ofAnswer(call, one), ...ofAcks(call, one)]),
    ...call.filter(({ status, method }) => status === undefined && method !== 'ACK').flatMap((one) => ofResponses(call, one)),
    ...ofGivingUp(call, givenUpMs),
  ];
}

/**
 * A request comes again until it is answered, or for 64*T1 (RFC 3261 sections 17.1.1.2 and 17.1.2.2); over a connection only when that breaks, and
 * once.
 */
function ofRequest(call: readonly SentMessage[], first: SentMessage, givenUpMs: number, breaksMs: readonly number[]): readonly string[] {
  const isAnINVITE = first.method === 'INVITE';
  const isAnswer = ({ branch, method, status = 0 }: SentMessage): boolean =>
    branch === first.branch && method === first.method && status >= (isAnINVITE ? 100 : 200);
  const patience = first.sentMs + PATIENCE_MS;
  // Who has heard nothing of an INVITE that is not wanted any more shall hear nothing (section 9.1).
  const untilMs = Math.min(arrival(call, isAnswer), patience, isAnINVITE ? givenUpMs : Number.POSITIVE_INFINITY);
  if (!first.isReliable) return compare(call, first, schedule(first.sentMs, isAnINVITE ? PATIENCE_MS : T2_MS), untilMs);
  // A break in the millisecond in which it was sent may have come before it.
  const breaks = [breaksMs.find((atMs) => atMs >= first.sentMs), breaksMs.find((atMs) => atMs > first.sentMs)];
  const [sooner = [], later = []] = breaks.map((brokeMs) => ofBrokenRequest(call, first, untilMs, brokeMs));
  return sooner.length < later.length ? sooner : later;
}

/** A request that left over a connection which broke at that time, if it did. */
function ofBrokenRequest(
  call: readonly SentMessage[],
  first: SentMessage,
  untilMs: number,
  brokeMs = Number.POSITIVE_INFINITY,
): readonly string[] {
  const { from, method, sentMs } = first;
  if (brokeMs > untilMs) return compare(call, first, [sentMs], untilMs);
  const isItsInvite = (one: SentMessage): boolean => one.branch === first.branch && isFinalAnswer(one);
  // What arrives in the same millisecond may have come before or after; and an INVITE that is answered needs no CANCEL.
  const isDue = brokeMs < untilMs && (method !== 'CANCEL' || brokeMs < arrival(call, isItsInvite));
  if (['INVITE', 'CANCEL', 'INFO', 'REFER'].includes(method))
    return compare(call, first, isDue ? [sentMs, brokeMs] : [sentMs], untilMs, isDue ? [] : [brokeMs]);
  const others = call.filter((one) => one.from === from && one.method === method && one.status === undefined);
  const isThere = others[0] !== first || others.some((one) => one !== first && one.sentMs === brokeMs);
  const missing = isDue && !isThere ? [told(call, first, 'was not sent again over another connection', brokeMs)] : [];
  return [...compare(call, first, [sentMs], untilMs), ...missing];
}

/** A final response to an INVITE comes again until its ACK has come (sections 13.3.1.4 and 17.2.1). */
function ofAnswer(call: readonly SentMessage[], first: SentMessage): readonly string[] {
  const { cSeq, from, status = 0 } = first;
  const isEnd = (one: SentMessage): boolean =>
    one.from !== from &&
    one.status === undefined &&
    ((one.method === 'ACK' && one.cSeq === cSeq) || (status < 300 && one.method === 'BYE'));
  const untilMs = Math.min(arrival(call, isEnd), first.sentMs + PATIENCE_MS);
  const isOnce = first.isReliable && status >= 300;
  // A refusal comes again too whenever the INVITE does.
  const asked =
    status < 300 ? [] : call.filter((one) => isRequest('INVITE')(one) && one.branch === first.branch).flatMap((one) => one.arrivedMs);
  return compare(call, first, isOnce ? [first.sentMs] : schedule(first.sentMs, T2_MS), untilMs, asked);
}

/** Each final response to an INVITE that arrives is acknowledged (sections 13.2.2.4 and 17.1.1.3). */
function ofAcks(call: readonly SentMessage[], answer: SentMessage): readonly string[] {
  const { branch, cSeq, from } = answer;
  const all = call.filter((one) => isAgain(one, answer)).flatMap(({ arrivedMs }) => arrivedMs);
  // A refusal ends the transaction over a connection, where it comes again only when the INVITE does.
  const arrivals = answer.isReliable && (answer.status ?? 0) >= 300 ? all.slice(0, 1) : all;
  const waitedUntilMs = endOfInvite(call, branch);
  const untilMs = Math.min(...arrivals, waitedUntilMs) < waitedUntilMs ? Math.min(...arrivals) + PATIENCE_MS : waitedUntilMs;
  return [...new Set(arrivals)]
    .filter((atMs) => atMs < untilMs)
    .filter((atMs) => {
      const acks = call.filter((one) => one.from !== from && one.method === 'ACK' && one.cSeq === cSeq && one.sentMs === atMs);
      return acks.length < arrivals.filter((other) => other === atMs).length;
    })
    .map((atMs) => told(call, answer, 'was not acknowledged', atMs));
}

/** Each copy of a request that arrives is answered at once, unless its final answer comes again by itself (sections 17.2.1 and 17.2.2). */
function ofResponses(call: readonly SentMessage[], request: SentMessage): readonly string[] {
  const { branch, method, from } = request;
  const isAnswer = (one: SentMessage): boolean =>
    one.from !== from && one.branch === branch && one.method === method && one.status !== undefined;
  const taken = call.find((one) => isAnswer(one) && isFinalAnswer(one) && (one.status ?? 0) < 300)?.sentMs ?? Number.POSITIVE_INFINITY;
  const acknowledged = arrival(call, (one) => one.method === 'ACK' && one.branch === branch);
  const isDue = (atMs: number): boolean => method !== 'INVITE' || (atMs < taken && atMs < acknowledged);
  return request.arrivedMs
    .filter((atMs) => isDue(atMs) && !call.some((one) => isAnswer(one) && one.sentMs === atMs))
    .map((atMs) => told(call, request, 'was not answered', atMs));
}

/** Who has shown itself gets CANCEL when the call is given up (section 9.1), and BYE when it answers after that. */
function ofGivingUp(call: readonly SentMessage[], givenUpMs: number): readonly string[] {
  const invite = call.findLast(isRequest('INVITE'));
  const cancels = call.filter(isRequest('CANCEL'));
  if (!invite) return ['no INVITE was sent'];
  const isOfIt = (one: SentMessage): boolean => one.from === 'far' && one.method === 'INVITE' && one.branch === invite.branch;
  const shownMs = arrival(call, (one) => isOfIt(one) && (one.status ?? 0) < 200);
  const finalMs = arrival(call, (one) => isOfIt(one) && (one.status ?? 0) >= 200);
  const answeredMs = arrival(call, (one) => isOfIt(one) && isFinalAnswer(one) && (one.status ?? 0) < 300);
  const dueMs = Math.max(shownMs, givenUpMs);
  const endMs = endOfInvite(call, invite.branch);
  const isDue = dueMs < finalMs && dueMs < endMs;
  const complaints = cancels.filter(({ sentMs }) => sentMs < givenUpMs).map(({ sentMs }) => told(call, invite, 'was cancelled', sentMs));
  const cancel = cancels.find(({ sentMs }) => sentMs === dueMs);
  if (isDue && !cancel) complaints.push(told(call, invite, 'was not cancelled', dueMs));
  const isLate = answeredMs > givenUpMs && answeredMs < endMs;
  if (isLate && !call.some((one) => isRequest('BYE')(one) && one.from === 'near' && one.sentMs === answeredMs)) {
    complaints.push(told(call, invite, 'was answered too late and not hung up', answeredMs));
  }
  return complaints;
}

/** When an INVITE that gets no final response is over: timer B (section 17.1.1.2), or as long after its CANCEL (section 9.1). */
function endOfInvite(call: readonly SentMessage[], branch: string): number {
  const isOfIt = (one: SentMessage): boolean => one.branch === branch;
  const timerBMs = (call.find((one) => isOfIt(one) && isRequest('INVITE')(one))?.sentMs ?? Number.NaN) + PATIENCE_MS;
  const shownMs = arrival(call, (one) => isOfIt(one) && one.method === 'INVITE' && one.status !== undefined);
  if (!(shownMs < timerBMs)) return timerBMs;
  const cancel = call.find((one) => isOfIt(one) && isRequest('CANCEL')(one));
  return cancel ? cancel.sentMs + PATIENCE_MS : Number.POSITIVE_INFINITY;
}

/** Expects the copies of a message at these times before `untilMs`, and besides those at times when it was asked for no others. */
function compare(
  call: readonly SentMessage[],
  first: SentMessage,
  times: readonly number[],
  untilMs: number,
  asked: readonly number[] = [],
): readonly string[] {
  const sent = call.filter((one) => isAgain(one, first)).map(({ sentMs }) => sentMs);
  const missing = times.filter((atMs) => atMs < untilMs && !sent.includes(atMs));
  const needless = sent.filter((atMs) => !asked.includes(atMs) && (atMs > untilMs || !times.includes(atMs)));
  return [
    ...missing.map((atMs) => told(call, first, 'was not sent again', atMs)),
    ...needless.map((atMs) => told(call, first, 'was sent needlessly', atMs)),
  ];
}

/** When a message is sent: at once, after T1, and after intervals that double up to `mostMs`, for 64*T1. */
function schedule(firstMs: number, mostMs: number): readonly number[] {
  const times = [firstMs];
  for (let atMs = firstMs + T1_MS, intervalMs = T1_MS; atMs < firstMs + PATIENCE_MS; atMs += intervalMs) {
    times.push(atMs);
    intervalMs = Math.min(2 * intervalMs, mostMs);
  }
  return times;
}

/** Whether two messages are the same, sent another time. */
function isAgain(one: SentMessage, other: SentMessage): boolean {
  return one.from === other.from && one.branch === other.branch && one.method === other.method && one.status === other.status;
}

const isRequest =
  (wanted: string) =>
  ({ method, status }: SentMessage): boolean =>
    method === wanted && status === undefined;

function isFinalAnswer({ method, status = 0 }: SentMessage): boolean {
  return method === 'INVITE' && status >= 200;
}

/** When the first copy of such a message arrived; Infinity: never. */
function arrival(call: readonly SentMessage[], isIt: (one: SentMessage) => boolean): number {
  return Math.min(Number.POSITIVE_INFINITY, ...call.filter(isIt).flatMap(({ arrivedMs }) => arrivedMs));
}

function told(call: readonly SentMessage[], { from, line }: SentMessage, what: string, atMs: number): string {
  return `${line} of ${from} ${what} at ${atMs - (call[0]?.sentMs ?? 0)} ms`;
}
