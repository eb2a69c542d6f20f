import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import { type Random, randomHex } from '../../kernel/random.ts';
import type { Wire } from '../../wire/wire.ts';
import { ClientTransaction, type ClientTransactionEvents } from './client-transaction.ts';
import { isKnownMethod } from './known-methods.ts';
import { makeResponse, type ReplyOptions } from './make-response.ts';
import type { SipRequest, SipResponse } from './message.ts';
import { parseNameAddress } from './parse-address.ts';
import { type CSeq, parseCSeq } from './parse-cseq.ts';
import { parseMessage } from './parse-message.ts';
import { parseVia, type Via } from './parse-via.ts';
import { ServerTransaction } from './server-transaction.ts';
import { SilentTcp } from './silent-tcp.ts';
import { SipParseError } from './sip-parse-error.ts';
import { splitList } from './split-list.ts';
import { type Hop, responseRoute, type SipTransport, stampVia, type WrittenRequest } from './transport.ts';
import { writeMessage } from './write-message.ts';

/** A request as it reaches the transaction user: for the first time, with its transaction. */
export interface ReceivedRequest {
  readonly request: SipRequest;
  readonly cSeq: number;
  readonly transaction: ServerTransaction;
}

/** Who gets what the transactions do not handle themselves. */
export interface TransactionUser {
  /** A new request, never ACK or CANCEL. It must be answered. @throws SipParseError to have it answered with that status. */
  request(received: ReceivedRequest): void;
  /** An ACK that belongs to a 2xx. */
  ack(request: SipRequest, cSeq: number, source: Hop): void;
  /** A 2xx to an INVITE that no transaction knows, or one whose transaction has had a refusal; `branch` is that of its Via. */
  strayAnswer(response: SipResponse, cSeq: number, branch: string): void;
}

export interface TransactionLayerOptions {
  readonly wires: readonly Wire[];
  readonly transport: SipTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly user: TransactionUser;
  /** Requests beyond this many server transactions are refused with 503, so that a flood cannot eat the memory. */
  readonly maxServerTransactions: number;
  /** And so are those beyond this many bytes, as a transaction keeps its request, and then a response that repeats much of it. */
  readonly maxServerBytes: number;
}

/** Marks branches of RFC 3261 as opposed to RFC 2543 (section 8.1.1.7). */
const MAGIC_COOKIE = 'z9hG4bK';
const OVERLOAD_RETRY_SECONDS = 10;
/** What begins and ends calls: a peer that misses one of these goes on with a call that is none. */
const CALL_METHODS: ReadonlySet<string> = new Set(['INVITE', 'CANCEL', 'BYE']);

/** Matches messages to transactions (RFC 3261 sections 17.1.3 and 17.2.3), and makes new ones. */
export class TransactionLayer {
  readonly #options: TransactionLayerOptions;
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  /** The length of the requests that `#servers` were made for. */
  #serverBytes = 0;
  readonly #onCallsAnswered: (() => void)[] = [];
  /** Of responses outside a transaction: always the same, as a repeated request must get the same tag (section 8.2.7). */
  readonly #statelessTag: string;

  readonly #silentTcp: SilentTcp;

  constructor(options: TransactionLayerOptions) {
    this.#options = options;
    this.#silentTcp = new SilentTcp(options.clock);
    this.#statelessTag = randomHex(options.random, 8);
    for (const wire of options.wires) {
      wire.onReceive((bytes, from) => this.#receive(bytes, { ...from, transport: wire.kind }));
      wire.onClosed?.((peer) => this.#connectionClosed({ ...peer, transport: wire.kind }));
    }
  }

  /** Transactions that are not over. */
  get live(): number {
    return this.#clients.size + this.#servers.size;
  }

  /** Resolves when every INVITE, CANCEL and BYE that we sent has its final response, or none can come any more. */
  callsAnswered(): Promise<void> {
    return new Promise((resolve) => {
      this.#onCallsAnswered.push(resolve);
      this.#tellCallsAnswered();
    });
  }

  /** Sends a request in a transaction of its own. @throws when there is no wire for the hop or the request cannot be written. */
  send(request: SipRequest, hop: Hop, events: ClientTransactionEvents): ClientTransaction {
    return this.#start(request, hop, this.#newBranch(), events, false);
  }

  /**
   * Sends the CANCEL of an INVITE (RFC 3261 section 9.1). Its own outcome says nothing: the INVITE gets its final response.
   * Does nothing when the INVITE has one already. It is sent again when its connection breaks; when the peer cannot be reached the INVITE is over.
   * @param reason the value of Reason (RFC 3326)
   */
  cancel(invite: ClientTransaction, reason?: string): void {
    this.#cancel(invite, reason, true);
  }

  /**
   * Writes the ACK to a 2xx, which is a transaction of its own without a response (section 13.2.2.4). It goes over the transport of the hop,
   * however large it is: nothing would tell that TCP is refused, where larger requests go.
   */
  writeAck(request: SipRequest, hop: Hop): WrittenRequest {
    return this.#options.transport.write(request, hop, this.#newBranch(), true);
  }

  /**
   * Sends what `writeAck` made: to `answerer`, where the 2xx came from, when nothing else leads to the peer. The peer repeats its 2xx when it gets lost, so
   * a failure is not an event.
   */
  sendAck({ bytes, hop }: WrittenRequest, answerer = hop): void {
    this.#options.transport.send(bytes, hop.isOnlyWay ? answerer : hop).catch(() => {});
  }

  /** Drops every transaction; nothing is sent. The timers end with the clock that was given. */
  close(): void {
    this.#clients.clear();
    this.#servers.clear();
    for (const wire of this.#options.wires) wire.onReceive(() => {});
  }

  #cancel(invite: ClientTransaction, reason: string | undefined, mayRepeat: boolean): void {
    const request = invite.cancelRequest(reason);
    if (!request) return;
    const events: ClientTransactionEvents = {
      response: () => {},
      failed: (why) => {
        if (why === 'transport') invite.giveUp();
      },
      broken: () => (mayRepeat ? this.#cancel(invite, reason, false) : invite.giveUp()),
    };
    this.#start(request, invite.hop, invite.branch, events, true);
  }

  #connectionClosed(peer: Hop): void {
    for (const transaction of [...this.#clients.values()]) transaction.connectionClosed(peer);
  }

  #tellCallsAnswered(): void {
    if (this.#onCallsAnswered.length === 0) return;
    for (const { method, isWaiting } of this.#clients.values()) if (isWaiting && CALL_METHODS.has(method)) return;
    for (const resolve of this.#onCallsAnswered.splice(0)) resolve();
  }

  #newBranch(): string {
    return MAGIC_COOKIE + randomHex(this.#options.random, 16);
  }

  #start(request: SipRequest, hop: Hop, branch: string, events: ClientTransactionEvents, asAsked: boolean): ClientTransaction {
    const { clock, transport } = this.#options;
    const key = `${branch} ${request.method}`;
    const parts = { clock, transport, silentTcp: this.#silentTcp, branch, onTerminated: () => this.#clientOver(key, transaction) };
    const transaction: ClientTransaction = new ClientTransaction(request, hop, events, parts, asAsked);
    this.#clients.set(key, transaction);
    transaction.start();
    return transaction;
  }

  #clientOver(key: string, transaction: ClientTransaction): void {
    // A CANCEL that is sent again has the key of the first.
    if (this.#clients.get(key) === transaction) this.#clients.delete(key);
    this.#tellCallsAnswered();
  }

  #receive(bytes: Uint8Array, source: Hop): void {
    let request: SipRequest | undefined;
    try {
      const message = parseMessage(bytes);
      if (message.kind === 'response') {
        this.#response(message, source);
      } else {
        request = message;
        this.#request(message, bytes.length, source);
      }
    } catch (error) {
      if (error instanceof SipParseError) this.#unreadable(error, error.request ?? request, source);
      else this.#options.log.error({ err: error }, 'A SIP message could not be handled');
    }
  }

  #response(response: SipResponse, source: Hop): void {
    // Nobody but us is to get the answer to what we sent (RFC 3261 section 8.1.3.3).
    const vias = response.headers.all('Via');
    if (vias.length > 1 || (vias[0]?.includes(',') && splitList(vias).length > 1)) return;
    const { number, method } = parseCSeq(response.headers.first('CSeq') ?? '');
    const { via } = topVia(response.headers.first('Via'));
    const { branch = '' } = via;
    const transaction = this.#clients.get(`${branch} ${method}`);
    const isAnswer = method === 'INVITE' && response.status >= 200 && response.status < 300;
    if (transaction && !(isAnswer && transaction.isRefused)) {
      transaction.receive(response, source);
      this.#tellCallsAnswered();
    } else if (isAnswer) this.#options.user.strayAnswer(response, number, branch);
  }

  #request(request: SipRequest, length: number, source: Hop): void {
    const { line, via } = topVia(request.headers.first('Via'));
    const cSeq = parseCSeq(request.headers.first('CSeq') ?? '');
    checkRequest(request, cSeq);
    const key = serverKey(request, via, line, cSeq);
    const known = this.#servers.get(`${request.method === 'ACK' ? 'INVITE' : request.method} ${key}`);
    if (known) known.receive(request, source, responseRoute(via, source.transport, source));
    else if (request.method === 'ACK') this.#options.user.ack(request, cSeq.number, source);
    else if (!this.#hasRoomFor(length)) this.#overloaded(request, via, line, source);
    else this.#begin(request, length, cSeq.number, via, line, key, source);
  }

  #hasRoomFor(length: number): boolean {
    const { maxServerTransactions, maxServerBytes } = this.#options;
    return this.#servers.size < maxServerTransactions && this.#serverBytes + length <= maxServerBytes;
  }

  #begin(request: SipRequest, length: number, cSeq: number, via: Via, line: string, key: string, source: Hop): void {
    const ownKey = copyOf(`${request.method} ${key}`);
    const { clock, transport, random, user } = this.#options;
    const transaction = new ServerTransaction(request, stampVia(line, via, source), {
      clock,
      transport,
      route: responseRoute(via, source.transport, source),
      source,
      toTag: (request.method === 'CANCEL' && this.#servers.get(`INVITE ${key}`)?.toTag) || randomHex(random, 8),
      onTerminated: () => {
        this.#servers.delete(ownKey);
        this.#serverBytes -= length;
      },
    });
    this.#servers.set(ownKey, transaction);
    this.#serverBytes += length;
    try {
      if (request.method === 'CANCEL') this.#cancelled(transaction, key);
      else user.request({ request, cSeq, transaction });
    } catch (error) {
      if (!(error instanceof SipParseError))
        this.#options.log.error({ err: error, method: request.method }, 'A SIP request could not be handled');
      transaction.reply(
        error instanceof SipParseError ? error.status : 500,
        error instanceof SipParseError ? { reason: error.message } : {},
      );
    }
  }

  #cancelled(transaction: ServerTransaction, key: string): void {
    const invite = this.#servers.get(`INVITE ${key}`);
    transaction.reply(invite ? 200 : 481);
    invite?.cancel();
  }

  #overloaded(request: SipRequest, via: Via, line: string, source: Hop): void {
    this.#replyStateless(request, 503, via, line, source, { headers: [['Retry-After', String(OVERLOAD_RETRY_SECONDS)]] });
  }

  /** What cannot be read but shows where it came from gets an answer; responses and ACKs never do. */
  #unreadable(error: SipParseError, request: SipRequest | undefined, source: Hop): void {
    if (request === undefined || request.method === 'ACK') return;
    try {
      const { line, via } = topVia(request.headers.first('Via'));
      this.#replyStateless(request, error.status, via, line, source, { reason: error.message });
    } catch (again) {
      if (!(again instanceof SipParseError)) this.#options.log.error({ err: again }, 'A SIP request could not be refused');
    }
  }

  #replyStateless(request: SipRequest, status: number, via: Via, line: string, source: Hop, options: ReplyOptions): void {
    const bytes = writeMessage(makeResponse(request, status, stampVia(line, via, source), this.#statelessTag, options));
    this.#options.transport.respond(bytes, responseRoute(via, source.transport, source)).catch(() => {});
  }
}

/** The same text with memory of its own: a part of a message holds on to all of its headers. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

function topVia(line: string | undefined): { line: string; via: Via } {
  if (line === undefined) throw new SipParseError(400, 'There is no Via');
  return { line, via: parseVia(line.includes(',') ? (splitList([line])[0] ?? '') : line) };
}

/** What every request must have before anything else looks at it (RFC 3261 section 8.1.1). */
function checkRequest(request: SipRequest, cSeq: CSeq): void {
  if (cSeq.method !== request.method) {
    throw new SipParseError(isKnownMethod(request.method) ? 400 : 501, 'CSeq names another method');
  }
  for (const name of ['From', 'To']) parseNameAddress(request.headers.first(name) ?? '');
  if (!request.headers.first('Call-ID')) throw new SipParseError(400, 'Call-ID is missing');
  const vias = request.headers.all('Via');
  if (vias.length === 1 && !vias[0]?.includes(',')) return;
  for (const via of splitList(vias)) parseVia(via);
}

/**
 * RFC 3261 section 17.2.3. A branch without the magic cookie is not unique, so RFC 2543 peers are matched by more; and so are those
 * that send nothing after it (RFC 4475 section 3.2.1).
 */
function serverKey(request: SipRequest, via: Via, line: string, cSeq: CSeq): string {
  if (via.branch?.startsWith(MAGIC_COOKIE) && via.branch.length > MAGIC_COOKIE.length) return `${via.branch} ${via.host}:${via.port ?? ''}`;
  return `${line} ${request.headers.first('Call-ID')} ${request.headers.first('From')} ${cSeq.number}`;
}
