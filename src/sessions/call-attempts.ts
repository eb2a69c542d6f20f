import type { TargetHealth } from '../directory/target-health.ts';
import { orderTargets } from '../directory/target-order.ts';
import type { TrunkTarget } from '../directory/trunk-targets.ts';
import type { Trunk } from '../directory/trunks.ts';
import type { Random } from '../kernel/random.ts';
import type { AnsweredCall, CallSlot, DialRequest, LegEnd, LegEvents, MediaReport, PlacedCall } from '../telephony/port.ts';
import { endpointText, PROGRESS_MS } from '../telephony/port.ts';
import { describeEnd } from './outcome.ts';
import type { Channel } from './trunk-limits.ts';

/** A channel of a trunk and a media port, held for one call. */
export interface Reservation {
  readonly trunk: Trunk;
  readonly channel: Channel;
  readonly slot: CallSlot;
}

/** What happens on a call that may take several attempts: the events of its legs, as those of one, and each change of target. */
export interface AttemptEvents extends LegEvents {
  /** An attempt has failed and the next begins, over this trunk. */
  triesAgain(message: string, trunkId: string): void;
}

export interface CallAttemptsParts {
  /** What the first attempt uses. */
  readonly reservation: Reservation;
  /** The trunks that may be used when the first one fails, in order. */
  readonly others: readonly Trunk[];
  /** Takes channel and port on the first trunk that has room. @throws AppError NO_CAPACITY */
  readonly reserve: (trunks: readonly Trunk[]) => Promise<Reservation>;
  /** Takes a port for a further attempt over the same trunk. @throws AppError NO_CAPACITY */
  readonly reserveSlot: () => Promise<CallSlot>;
  /** Called when a channel has become free. */
  readonly onFreed: () => void;
  readonly request: (trunk: Trunk, target: TrunkTarget) => DialRequest;
  /** Which targets to try last, and who is told which of them failed. */
  readonly health: Pick<TargetHealth, 'isDoubtful' | 'avoid'>;
  readonly random: Random;
}

/** How long a target may be silent while there is another one: the INVITE has been sent four times by then. */
const SILENCE_MS = 6_000;
/** How long a target that could not be reached, or that cannot serve and does not say how long, is tried last. */
const AVOIDED_MS = 30_000;
const MOST_ATTEMPTS = 16;
const cancelled: LegEnd = { why: 'cancelled', sip: 487 };

/**
 * One call, over the targets of a trunk and then those of the next trunk, until one takes it. Each attempt has a leg of its own, so a
 * target that has sent early media leaves neither its audio nor its keys to the next. Once a phone rings (180) there is no other
 * attempt; a 183 says no more than that the call makes progress, and the failure after it that no phone rings any more.
 */
export class CallAttempts implements PlacedCall, Channel {
  readonly #parts: CallAttemptsParts;
  readonly #over: Promise<void>;
  #resolveOver: () => void = () => {};
  #trunk: Trunk;
  #channel: Channel;
  #targets: TrunkTarget[];
  #others: readonly Trunk[];
  #target: TrunkTarget | undefined;
  #call: PlacedCall | undefined;
  #attempts = 0;
  #rang = false;
  #ending = false;

  constructor(parts: CallAttemptsParts) {
    const { trunk, channel } = parts.reservation;
    this.#parts = parts;
    this.#trunk = trunk;
    this.#channel = channel;
    this.#targets = this.#ordered(trunk);
    this.#others = parts.others;
    this.#over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
  }

  /** Begins the first attempt. */
  start(events: AttemptEvents): PlacedCall {
    this.#dial(this.#parts.reservation.slot, events);
    return this;
  }

  end(why?: 'answered-elsewhere'): Promise<void> {
    this.#ending = true;
    void this.#call?.end(why);
    return this.#over;
  }

  /** Gives the channel of the trunk back. Idempotent. */
  release(): void {
    this.#channel.release();
  }

  #dial(slot: CallSlot, events: AttemptEvents): void {
    const target = this.#targets.shift();
    if (!target) throw new Error('A trunk has no target');
    this.#target = target;
    this.#attempts++;
    const request = this.#parts.request(this.#trunk, target);
    const last = this.#targets.length === 0 && this.#others.length === 0;
    const patience = last ? {} : { responseTimeoutMs: SILENCE_MS, progressTimeoutMs: PROGRESS_MS };
    this.#call = slot.dial({ ...request, ...patience }, this.#legEvents(events));
  }

  #legEvents(events: AttemptEvents): LegEvents {
    return {
      sent: (callId) => events.sent(callId),
      ringing: (status) => {
        this.#rang ||= status === 180;
        events.ringing(status);
      },
      earlyMedia: (call) => events.earlyMedia?.(call),
      answered: (call: AnsweredCall) => {
        this.#rang = true;
        events.answered(call);
      },
      stateChanged: (state) => events.stateChanged(state),
      ended: (end, media) => void this.#attemptEnded(end, media, events),
    };
  }

  async #attemptEnded(end: LegEnd, media: MediaReport, events: AttemptEvents): Promise<void> {
    this.#call = undefined;
    const failed = this.#target;
    if (failed) this.#learn(failed, end);
    const mayGoOn = !this.#ending && !this.#rang && this.#attempts < MOST_ATTEMPTS && isWorthAnother(end);
    const slot = mayGoOn ? await this.#next() : undefined;
    if (!slot) {
      this.#finish(end, media, events);
      return;
    }
    if (this.#ending) {
      await slot.release();
      this.#finish(cancelled, media, events);
      return;
    }
    events.triesAgain(`${failed && textOf(failed)}: ${describeEnd(end)}; trying ${textOf(this.#targets[0])}`, this.#trunk.trunkId);
    this.#dial(slot, events);
  }

  /** A port for the next target, which is over the next trunk when this one has no more. */
  async #next(): Promise<CallSlot | undefined> {
    try {
      if (this.#targets.length > 0) return await this.#parts.reserveSlot();
      if (this.#others.length === 0) return undefined;
      this.release();
      this.#parts.onFreed();
      const { trunk, channel, slot } = await this.#parts.reserve(this.#others);
      this.#trunk = trunk;
      this.#channel = channel;
      this.#targets = this.#ordered(trunk);
      this.#others = this.#others.filter(({ trunkId }) => trunkId !== trunk.trunkId);
      return slot;
    } catch {
      // There is no room for another attempt: the call ends with what became of this one.
      return undefined;
    }
  }

  /** What has become of the attempt tells which targets the next calls should rather not go to. */
  #learn(target: TrunkTarget, { why, sip, retryAfterMs, isPeersWord }: LegEnd): void {
    const { trunkId } = this.#trunk;
    if (sip === 503 && retryAfterMs !== undefined) this.#parts.health.avoid(trunkId, target, retryAfterMs);
    else if (why === 'unreachable' && (sip === 503 || !isPeersWord)) this.#parts.health.avoid(trunkId, target, AVOIDED_MS);
  }

  #finish(end: LegEnd, media: MediaReport, events: AttemptEvents): void {
    events.ended(end, media);
    this.#resolveOver();
  }

  #ordered(trunk: Trunk): TrunkTarget[] {
    const { health, random } = this.#parts;
    return orderTargets(trunk.targets, (target) => health.isDoubtful(trunk.trunkId, target), random);
  }
}

/**
 * Whether another target may do better: it was not reached, did not answer, found nobody in time (408), or failed by itself (5xx). What
 * the callee or the number is the cause of (4xx, 6xx) is the same everywhere (RFC 3261 sections 16.7 and 21.4.9, RFC 3263 section 4.3).
 */
function isWorthAnother({ why, sip = 0 }: LegEnd): boolean {
  return why === 'unreachable' || (sip >= 500 && sip < 600);
}

function textOf(target: TrunkTarget | undefined): string {
  if (!target) return '';
  return target.port === undefined ? target.host : endpointText({ address: target.host, port: target.port });
}
