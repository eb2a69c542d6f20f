import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import type { NewSessionRow } from '../store/session-rows.ts';
import type { SessionStore } from '../store/session-store.ts';
import type { IncomingCall } from '../telephony/port.ts';
import { type IncomingDirectory, type IncomingPlan, planIncoming, type RefusalReason } from './incoming-plan.ts';
import type { LiveCalls } from './live-calls.ts';

export interface IncomingCallsOptions {
  /** Id of this process, as sessions name their owner. */
  readonly owner: string;
  readonly store: Pick<SessionStore, 'create'>;
  readonly calls: Pick<LiveCalls, 'reserveIncoming' | 'addIncoming' | 'release'>;
  readonly directory: IncomingDirectory;
  /** Counts what is refused, and says so once in a while. */
  readonly refusals: { count(reason: RefusalReason, address: string): void };
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Who made a session that no login asked for. */
const CREATED_BY = 'incoming call';
const RETRY_SECONDS = 5;

/** Takes calls that come in: finds the flow they run, and answers once their session is on disk. Everything else is refused. */
export class IncomingCalls {
  readonly #options: IncomingCallsOptions;
  #stopped = false;

  constructor(options: IncomingCallsOptions) {
    this.#options = options;
  }

  /** Takes a call, or refuses it. Never throws. */
  take(call: IncomingCall): void {
    this.#take(call).catch((error: unknown) => this.#failed(call, error));
  }

  /** Refuses every call from now on. */
  stop(): void {
    this.#stopped = true;
  }

  async #take(call: IncomingCall): Promise<void> {
    const { calls, directory, store } = this.#options;
    if (this.#stopped) return this.#refuse(call, 'stopping', 503, RETRY_SECONDS);
    const plan = await planIncoming(call, directory);
    if (plan === 'answered') return;
    if ('refused' in plan) return this.#refuse(call, plan.refused, plan.status);
    const reservation = await calls.reserveIncoming(plan.line, call);
    if (this.#stopped) {
      await calls.release(reservation);
      return this.#refuse(call, 'stopping', 503, RETRY_SECONDS);
    }
    // What is going to be refused with 488 must not ring first.
    if (reservation.slot.takesOffer(plan.line.media)) call.ring();
    const row = this.#newRow(plan);
    const live = calls.addIncoming(row, { ...plan, options: {} }, reservation);
    try {
      await store.create(row);
    } catch (error) {
      await live.abandon();
      throw error;
    }
    if (plan.writtenFrom !== undefined) live.note(`From says ${plan.writtenFrom}`);
    if (plan.forwardedFrom !== undefined) live.note(`Forwarded from ${plan.forwardedFrom}${atFirst(plan.firstFor)}`);
    live.answer();
  }

  #newRow(plan: IncomingPlan): NewSessionRow {
    const { owner, clock, random } = this.#options;
    const { flowId, version } = plan.flow.compiled;
    const { trunkId } = plan.line;
    return {
      id: newId(clock, random),
      accountId: plan.accountId,
      endpointId: plan.endpointId,
      flowId,
      flowVersion: version,
      ...(trunkId !== undefined && { trunkId }),
      direction: 'inbound',
      toAddress: plan.to,
      fromAddress: plan.from,
      owner,
      callState: 'Ringing',
      createdBy: CREATED_BY,
      createdAtMs: clock.now(),
      ...(plan.forwardedFrom !== undefined && { extras: { forwardedFrom: plan.forwardedFrom } }),
    };
  }

  #failed(call: IncomingCall, error: unknown): void {
    if (error instanceof AppError && error.code === 'NO_CAPACITY') {
      this.#refuse(call, 'no-capacity', 503, Math.ceil(error.retryAfterSeconds ?? RETRY_SECONDS));
    } else if (error instanceof AppError && error.code === 'STORE_UNAVAILABLE') {
      this.#refuse(call, 'store-unavailable', 503, RETRY_SECONDS);
    } else {
      this.#options.log.error({ err: error }, 'An incoming call could not be taken');
      this.#refuse(call, 'failed', 500);
    }
  }

  #refuse(call: IncomingCall, reason: RefusalReason, status: number, retryAfterSeconds?: number): void {
    this.#options.refusals.count(reason, call.source.address);
    call.reject(status, retryAfterSeconds);
  }
}

function atFirst(firstFor: string | undefined): string {
  return firstFor === undefined ? '' : `; it was for ${firstFor} at first`;
}
