import type { SessionPatch } from '../store/session-rows.ts';
import type { ConnectedCall } from './connected-call.ts';
import type { FlowRun } from './flow-run.ts';

/** What another process would need to go on with the calls of a session, or to hang them up: as it is written down while they are up. */
export class SessionState {
  /** Of the call of the session. */
  #leg: Readonly<Record<string, unknown>> = {};
  /** Of the calls beside it that are up. */
  readonly #parties = new Map<object, Readonly<Record<string, unknown>>>();

  /** Of the call of the session; nothing: it is not up. */
  legChanged(state: Readonly<Record<string, unknown>>): void {
    this.#leg = state;
  }

  /** A call beside it; undefined: it is over, or of another session. Answers whether anything has changed. */
  partyChanged(party: object, state: Readonly<Record<string, unknown>> | undefined): boolean {
    if (state === undefined) return this.#parties.delete(party);
    this.#parties.set(party, state);
    return true;
  }

  /** All of it, beside the position in the flow; `connected` is there once the call is answered. */
  patch(flow: FlowRun['position'], connected: ConnectedCall | undefined): Pick<SessionPatch, 'state' | 'conference' | 'hold'> {
    const conference = connected?.conference.state ?? null;
    const hold = connected?.held ?? null;
    const parties = [...this.#parties.values()];
    const state = {
      leg: this.#leg,
      flow,
      ...(parties.length > 0 && { parties }),
      ...(conference && { conference }),
      ...(hold && { hold }),
    };
    return { state, conference, hold };
  }
}
