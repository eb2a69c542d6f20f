import { ABILITIES, type SipCore } from './core.ts';
import { Dialog } from './dialog.ts';
import { type DialogState, stateOfInvite } from './dialog-state.ts';
import type { HeaderList } from './header-list.ts';
import { hasOption } from './option-tags.ts';
import { ReliableProvisionals } from './reliable-provisionals.ts';
import { sdpOf } from './session-description.ts';
import { answerTimerHeaders, timerOfRequest } from './session-timer.ts';
import type { ReceivedRequest } from './transaction-layer.ts';
import type { Hop } from './transport.ts';

/** An INVITE that somebody sent us. It must be answered or rejected; until then it rings on. */
export class IncomingInvite {
  /** Values of From and To as they came. */
  readonly from: string;
  readonly to: string;
  readonly requestUri: string;
  readonly callId: string;
  readonly headers: HeaderList;
  /** Where it came from. */
  readonly source: Hop;
  /** The offer, or undefined when the caller wants ours. */
  readonly sdp: string | undefined;
  /** Called once, when the caller gave up before an answer. Nothing is left to do then. */
  onCancelled: (() => void) | undefined;
  readonly #core: SipCore;
  readonly #received: ReceivedRequest;
  #state: DialogState;
  readonly #closed: () => void;
  readonly #provisionals: ReliableProvisionals;
  #dialog: Dialog | undefined;
  #pending = true;

  /** `closed` is called once, when the INVITE has its final response. Sends 100. @throws SipParseError 400 */
  constructor(core: SipCore, received: ReceivedRequest, closed: () => void) {
    const { request, transaction } = received;
    this.from = request.headers.first('From') ?? '';
    this.to = request.headers.first('To') ?? '';
    this.callId = request.headers.first('Call-ID') ?? '';
    this.requestUri = request.uri;
    this.headers = request.headers;
    this.source = transaction.source;
    this.sdp = sdpOf(request);
    this.#core = core;
    this.#received = received;
    this.#closed = closed;
    this.#state = stateOfInvite(
      {
        request,
        cSeq: received.cSeq,
        localTag: transaction.toTag,
        contact: core.transport.contact('', transaction.source),
        source: transaction.source,
      },
      this.sdp,
    );
    this.#provisionals = new ReliableProvisionals(core.clock, core.random, transaction, received.cSeq, () => this.#unacknowledged());
    transaction.onCancelled = () => this.#cancelled();
    transaction.reply(100);
  }

  /** The early dialog, once the call rings: for UPDATE before the answer. */
  get dialog(): Dialog | undefined {
    return this.#dialog;
  }

  /**
   * A phone of a user calls: over UDP nothing but where it calls from leads to it, also when that is private as its Contact is. It may be behind a NAT
   * within a private network.
   */
  isOfUser(): void {
    if (this.source.transport !== 'udp') return;
    const onlyWay = (state: DialogState): DialogState => ({ ...state, nextHop: { ...state.nextHop, isOnlyWay: true } });
    this.#state = onlyWay(this.#state);
    this.#dialog?.confirm(onlyWay(this.#dialog.state));
  }

  /**
   * Sends 180, or 183 when there is early media to describe (RFC 3261 section 13.3.1.1). It is sent reliably when the caller requires
   * that, or supports it and there is a description (RFC 3262). The first description that is sent reliably is our answer (or our
   * offer, when the INVITE had none): later ones are left out, also that of `answer`. Without reliability there can be no offer in it.
   */
  ring(sdp?: string): void {
    if (!this.#pending) return;
    this.#dialog ??= this.#newDialog();
    const dialog = this.#dialog;
    const status = sdp === undefined ? 180 : 183;
    const reliable = hasOption(this.headers, 'Require', '100rel') || (sdp !== undefined && hasOption(this.headers, 'Supported', '100rel'));
    if (!reliable) {
      this.#received.transaction.reply(status, this.#session(this.sdp === undefined ? undefined : sdp));
      return;
    }
    const { provisional } = dialog.state;
    const told = provisional?.agreed ? undefined : sdp;
    dialog.provisionals = this.#provisionals;
    dialog.confirm({
      ...dialog.state,
      provisional: {
        cSeq: this.#received.cSeq,
        rSeq: this.#provisionals.nextNumber,
        agreed: provisional?.agreed === true || told !== undefined,
      },
      ...(told !== undefined && { localSdp: told, openOffer: this.sdp === undefined ? 'local' : 'none' }),
    });
    this.#provisionals.send(status, this.#session(told));
  }

  /**
   * Sends 200 with `sdp` and repeats it until the ACK comes. The dialog is there at once, or when the PRACK to our early description has
   * come, which the 200 must wait for (RFC 3262 section 3); it ends with an error when the ACK never comes. @throws when the INVITE was
   * cancelled or has its final response.
   */
  async answer(sdp: string): Promise<Dialog> {
    if (this.#pending && this.#dialog?.state.provisional?.agreed && this.#provisionals.isWaiting) await this.#provisionals.whenIdle();
    if (!this.#pending) throw new Error('The INVITE is over');
    const dialog = this.#dialog ?? this.#newDialog();
    this.#dialog = dialog;
    this.#close();
    const { state } = dialog;
    const agreed = state.provisional?.agreed === true;
    dialog.confirm({
      ...state,
      phase: 'confirmed',
      ...(!agreed && { localSdp: sdp, openOffer: this.sdp === undefined ? 'local' : 'none' }),
    });
    const { headers } = this.#session(undefined);
    const timer = timerOfRequest(this.headers, this.#core.clock.now());
    this.#received.transaction.reply(200, {
      headers: [...headers, ...ABILITIES, ...answerTimerHeaders(timer, this.headers)],
      ...(!agreed && { sdp }),
    });
    dialog.limit(timer);
    dialog.awaitAck(this.#received.transaction, this.#received.cSeq);
    return dialog;
  }

  /** Sends a final response other than 2xx. Does nothing when there was one. */
  reject(status: number, reason?: string, headers: readonly (readonly [name: string, value: string])[] = []): void {
    if (!this.#pending) return;
    this.#close();
    this.#received.transaction.reply(status, { ...(reason !== undefined && { reason }), headers });
    this.#dialog?.drop();
  }

  #session(sdp: string | undefined) {
    return { headers: [['Contact', `<${this.#state.contact}>`]], ...(sdp !== undefined && { sdp }) } as const;
  }

  #newDialog(): Dialog {
    const dialog = new Dialog(this.#core, this.#state);
    // A caller may say BYE instead of CANCEL (RFC 3261 section 15).
    dialog.onEnded(() => this.#cancelled());
    return dialog;
  }

  #cancelled(): void {
    if (!this.#pending) return;
    this.reject(487);
    this.onCancelled?.();
  }

  /** The caller hears nothing of what we send reliably (RFC 3262 section 3). */
  #unacknowledged(): void {
    if (!this.#pending) return;
    this.reject(504, 'The provisional response was never acknowledged');
    this.onCancelled?.();
  }

  #close(): void {
    this.#pending = false;
    this.#provisionals.stop();
    this.#closed();
  }
}
