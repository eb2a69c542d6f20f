import type { PartyOrder } from '../flow/second-party.ts';
import type { AnsweredCall } from '../telephony/port.ts';
import type { PartyCall } from './party-call.ts';
import type { TalkSide } from './talk.ts';

/** From the end of the whisper to the key that takes the call. */
const ACCEPT_MS = 10_000;

/** A call beside that of the session whose callee has taken it. */
export interface TakenCall {
  readonly party: PartyCall;
  readonly call: AnsweredCall;
}

/**
 * The call once who answered it has heard the whisper and pressed the key that takes it, where there are such; undefined when it came to nothing,
 * and then it is hung up. Never rejects.
 */
export async function takenCall(
  party: PartyCall,
  { whisper, acceptKeys }: Pick<PartyOrder, 'whisper' | 'acceptKeys'>,
  note: (message: string) => void,
  signal: AbortSignal,
): Promise<TakenCall | undefined> {
  const call = await party.answer;
  if (!call) return undefined;
  try {
    if (whisper) await call.play(whisper, { interruptible: acceptKeys !== '' }, signal);
    if (acceptKeys === '' || (await pressed(call, acceptKeys, signal))) return { party, call };
    note(`${party.name} has not taken the call`);
  } catch {
    // It was hung up meanwhile.
  }
  await party.end();
  return undefined;
}

/** The call as soon as it is answered; undefined when it came to nothing. */
export async function answeredCall(party: PartyCall): Promise<TakenCall | undefined> {
  const call = await party.answer;
  return call && { party, call };
}

/** The first of these calls that is taken, while the others are hung up; undefined when none is. */
export async function firstTaken(
  calls: readonly PartyCall[],
  take: (party: PartyCall) => Promise<TakenCall | undefined>,
): Promise<TakenCall | undefined> {
  const taken = await firstOf(calls.map(take));
  for (const call of calls) if (taken && call !== taken.party) void call.end('answered-elsewhere');
  return taken;
}

/** It as a side of a talk, which tells how it ends. */
export function sideOf({ party, call }: TakenCall): TalkSide {
  const { userId } = party;
  party.tellsEnd = false;
  return {
    name: party.name,
    address: party.address,
    ...(userId !== undefined && { userId }),
    party,
    call,
    callId: party.callId,
    over: party.over,
    end: () => party.end(),
  };
}

async function pressed(call: AnsweredCall, keys: string, signal: AbortSignal): Promise<boolean> {
  const rules = { max: 1, terminators: '', firstMs: ACCEPT_MS, betweenMs: ACCEPT_MS };
  const { digits } = await call.collect(rules, signal);
  return digits !== '' && keys.includes(digits);
}

/** The first that is something; undefined when none is. */
function firstOf<T>(attempts: readonly Promise<T | undefined>[]): Promise<T | undefined> {
  return new Promise((resolve) => {
    for (const attempt of attempts) void attempt.then((value) => value !== undefined && resolve(value));
    void Promise.all(attempts).then(() => resolve(undefined));
  });
}
