import type { Clock } from '../../kernel/clock.ts';
import type { SipRequest, SipResponse } from './message.ts';
import { relatedRequest } from './related-request.ts';
import type { SilentTcp } from './silent-tcp.ts';
import { type InviteClientEvent, type InviteClientState, inviteClient } from './transaction-invite-client.ts';
import { type NonInviteClientEvent, type NonInviteClientState, nonInviteClient } from './transaction-non-invite-client.ts';
import { type TransactionEffects, TransactionRun } from './transaction-run.ts';
import type { Hop, SipTransport, WrittenRequest } from './transport.ts';

/** What the owner of a client transaction hears. */
export interface ClientTransactionEvents {
  /** The transport has taken the request, and no response has come so far. Comes once at most. */
  handedOver?(): void;
  /** Provisional responses, the final response, and every repetition of a 2xx to INVITE. */
  response(response: SipResponse): void;
  /** No response will come: timer B or F ran out, or the request could not be sent. */
  failed(why: 'timeout' | 'transport'): void;
  /**
   * The connection over which the request left is gone, and whether the peer has got it is not known. With that the transaction is over. An
   * INVITE, INFO or REFER is sent again over a new connection first, where a peer that has it takes it for a repetition; when that breaks too this
   * is told. An INVITE then goes on, as responses may come over other connections; after a provisional response it is not told.
   */
  broken(): void;
}

export interface ClientTransactionParts {
  readonly clock: Clock;
  readonly transport: SipTransport;
  readonly silentTcp: SilentTcp;
  readonly branch: string;
  /** Called once, when the transaction is over. */
  readonly onTerminated: () => void;
}

/** What a peer that gets it for the second time must take for a repetition: a digit that is told twice is two digits. */
const REPEATED_AS_IT_IS: ReadonlySet<string> = new Set(['INFO', 'REFER']);

/** One request that we sent and its responses (RFC 3261 section 17.1). Keeps no request once the final response is there. */
export class ClientTransaction implements TransactionEffects<SipResponse> {
  readonly method: string;
  readonly branch: string;
  readonly #parts: ClientTransactionParts;
  readonly #asked: Hop;
  /** Dropped when nothing more can come, though the transaction lives on to absorb repetitions. */
  #events: ClientTransactionEvents | undefined;
  #request: SipRequest | undefined;
  #written: WrittenRequest | undefined;
  #hop: Hop;
  #ack: Uint8Array | undefined;
  /** Whether the transport has taken the request, as a response shows too. */
  #isHandedOver = false;
  /** Whether the connection over which the request left last is up, as far as is known. */
  #isUnderWay = false;
  #isRepeated = false;
  /** Of an INVITE: aborted when it is not to leave any more. */
  readonly #unwanted: AbortController | undefined;
  #invite: TransactionRun<InviteClientState, InviteClientEvent, SipResponse> | undefined;
  #other: TransactionRun<NonInviteClientState, NonInviteClientEvent, SipResponse> | undefined;

  /** Writes the request; `start` sends it. @throws when there is no wire for it or it cannot be written. */
  constructor(request: SipRequest, hop: Hop, events: ClientTransactionEvents, parts: ClientTransactionParts, asAsked = false) {
    this.method = request.method;
    this.branch = parts.branch;
    this.#parts = parts;
    this.#events = events;
    this.#request = request;
    this.#asked = hop;
    if (request.method === 'INVITE') this.#unwanted = new AbortController();
    const staysOverUdp = hop.transport === 'udp' && parts.silentTcp.has(hop);
    this.#written = parts.transport.write(request, hop, parts.branch, asAsked || staysOverUdp);
    this.#hop = this.#written.hop;
  }

  /** Whether no final response has come so far. */
  get isWaiting(): boolean {
    return this.#request !== undefined;
  }

  /** Whether it has got a final response that is no 2xx. */
  get isRefused(): boolean {
    return this.#events === undefined;
  }

  /** A connection is gone. If the request has left over it, a response that is not there yet may never come. */
  connectionClosed({ address, port, transport, serverName }: Hop): void {
    const hop = this.#hop;
    const isOver = hop.transport === transport && hop.address === address && hop.port === port && isSameName(hop.serverName, serverName);
    if (!isOver || !this.#isUnderWay || !this.isWaiting) return;
    this.#isUnderWay = false;
    this.#invite?.take('connection broken');
    if (this.#other && REPEATED_AS_IT_IS.has(this.method) && !this.#isRepeated) this.#sendAgain();
    else this.#other?.take('connection broken');
  }

  /** Whether its connection broke, and it has left again over another. */
  get isRepeated(): boolean {
    return this.#isRepeated;
  }

  /** Where the request went in the end, or where the peer has answered from when nothing else leads to it: its NAT may have given it another port. */
  get hop(): Hop {
    return this.#hop;
  }

  start(): void {
    const reliable = this.#hop.transport !== 'udp';
    const { clock } = this.#parts;
    if (this.method === 'INVITE') this.#invite = new TransactionRun(inviteClient, 'calling', reliable, clock, this);
    else this.#other = new TransactionRun(nonInviteClient, 'trying', reliable, clock, this);
    this.#invite?.take('start');
    this.#other?.take('start');
  }

  receive(response: SipResponse, source: Hop): void {
    const { status } = response;
    this.#follow(source);
    this.#isHandedOver = true;
    this.#invite?.take(status < 200 ? '1xx' : status < 300 ? '2xx' : '300-699', response);
    this.#other?.take(status < 200 ? '1xx' : '200-699', response);
  }

  /** Ends an INVITE transaction that got no final response; reported as a timeout. Does nothing when there was one. */
  giveUp(): void {
    this.#invite?.take('give up');
  }

  /**
   * Repeats an INVITE no more that got no response so far; what comes in spite of that is still told. One that waits for its connection
   * does not leave at all.
   */
  fallSilent(): void {
    this.#invite?.take('fall silent');
    this.#unwanted?.abort();
  }

  /** The CANCEL of this INVITE, or undefined once there is a final response (RFC 3261 section 9.1). */
  cancelRequest(reason: string | undefined): SipRequest | undefined {
    const request = this.#request;
    return request && relatedRequest(request, 'CANCEL', request.headers.first('To') ?? '', reason);
  }

  send(): void {
    const written = this.#written;
    if (!written) return;
    const { clock, transport, silentTcp } = this.#parts;
    const beganMs = clock.now();
    const isTcp = written.hop.transport === 'tcp';
    transport.send(written.bytes, written.hop, this.#unwanted?.signal).then(
      () => {
        if (isTcp) silentTcp.worked(written.hop);
        this.#sendSucceeded();
      },
      () => {
        if (isTcp && this.#unwanted?.signal.aborted !== true) silentTcp.failed(written.hop, clock.now() - beganMs);
        this.#sendFailed(written);
      },
    );
  }

  sendAck(response: SipResponse): void {
    const request = this.#request;
    if (request) {
      const ack = relatedRequest(request, 'ACK', response.headers.first('To') ?? '');
      this.#ack = this.#parts.transport.write(ack, this.#hop, this.branch, true).bytes;
    }
    // A lost ACK is asked for again by the peer's timer G, so a failure to send one is not an event.
    if (this.#ack) this.#parts.transport.send(this.#ack, this.#hop).catch(() => {});
  }

  passUp(response: SipResponse): void {
    const events = this.#events;
    if (response.status >= 200) this.#release();
    if (response.status >= 300 || (response.status >= 200 && this.method !== 'INVITE')) this.#events = undefined;
    events?.response(response);
  }

  timedOut(): void {
    this.#events?.failed('timeout');
  }

  transportFailed(): void {
    this.#events?.failed('transport');
  }

  connectionBroken(): void {
    const repeats = this.#invite !== undefined && !this.#isRepeated && this.#unwanted?.signal.aborted === false;
    if (repeats) this.#sendAgain();
    else this.#events?.broken();
  }

  terminated(): void {
    this.#release();
    this.#parts.onTerminated();
  }

  /** CANCEL and ACK go there too, in spite of RFC 3261 sections 9.1 and 17.1.1.3: where the request went nobody may be any more. */
  #follow({ address, port, transport }: Hop): void {
    const hop = this.#hop;
    if (hop.isOnlyWay && transport === 'udp' && hop.transport === 'udp' && hop.address === address && hop.port !== port)
      this.#hop = { ...hop, port };
  }

  #sendAgain(): void {
    this.#isRepeated = true;
    this.send();
  }

  #release(): void {
    this.#request = undefined;
    this.#written = undefined;
  }

  #sendSucceeded(): void {
    this.#isUnderWay = true;
    if (this.#isHandedOver) return;
    this.#isHandedOver = true;
    this.#events?.handedOver?.();
  }

  /** RFC 3261 section 18.1.1: a request that went to TCP for its size only is tried over UDP when TCP is refused. */
  #sendFailed(written: WrittenRequest): void {
    if (written !== this.#written) return;
    const request = this.#request;
    const isUnwanted = this.#unwanted?.signal.aborted === true;
    if (request === undefined || isUnwanted || this.#hop.transport === this.#asked.transport) {
      this.#invite?.take('transport error');
      this.#other?.take('transport error');
      return;
    }
    this.#invite?.stop();
    this.#other?.stop();
    this.#written = this.#parts.transport.write(request, this.#asked, this.branch, true);
    this.#hop = this.#asked;
    this.start();
  }
}

function isSameName(one = '', other = ''): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
