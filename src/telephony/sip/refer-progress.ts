import type { SipfragStatus } from './sipfrag.ts';

/** How a transfer that we asked for has come out. */
export interface TransferOutcome {
  /**
   * `transferred`: the new call is up. `refused`: the peer does not do it. `failed`: it was tried and the new call did not come about.
   * `unknown`: the peer was willing and then told nothing more, or the call ended before it said anything: it may do it all the same.
   */
  readonly result: 'transferred' | 'refused' | 'failed' | 'unknown';
  /** The status that says so, when there was one. */
  readonly sip?: number;
  readonly reason: string;
}

/** A REFER of ours (RFC 3515) that is under way: whether it was accepted, and what is known of the new call. */
export interface OpenRefer {
  readonly phase: 'asked' | 'accepted';
  readonly heard?: SipfragStatus;
}

export type ReferState = OpenRefer | { readonly phase: 'over'; readonly outcome: TransferOutcome };

export type ReferEvent =
  /** The final response. `silent`: the peer will send no NOTIFY (RFC 4488 section 4, RFC 7614 section 5). */
  | { readonly kind: 'response'; readonly status: number; readonly reason: string; readonly silent: boolean }
  /** A NOTIFY; it may come before the response (RFC 6665 section 4.1.2.4). `last`: no other follows. */
  | { readonly kind: 'notify'; readonly heard: SipfragStatus | undefined; readonly last: boolean }
  /** There is no response, the call is over, or it takes too long. */
  | { readonly kind: 'unanswered' | 'ended' | 'deadline'; readonly reason: string };

export const asked: OpenRefer = { phase: 'asked' };

/** The state after an event. Once it is over no event counts any more. */
export function advanceRefer(state: OpenRefer, event: ReferEvent): ReferState {
  switch (event.kind) {
    case 'response': {
      const { status, reason, silent } = event;
      if (status >= 300) return over('refused', reason, status);
      return silent ? over('unknown', 'The peer tells nothing of the new call', status) : { ...state, phase: 'accepted' };
    }
    case 'notify': {
      const { heard = state.heard, last } = event;
      if (heard && heard.status >= 200) return over(heard.status < 300 ? 'transferred' : 'failed', heard.reason, heard.status);
      if (last) return over('unknown', 'The peer has stopped telling of the new call', heard?.status);
      return { phase: 'accepted', ...(heard && { heard }) };
    }
    case 'unanswered':
      return over('refused', event.reason, 408);
    case 'ended':
      // It may have taken the REFER, and its BYE have overtaken the response.
      return over('unknown', event.reason);
    case 'deadline':
      return over('unknown', event.reason, state.heard?.status);
  }
}

function over(result: TransferOutcome['result'], reason: string, sip?: number): ReferState {
  return { phase: 'over', outcome: { result, reason, ...(sip !== undefined && { sip }) } };
}
