import { possibleE164 } from '../directory/e164.ts';
import type { Trunk } from '../directory/trunks.ts';
import type { Recordings } from '../flow/flow-host.ts';
import type { PartyOrder, PartyResult, PartyStatus, SecondParty } from '../flow/second-party.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { AnsweredCall, LegEnd } from '../telephony/port.ts';
import { describeEnd } from './outcome.ts';
import type { OutgoingDirectory } from './outgoing-plan.ts';
import { PartyCall } from './party-call.ts';
import { trunksFor } from './trunk-routes.ts';

export interface SessionPartyParts {
  readonly accountId: string;
  /** The number of this side of the call, which parties see unless another is asked for. */
  readonly ownNumber: string;
  readonly directory: Pick<OutgoingDirectory, 'phoneNumbers' | 'trunks'>;
  /** Places a call beside that of the session, on the first trunk that has room. @throws AppError NO_CAPACITY */
  readonly place: (call: PartyCall, leg: PartyLeg, trunks: readonly Trunk[], near: AnsweredCall) => Promise<void>;
  readonly recordings: Recordings;
  /** A line for the log of the session. */
  readonly note: (message: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface PartyLeg {
  readonly to: string;
  readonly from: string;
  readonly ringTimeoutMs: number;
}

/** From the end of the whisper to the key that takes the call. */
const ACCEPT_MS = 10_000;

/**
 * Calls others beside the call of a session: under the same rules as every call that goes out, that is, over trunks of the account, with a
 * caller ID that it owns, and within the limits of both.
 */
export class SessionParty implements SecondParty {
  readonly #call: AnsweredCall;
  readonly #parts: SessionPartyParts;

  constructor(call: AnsweredCall, parts: SessionPartyParts) {
    this.#call = call;
    this.#parts = parts;
  }

  async call(order: PartyOrder, signal: AbortSignal): Promise<PartyResult> {
    signal.throwIfAborted();
    const calls = await this.#placeAll(order, signal);
    const endAll = (): void => calls.forEach((call) => void call.end());
    const everythingOver = Promise.all(calls.map((call) => call.over));
    signal.addEventListener('abort', endAll, { once: true });
    if (signal.aborted) endAll();
    const waiting = new AbortController();
    try {
      this.#entertain(order, AbortSignal.any([signal, waiting.signal]));
      const taken = await firstOf(calls.map((call) => this.#accepted(call, order, signal)));
      waiting.abort();
      if (!taken) {
        const ends = await everythingOver;
        signal.throwIfAborted();
        return { status: statusOf(ends), talkedMs: 0 };
      }
      for (const call of calls) if (call !== taken.party) void call.end();
      const talk = await this.#talk(taken, order);
      await everythingOver;
      return { status: 'Answered', answeredBy: taken.party.number, ...talk };
    } finally {
      waiting.abort();
      signal.removeEventListener('abort', endAll);
      endAll();
      await everythingOver;
    }
  }

  /** Places a call to each number for which there is room. */
  async #placeAll(order: PartyOrder, signal: AbortSignal): Promise<readonly PartyCall[]> {
    const { accountId, directory, place, note } = this.#parts;
    const from = await this.#callerId(order.callerId);
    const numbers = new Set(order.numbers.map((number) => possibleE164(number) ?? impossible()));
    const accountTrunks = await directory.trunks.ofAccount(accountId);
    const calls: PartyCall[] = [];
    let refused: unknown;
    for (const to of numbers) {
      const call = new PartyCall(to, note);
      const trunks = trunksFor(to, accountTrunks, undefined);
      try {
        if (trunks.length === 0) throw new Error('The account has no SIP trunk for it. See GET /endpoints.');
        await place(call, { to, from, ringTimeoutMs: order.ringTimeoutMs }, trunks, this.#call);
        calls.push(call);
      } catch (error) {
        refused = error;
        note(`${to} cannot be called: ${error instanceof Error ? error.message : String(error)}`);
      }
      if (signal.aborted) break;
    }
    if (calls.length === 0) throw refused;
    return calls;
  }

  async #callerId(wanted: string | undefined): Promise<string> {
    const { accountId, ownNumber, directory } = this.#parts;
    const callerId = wanted ?? ownNumber;
    const owned = await directory.phoneNumbers.ownedVoiceNumbers(accountId);
    if (!owned.some(({ e164 }) => e164 === callerId)) throw new Error('CallerId is not a phone number that the account owns.');
    return callerId;
  }

  /** Plays to the caller what there is to hear while it rings, until `signal` is aborted. */
  #entertain({ meanwhile }: PartyOrder, signal: AbortSignal): void {
    if (meanwhile.durationMs <= 0) return;
    const again = (): Promise<unknown> => this.#call.play(meanwhile, { interruptible: false }, signal).then(again);
    // It ends with the wait, or with the call.
    again().catch(() => undefined);
  }

  /** The call once who answered it has taken it; undefined when it came to nothing. Never rejects. */
  async #accepted(party: PartyCall, { whisper, acceptKeys }: PartyOrder, signal: AbortSignal): Promise<Taken | undefined> {
    const call = await party.answer;
    if (!call) return undefined;
    try {
      if (whisper) await call.play(whisper, { interruptible: acceptKeys !== '' }, signal);
      if (acceptKeys === '' || (await this.#pressed(call, acceptKeys, signal))) return { party, call };
      this.#parts.note(`${party.number} has not taken the call`);
    } catch {
      // It was hung up meanwhile.
    }
    await party.end();
    return undefined;
  }

  async #pressed(call: AnsweredCall, keys: string, signal: AbortSignal): Promise<boolean> {
    const rules = { max: 1, terminators: '', firstMs: ACCEPT_MS, betweenMs: ACCEPT_MS };
    const { digits } = await call.collect(rules, signal);
    return digits !== '' && keys.includes(digits);
  }

  /** Joins the two, until the called one is gone. */
  async #talk({ party, call }: Taken, { record }: PartyOrder): Promise<Pick<PartyResult, 'talkedMs' | 'recordingId'>> {
    const { clock, note } = this.#parts;
    const beganMs = clock.now();
    const recording = record ? this.#record(call) : undefined;
    this.#call.bridge(call);
    note(`Joined with ${party.number}`);
    const end = await party.over;
    const talkedMs = clock.now() - beganMs;
    note(`${party.number}: ${describeEnd(end)}`);
    const recordingId = await recording;
    return { talkedMs, ...(recordingId !== undefined && { recordingId }) };
  }

  /** Keeps the sound of both. Never rejects: a call is worth more than its recording. */
  async #record(call: AnsweredCall): Promise<string | undefined> {
    const { recordings, note, log } = this.#parts;
    try {
      return await recordings.save(await call.recordCall(recordings.newPath(), 'stereo'));
    } catch (error) {
      note('The call could not be recorded');
      log.error({ err: error }, 'A joined call could not be recorded');
      return undefined;
    }
  }
}

interface Taken {
  readonly party: PartyCall;
  readonly call: AnsweredCall;
}

/** The first that is something; undefined when none is. */
function firstOf<T>(attempts: readonly Promise<T | undefined>[]): Promise<T | undefined> {
  return new Promise((resolve) => {
    for (const attempt of attempts) void attempt.then((value) => value !== undefined && resolve(value));
    void Promise.all(attempts).then(() => resolve(undefined));
  });
}

/** What to say of calls that all came to nothing: that of the callee who was nearest to answering. */
function statusOf(ends: readonly LegEnd[]): Exclude<PartyStatus, 'Answered'> {
  const all = ends.map(({ why }) => statuses[why]);
  return (['NoAnswer', 'Busy', 'Rejected'] as const).find((status) => all.includes(status)) ?? 'Failed';
}

const statuses: Readonly<Record<LegEnd['why'], Exclude<PartyStatus, 'Answered'>>> = {
  'callee-hung-up': 'NoAnswer',
  'caller-hung-up': 'NoAnswer',
  'we-hung-up': 'NoAnswer',
  'no-answer': 'NoAnswer',
  cancelled: 'NoAnswer',
  busy: 'Busy',
  rejected: 'Rejected',
  unreachable: 'Failed',
  'number-not-found': 'Failed',
  failed: 'Failed',
};

function impossible(): never {
  throw new Error('Number is not a possible E.164 number. Write it with + and country code, for example +18144043093.');
}
