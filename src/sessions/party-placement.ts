import type { Trunk } from '../directory/trunks.ts';
import type { Clock } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import type { Random } from '../kernel/random.ts';
import type { AnsweredCall, Telephony } from '../telephony/port.ts';
import type { CallAttempts } from './call-attempts.ts';
import type { CalledParty } from './called-parties.ts';
import type { PartyCall } from './party-call.ts';
import type { OutgoingLeg } from './trunk-dial-request.ts';
import { limitOfUser, noChannel, type TrunkLimits } from './trunk-limits.ts';

/** How a call beside another one is placed. */
export interface PartyLeg {
  /** The number, or the name, that the party sees as its caller. */
  readonly from: string;
  readonly ringTimeoutMs: number;
  /** The E.164 number that was called first, when the call is placed for one that has come in. */
  readonly divertedFrom?: string;
}

/**
 * Places a call to `party` beside `near`, with which it may be bridged.
 * @throws AppError NO_CAPACITY; Error with a sentence for the author of the flow
 */
export type PlaceParty = (call: PartyCall, party: CalledParty, leg: PartyLeg, near: AnsweredCall) => Promise<void>;

export interface PartyPlacementParts {
  readonly telephony: Pick<Telephony, 'reserve'>;
  readonly limits: Pick<TrunkLimits, 'takeUnpaced'>;
  /** Takes what a call needs from the first trunk that has room. @throws AppError NO_CAPACITY */
  readonly attempts: (leg: OutgoingLeg, trunks: readonly Trunk[], near: AnsweredCall) => Promise<CallAttempts>;
  readonly clock: Clock;
  readonly random: Random;
  /** Called when a channel has become free. */
  readonly onFreed: () => void;
}

/** Places calls beside those of sessions: to numbers over trunks, to users at their phones. Whatever a call took, it gives back when it is over. */
export class PartyPlacement {
  readonly #parts: PartyPlacementParts;

  constructor(parts: PartyPlacementParts) {
    this.#parts = parts;
  }

  readonly place: PlaceParty = async (call, party, leg, near) => {
    switch (party.kind) {
      case 'number':
        return this.#dial(call, party, leg, near);
      case 'phones':
        return this.#ring(call, party, leg, near);
    }
  };

  async #dial(call: PartyCall, { e164, trunks }: CalledParty & { kind: 'number' }, leg: PartyLeg, near: AnsweredCall): Promise<void> {
    if (trunks.length === 0) throw new Error('The account has no SIP trunk for it. See GET /endpoints.');
    const { attempts, clock, random, onFreed } = this.#parts;
    const placed = await attempts({ ...leg, to: e164, legId: newId(clock, random) }, trunks, near);
    void call.over.then(() => {
      placed.release();
      onFreed();
    });
    call.attach(placed.start(call));
  }

  async #ring(
    call: PartyCall,
    { userId, userName, bindings, digits }: CalledParty & { kind: 'phones' },
    leg: PartyLeg,
    near: AnsweredCall,
  ): Promise<void> {
    const { telephony, limits, clock, random, onFreed } = this.#parts;
    const channel = limits.takeUnpaced(limitOfUser(userId));
    if (!('release' in channel)) throw noChannel('the user has as many calls as a user may have', channel.waitMs);
    try {
      const slot = await telephony.reserve(near);
      void call.over.then(() => {
        channel.release();
        onFreed();
      });
      const legId = newId(clock, random);
      call.attach(slot.ring({ ...leg, legId, to: userName, bindings, srtp: 'optional', ...(digits && { digits }) }, call));
    } catch (error) {
      channel.release();
      throw error;
    }
  }
}
