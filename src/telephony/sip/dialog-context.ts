import { ChallengeAnswers } from './challenge-answers.ts';
import type { ClientTransaction } from './client-transaction.ts';
import type { SipCore, SipCredentials } from './core.ts';
import { dialogRequest, type MessageBody, sdpBody } from './dialog-request.ts';
import type { DialogState } from './dialog-state.ts';
import type { SipResponse } from './message.ts';
import { hopOf } from './next-hop.ts';
import type { Hop, WrittenRequest } from './transport.ts';

/** What a request carries beside the headers that every request of its dialog has. */
export interface RequestContent {
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** A session description. */
  readonly sdp?: string | undefined;
  /** Anything else, instead of a session description. */
  readonly body?: MessageBody;
}

/** A request as it left, for the ACK to its 2xx (RFC 3261 section 13.2.2.4: with the credentials of the INVITE). */
export interface RequestSent {
  readonly cSeq: number;
  readonly authorization: readonly (readonly [name: string, value: string])[];
}

/** What becomes of a request in a dialog. Challenges that can be answered are not told. */
export interface RequestEvents {
  /** The request has left, the first time or again with credentials. */
  sent?(transaction: ClientTransaction, sent: RequestSent): void;
  provisional?(response: SipResponse): void;
  /** The final response, and every repetition of a 2xx to INVITE. */
  final(response: SipResponse, sent: RequestSent): void;
  failed(why: 'timeout' | 'transport'): void;
}

/** The state of one dialog, shared by its parts, and how its requests are sent. */
export class DialogContext {
  readonly core: SipCore;
  readonly #credentials: SipCredentials | undefined;
  state: DialogState;

  constructor(core: SipCore, state: DialogState, credentials: SipCredentials | undefined) {
    this.core = core;
    this.state = state;
    this.#credentials = credentials;
  }

  /** Sends a request with the next CSeq number, and again with credentials when it is challenged (RFC 3261 section 22). */
  send(method: string, content: RequestContent, events: RequestEvents): void {
    this.#attempt(method, content, events, this.#credentials && new ChallengeAnswers(this.#credentials, this.core.random));
  }

  /** Writes and sends the ACK to a 2xx of the INVITE with this CSeq number; `sdp` answers an offer in it. */
  acknowledge({ cSeq, authorization }: RequestSent, sdp?: string): WrittenRequest {
    const { layer, product } = this.core;
    const ack = layer.writeAck(dialogRequest(this.state, 'ACK', cSeq, product, authorization, sdpBody(sdp)), this.#hop());
    layer.sendAck(ack);
    if (!this.state.invite.acked && this.state.invite.cSeq === cSeq) this.state = { ...this.state, invite: { cSeq, acked: true } };
    return ack;
  }

  #attempt(method: string, content: RequestContent, events: RequestEvents, answers: ChallengeAnswers | undefined): void {
    const { layer, product, log } = this.core;
    const cSeq = this.state.localCSeq + 1;
    this.state = { ...this.state, localCSeq: cSeq, ...(method === 'INVITE' && { invite: { cSeq, acked: false } }) };
    try {
      const request = dialogRequest(this.state, method, cSeq, product, content.headers, content.body ?? sdpBody(content.sdp));
      const authorization = answers?.headersFor(method, request.uri) ?? [];
      for (const [name, value] of authorization) request.headers.add(name, value);
      const sent = { cSeq, authorization };
      const response = (answer: SipResponse): void => {
        const { status } = answer;
        if (status < 200) events.provisional?.(answer);
        else if ((status === 401 || status === 407) && answers?.accept(answer)) this.#attempt(method, content, events, answers);
        else events.final(answer, sent);
      };
      const transaction = layer.send(request, this.#hop(), { response, failed: events.failed });
      events.sent?.(transaction, sent);
    } catch (error) {
      log.warn({ err: error, method }, 'A request in a dialog could not be sent');
      events.failed('transport');
    }
  }

  #hop(): Hop {
    const { transport } = this.core;
    const { state } = this;
    const hop = hopOf(state, (kind, family) => transport.canReach(kind, family));
    return state.role === 'uas' ? transport.reuse({ ...state.nextHop, transport: state.transport }, hop) : hop;
  }
}
