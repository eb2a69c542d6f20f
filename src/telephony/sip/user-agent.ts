import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import type { Random } from '../../kernel/random.ts';
import type { Dns } from '../../wire/dns.ts';
import type { ByFamily, Family } from '../../wire/ip-address.ts';
import { type CanReach, ServerLocator } from '../../wire/locate-servers.ts';
import type { Wire, WireKind } from '../../wire/wire.ts';
import type { DialogEntry, SipCore, SipCredentials } from './core.ts';
import { Dialog } from './dialog.ts';
import { type DialogState, dialogKey, tagOf, takenOver } from './dialog-state.ts';
import { findReplaced } from './find-replaced.ts';
import { IncomingInvite } from './incoming-invite.ts';
import { sendInviteAlong } from './invite-failover.ts';
import { LateAnswers } from './late-answers.ts';
import { type LoneRequest, sendLone } from './lone-request.ts';
import type { SipRequest, SipResponse } from './message.ts';
import { methodReply, refuseExtensions } from './method-reply.ts';
import type { InviteEvents, OutgoingInvite, OutgoingInviteRequest } from './outgoing-invite.ts';
import { RegisteredConnections } from './registered-connections.ts';
import { type RegistrationAccount, RegistrationClient } from './registration-client.ts';
import { ACCEPTED_BODIES, acceptsSdp, hasForeignBody } from './session-description.ts';
import { intervalRefusal } from './session-timer.ts';
import { SipParseError } from './sip-parse-error.ts';
import { TimerScope } from './timer-scope.ts';
import { type ReceivedRequest, TransactionLayer } from './transaction-layer.ts';
import { SipTransport } from './transport.ts';
import { parseUri } from './uri.ts';

export interface UserAgentOptions {
  /** At most one of each kind and family of addresses. The user agent closes them. */
  readonly wires: readonly Wire[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The addresses under which peers reach us, where they are not those of the wires. */
  readonly publicAddresses?: ByFamily;
  /** Resolves the host names to which requests in dialogs go; absent: they go where the INVITE went to or came from. */
  readonly dns?: Dns;
  /** For User-Agent. */
  readonly product: string;
  /** Takes calls. Without it they are refused with 480. */
  readonly onInvite?: (invite: IncomingInvite) => void;
  /** Takes REGISTERs, and answers each. Without it they are refused with 405. */
  readonly onRegister?: (received: ReceivedRequest) => void;
  /** Takes calls that are to take the place of one that is up or rings (RFC 3891). Without it they are refused with 403. */
  readonly onReplace?: (invite: IncomingInvite, replaced: DialogEntry) => void;
  /** Called with the address to which a request is going to be sent. */
  readonly onRequestTo?: (address: string) => void;
  /** Most requests of peers that are kept at a time (32 s each over UDP); beyond it they get 503. */
  readonly maxServerTransactions?: number;
  /** Most bytes of them, counted as they came. */
  readonly maxServerBytes?: number;
}

const MAX_SERVER_TRANSACTIONS = 50_000;
const MAX_SERVER_BYTES = 64 * 1024 * 1024;

/** A SIP user agent (RFC 3261): places calls, takes calls, and answers whatever else comes in. */
export class UserAgent {
  readonly #options: UserAgentOptions;
  readonly #timers: TimerScope;
  readonly #core: SipCore;
  readonly #closing = new AbortController();
  /** INVITEs without a final response yet, to notice one that reaches us twice by different ways (section 8.2.2.2). */
  readonly #ringing = new Set<string>();

  constructor(options: UserAgentOptions) {
    const { clock, random, log, wires, product } = options;
    this.#options = options;
    this.#timers = new TimerScope(clock);
    const transport = new SipTransport(wires, options.publicAddresses, options.onRequestTo);
    const layer = new TransactionLayer({
      wires,
      transport,
      clock: this.#timers,
      random,
      log,
      maxServerTransactions: options.maxServerTransactions ?? MAX_SERVER_TRANSACTIONS,
      maxServerBytes: options.maxServerBytes ?? MAX_SERVER_BYTES,
      user: {
        request: (received) => this.#request(received),
        ack: (request, cSeq, source) => this.#dialogOf(request)?.receiveAck(request, cSeq, source),
        strayAnswer: (response, cSeq, branch) => this.#strayAnswer(response, cSeq, branch),
      },
    });
    const canReach: CanReach = (kind, family) => transport.canReach(kind, family);
    const locator = options.dns && new ServerLocator({ dns: options.dns, clock: this.#timers, random, canReach });
    this.#core = {
      clock: this.#timers,
      random,
      log,
      product,
      transport,
      layer,
      registered: new RegisteredConnections(wires),
      dialogs: new Map(),
      lateAnswers: new LateAnswers(clock),
      closing: this.#closing.signal,
      ...(locator && { locator }),
    };
  }

  /** Transactions that are not over; some last half a minute beyond their call, to absorb what is still under way. */
  get liveTransactions(): number {
    return this.#core.layer.live;
  }

  /** Early and confirmed dialogs whose BYE is not answered yet. */
  get liveDialogs(): number {
    return this.#core.dialogs.size;
  }

  /** Places a call. When it cannot be sent at all, `failed` is called before this returns. */
  invite(request: OutgoingInviteRequest, events: InviteEvents): OutgoingInvite {
    return sendInviteAlong(this.#core, request, events);
  }

  /** Whether requests can be sent over this transport to addresses of this family. */
  canReach(kind: WireKind, family: Family): boolean {
    return this.#core.transport.canReach(kind, family);
  }

  /** Sends a request outside of any dialog; see `sendLone`. */
  request(request: LoneRequest, signal: AbortSignal): Promise<SipResponse | undefined> {
    return sendLone(this.#core, request, signal);
  }

  /** An address that may be registered elsewhere; nothing is sent yet. See `RegistrationClient` for `onLost`. */
  registration(account: RegistrationAccount, onLost?: () => void): RegistrationClient {
    return new RegistrationClient(this.#core, account, onLost);
  }

  /** Goes on with a confirmed dialog of another user agent, from its state. `credentials` are for challenges to our requests. */
  takeOver(state: DialogState, credentials?: SipCredentials): Dialog {
    return new Dialog(this.#core, takenOver(state), credentials);
  }

  /** Resolves when every INVITE, CANCEL and BYE that was sent has its final response, or none can come any more. */
  callsAnswered(): Promise<void> {
    return this.#core.layer.callsAnswered();
  }

  /** Stops at once, without a word to any peer: no timer, transaction or dialog is left. Closes the wires. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('The user agent is closed'));
    this.#timers.close();
    this.#core.layer.close();
    this.#core.lateAnswers.clear();
    for (const dialog of [...this.#core.dialogs.values()]) dialog.drop();
    await Promise.all(this.#options.wires.map((wire) => wire.close()));
  }

  /** A request from outside (RFC 3261 section 8.2). @throws SipParseError 400 or 416 for a Request-URI that we cannot take. */
  #request(received: ReceivedRequest): void {
    const { request, transaction } = received;
    if (tagOf(request.headers.first('To')) !== undefined) {
      const dialog = this.#dialogOf(request);
      if (dialog) dialog.receive(received);
      else transaction.reply(481);
      return;
    }
    if (parseUri(request.uri).headers.length > 0) throw new SipParseError(400, 'The Request-URI has headers');
    const refused = refuseExtensions(request);
    if (refused) {
      transaction.reply(refused.status, refused.options);
      return;
    }
    switch (request.method) {
      case 'INVITE':
        this.#invited(received);
        return;
      case 'REGISTER':
        this.#register(received);
        return;
      case 'BYE':
      case 'INFO':
      case 'UPDATE':
      case 'PRACK':
        transaction.reply(481);
        return;
      default: {
        const { status, options } = methodReply(request.method);
        transaction.reply(status, options);
      }
    }
  }

  #register(received: ReceivedRequest): void {
    const { onRegister } = this.#options;
    const { status, options } = methodReply('REGISTER');
    if (onRegister) onRegister(received);
    else received.transaction.reply(status, options);
  }

  #invited(received: ReceivedRequest): void {
    const { request, transaction } = received;
    const { onInvite } = this.#options;
    if (!onInvite) {
      transaction.reply(480, {
        headers: [
          ['Warning', `399 ${this.#agentName} "Incoming calls are not configured"`],
          ['Reason', 'SIP;cause=480;text="Incoming calls are not configured"'],
        ],
      });
      return;
    }
    if (hasForeignBody(request)) {
      transaction.reply(415, { headers: ACCEPTED_BODIES });
      return;
    }
    if (!acceptsSdp(request)) {
      transaction.reply(406, { headers: [['Warning', `399 ${this.#agentName} "Answers are application/sdp only"`]] });
      return;
    }
    const tooShort = intervalRefusal(request.headers);
    if (tooShort) {
      transaction.reply(422, { headers: tooShort });
      return;
    }
    const merged = `${request.headers.first('Call-ID')} ${request.headers.first('From')} ${received.cSeq}`;
    if (this.#ringing.has(merged)) {
      transaction.reply(482);
      return;
    }
    const replaced = findReplaced(request, this.#core.dialogs);
    const { onReplace } = this.#options;
    if (replaced && !onReplace) {
      transaction.reply(403);
      return;
    }
    const invite = new IncomingInvite(this.#core, received, () => this.#ringing.delete(merged));
    this.#ringing.add(merged);
    if (replaced) onReplace?.(invite, replaced);
    else onInvite(invite);
  }

  /** Who warns (RFC 3261 section 20.43). */
  get #agentName(): string {
    return this.#core.product.replace(/[^A-Za-z0-9.-]/g, '-');
  }

  /** A 2xx that no transaction knows can still belong to an INVITE that is over (RFC 6026 section 8.4), or to a call that was taken over. */
  #strayAnswer(response: SipResponse, cSeq: number, branch: string): void {
    if (this.#core.lateAnswers.take(branch, response, cSeq)) return;
    const { headers } = response;
    const key = dialogKey(headers.first('Call-ID') ?? '', tagOf(headers.first('From')) ?? '', tagOf(headers.first('To')) ?? '');
    const dialog = this.#core.dialogs.get(key);
    if (dialog?.state.invite.cSeq === cSeq) dialog.acknowledge(cSeq);
  }

  #dialogOf({ headers }: SipRequest): DialogEntry | undefined {
    const key = dialogKey(headers.first('Call-ID') ?? '', tagOf(headers.first('To')) ?? '', tagOf(headers.first('From')) ?? '');
    return this.#core.dialogs.get(key);
  }
}
