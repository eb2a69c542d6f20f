import type { Clock } from '../../kernel/clock.ts';
import { makeResponse, type ReplyOptions } from './make-response.ts';
import type { SipRequest } from './message.ts';
import { type InviteServerEvent, type InviteServerState, inviteServer } from './transaction-invite-server.ts';
import { type NonInviteServerEvent, type NonInviteServerState, nonInviteServer } from './transaction-non-invite-server.ts';
import { type TransactionEffects, TransactionRun } from './transaction-run.ts';
import type { Hop, ResponseRoute, SipTransport } from './transport.ts';
import { writeMessage } from './write-message.ts';

export interface ServerTransactionParts {
  readonly clock: Clock;
  readonly transport: SipTransport;
  readonly route: ResponseRoute;
  /** Where the request came from. */
  readonly source: Hop;
  /** Added to To of our responses when the request has no tag. */
  readonly toTag: string;
  /** Called once, when the transaction is over. */
  readonly onTerminated: () => void;
}

/** One request that we got and our responses to it (RFC 3261 section 17.2). Keeps the bytes of the latest response only. */
export class ServerTransaction implements TransactionEffects<SipRequest> {
  readonly toTag: string;
  readonly source: Hop;
  readonly #parts: ServerTransactionParts;
  /** Dropped with the final response, as it holds on to the whole message. */
  #open: { readonly request: SipRequest; readonly topVia: string } | undefined;
  #latest: Uint8Array | undefined;
  #route: ResponseRoute;
  readonly #invite: TransactionRun<InviteServerState, InviteServerEvent, SipRequest> | undefined;
  readonly #other: TransactionRun<NonInviteServerState, NonInviteServerEvent, SipRequest> | undefined;
  /** The peer sent CANCEL before a final response, or can no longer be reached; the owner must answer 487. */
  onCancelled: (() => void) | undefined;

  /** `topVia` is the topmost Via line as responses carry it. */
  constructor(request: SipRequest, topVia: string, parts: ServerTransactionParts) {
    this.toTag = parts.toTag;
    this.source = parts.source;
    this.#parts = parts;
    this.#route = parts.route;
    this.#open = { request, topVia };
    const reliable = parts.source.transport !== 'udp';
    if (request.method === 'INVITE') this.#invite = new TransactionRun(inviteServer, 'proceeding', reliable, parts.clock, this);
    else this.#other = new TransactionRun(nonInviteServer, 'trying', reliable, parts.clock, this);
  }

  /** Answers the request. Does nothing once a final response was sent. */
  reply(status: number, options?: ReplyOptions): void {
    if (this.#open === undefined) return;
    const { request, topVia } = this.#open;
    this.#latest = writeMessage(makeResponse(request, status, topVia, this.toTag, options));
    if (status >= 200) {
      this.#open = undefined;
      this.onCancelled = undefined;
    }
    this.#invite?.take(status < 200 ? 'respond 1xx' : status < 300 ? 'respond 2xx' : 'respond 300-699');
    this.#other?.take(status < 200 ? 'respond 1xx' : 'respond 200-699');
  }

  /** Sends the 2xx to an INVITE again (RFC 3261 section 13.3.1.4). */
  repeat2xx(): void {
    this.#invite?.take('respond 2xx');
  }

  /**
   * Takes a repetition of the request, or the ACK to a non-2xx response, from `source`. From another port of its address, as a NAT may give it,
   * responses go there by `route` from now on; to another address nothing goes, since responses may have keys in them.
   */
  receive(request: SipRequest, source: Hop, route: ResponseRoute): void {
    if (source.address === this.source.address) this.#route = route;
    this.#invite?.take(request.method === 'ACK' ? 'ACK' : 'INVITE again', request);
    this.#other?.take('request again');
  }

  /** Takes the CANCEL of an INVITE; without effect once there is a final response (RFC 3261 section 9.2). */
  cancel(): void {
    this.onCancelled?.();
  }

  send(): void {
    if (this.#latest) this.#parts.transport.respond(this.#latest, this.#route).catch(() => this.#sendFailed());
  }

  // An ACK to a 2xx has a branch of its own and comes in beside this transaction, and server transactions acknowledge nothing.
  passUp(): void {}
  sendAck(): void {}
  connectionBroken(): void {}

  // Timer H: the peer did not learn how its request ended, and nothing is left that we could do.
  timedOut(): void {}

  /** Nobody is left to be answered, so that the owner need not go on. With a final response there is no owner any more. */
  transportFailed(): void {
    this.cancel();
  }

  terminated(): void {
    this.#latest = undefined;
    this.#parts.onTerminated();
  }

  #sendFailed(): void {
    this.#invite?.take('transport error');
    this.#other?.take('transport error');
  }
}
