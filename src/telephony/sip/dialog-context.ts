import { ChallengeAnswers } from './challenge-answers.ts';
import type { ClientTransaction } from './client-transaction.ts';
import type { SipCore, SipCredentials } from './core.ts';
import { dialogRequest, type MessageBody, sdpBody } from './dialog-request.ts';
import type { DialogState } from './dialog-state.ts';
import type { SipResponse } from './message.ts';
import { destinationOf, hopOf, nextHopAfter } from './next-hop.ts';
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

/** The same, when it is answered. */
export interface RequestAnswered extends RequestSent {
  readonly answerer: Hop;
  /**
   * Whether it had to leave again, since its connection broke. A peer that has got both, and knows the first no more, then refuses the second
   * for its number, with 500 (RFC 3261 section 12.2.2).
   */
  readonly isRepeated: boolean;
}

/** What becomes of a request in a dialog. Challenges that can be answered are not told. */
export interface RequestEvents {
  /** The request has left, the first time or again with credentials. */
  sent?(transaction: ClientTransaction, sent: RequestSent): void;
  provisional?(response: SipResponse): void;
  /** The final response, and every repetition of a 2xx to INVITE. */
  final(response: SipResponse, sent: RequestAnswered): void;
  failed(why: 'timeout' | 'transport'): void;
}

/** A request that is being sent, to whichever hop. */
interface Sending {
  readonly method: string;
  readonly content: RequestContent;
  readonly events: RequestEvents;
  readonly answers: ChallengeAnswers | undefined;
  /** Whether it is sent for the second time, since the connection has broken over which it left first. */
  readonly isRepeated: boolean;
}

/**
 * What does no harm when the peer gets it twice, and so is sent again, as a request of its own, when the connection breaks over which it left.
 * INVITE, INFO and REFER are repeated by their transactions.
 */
const REPEATABLE: ReadonlySet<string> = new Set(['BYE', 'UPDATE', 'PRACK', 'NOTIFY', 'OPTIONS']);

/** The state of one dialog, shared by its parts, and how its requests are sent. */
export class DialogContext {
  readonly core: SipCore;
  readonly #credentials: SipCredentials | undefined;
  state: DialogState;
  /** When a request of the peer came last, or that it takes one of ours. */
  heardAtMs = 0;
  /** Where requests go since a host name was resolved. */
  #located: { readonly host: string; readonly hops: readonly Hop[] } | undefined;

  constructor(core: SipCore, state: DialogState, credentials: SipCredentials | undefined) {
    this.core = core;
    this.state = state;
    this.#credentials = credentials;
  }

  /**
   * Sends a request with the next CSeq number, and again with credentials when it is challenged (RFC 3261 section 22). One that may be
   * repeated is sent once more when its connection breaks, over a new one.
   */
  send(method: string, content: RequestContent, events: RequestEvents): void {
    const answers = this.#credentials && new ChallengeAnswers(this.#credentials, this.core.random);
    this.#send({ method, content, events, answers, isRepeated: false });
  }

  /** Writes and sends the ACK to a 2xx of the INVITE with this CSeq number; `sdp` answers an offer in it. */
  acknowledge({ cSeq, authorization }: RequestSent, sdp?: string): WrittenRequest {
    // It cannot wait: what is not resolved yet is when the ACK is asked for again.
    void this.#locate();
    const { layer, product } = this.core;
    const ack = layer.writeAck(dialogRequest(this.state, 'ACK', cSeq, product, authorization, sdpBody(sdp)), this.#known() ?? this.#hop());
    layer.sendAck(ack);
    if (!this.state.invite.acked && this.state.invite.cSeq === cSeq) this.state = { ...this.state, invite: { cSeq, acked: true } };
    return ack;
  }

  #send(sending: Sending): void {
    const locating = this.#locate();
    if (!locating) {
      this.#attempt(sending, [this.#hop()]);
      return;
    }
    const { closing } = this.core;
    void locating.then((hops) => {
      if (!closing.aborted) this.#attempt(sending, hops);
    });
  }

  /** Sends to the first hop; to the next when that one cannot be reached, says nothing, or answers with 503 (RFC 3263 section 4.3). */
  #attempt(sending: Sending, [hop = this.#hop(), ...otherwise]: readonly Hop[]): void {
    const { method, content, events, answers } = sending;
    const { layer, product, log } = this.core;
    const cSeq = this.state.localCSeq + 1;
    this.state = { ...this.state, localCSeq: cSeq, ...(method === 'INVITE' && { invite: { cSeq, acked: false } }) };
    try {
      const request = dialogRequest(this.state, method, cSeq, product, content.headers, content.body ?? sdpBody(content.sdp));
      const authorization = answers?.headersFor(method, request.uri) ?? [];
      for (const [name, value] of authorization) request.headers.add(name, value);
      const sent = { cSeq, authorization };
      let heardFrom = false;
      let isBroken = false;
      const next = (): void => this.#attempt(sending, otherwise);
      const response = (answer: SipResponse): void => {
        const { status } = answer;
        if (isBroken) return;
        if (transaction.hop.port !== hop.port) this.state = { ...this.state, nextHop: nextHopAfter(this.state, transaction.hop) };
        heardFrom ||= status > 100 && status < 200;
        if (status >= 200 && status < 300) this.heardAtMs = this.core.clock.now();
        if (status < 200) events.provisional?.(answer);
        else if ((status === 401 || status === 407) && answers?.accept(answer)) this.#attempt(sending, [hop, ...otherwise]);
        else if (status === 503 && otherwise.length > 0 && !heardFrom) next();
        else events.final(answer, { ...sent, answerer: transaction.hop, isRepeated: transaction.isRepeated });
      };
      const failed = (why: 'timeout' | 'transport'): void => {
        if (isBroken) return;
        if (otherwise.length > 0 && !heardFrom) next();
        else events.failed(why);
      };
      const broken = (): void => {
        isBroken = true;
        // A 2xx to it that comes all the same is acknowledged as one that no transaction knows.
        transaction.giveUp();
        if (REPEATABLE.has(method) && !sending.isRepeated) this.#send({ ...sending, isRepeated: true });
        else events.failed('transport');
      };
      const transaction = layer.send(request, hop, { response, failed, broken });
      events.sent?.(transaction, sent);
    } catch (error) {
      log.warn({ err: error, method }, 'A request in a dialog could not be sent');
      events.failed('transport');
    }
  }

  /** Resolves the host name to which requests go, if it is one. Where the INVITE went to or came from is the last resort. */
  #locate(): Promise<readonly Hop[]> | undefined {
    const { locator, closing, transport } = this.core;
    const destination = locator && destinationOf(this.state);
    if (!destination) return undefined;
    const known = this.#hop();
    return locator.locate(destination, closing).then(
      (servers) => {
        const reused = servers.map((server) => (this.state.role === 'uas' ? transport.reuse(known, server, destination.host) : server));
        // What has proved to be the known peer goes on as that.
        const hops = reused.map((hop) => (isSame(hop, known) ? known : hop));
        this.#located = { host: destination.host, hops };
        return hops.some((hop) => hop === known) ? hops : [...hops, known];
      },
      () => [known],
    );
  }

  #known(): Hop | undefined {
    return this.#located && this.#located.host === destinationOf(this.state)?.host ? this.#located.hops[0] : undefined;
  }

  #hop(): Hop {
    const { transport } = this.core;
    const { state } = this;
    const hop = hopOf(state, (kind, family) => transport.canReach(kind, family));
    return state.role === 'uas' ? transport.reuse({ ...state.nextHop, transport: state.transport }, hop) : hop;
  }
}

function isSame(one: Hop, other: Hop): boolean {
  return one.address === other.address && one.port === other.port && one.transport === other.transport;
}
