import { ABILITIES, type SipCore } from './core.ts';
import { Dialog } from './dialog.ts';
import { type DialogState, stateOfInvite } from './dialog-state.ts';
import type { HeaderList } from './header-list.ts';
import { sdpOf } from './session-description.ts';
import type { ReceivedRequest } from './transaction-layer.ts';

/** An INVITE that somebody sent us. It must be answered or rejected; until then it rings on. */
export class IncomingInvite {
  /** Values of From and To as they came. */
  readonly from: string;
  readonly to: string;
  readonly requestUri: string;
  readonly callId: string;
  readonly headers: HeaderList;
  /** The offer, or undefined when the caller wants ours. */
  readonly sdp: string | undefined;
  /** Called once, when the caller gave up before an answer. Nothing is left to do then. */
  onCancelled: (() => void) | undefined;
  readonly #core: SipCore;
  readonly #received: ReceivedRequest;
  readonly #state: DialogState;
  readonly #closed: () => void;
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
    this.sdp = sdpOf(request);
    this.#core = core;
    this.#received = received;
    this.#closed = closed;
    this.#state = stateOfInvite(
      {
        request,
        cSeq: received.cSeq,
        localTag: transaction.toTag,
        contact: core.transport.contact('', transaction.source.transport),
        source: transaction.source,
      },
      this.sdp,
    );
    transaction.onCancelled = () => this.#cancelled();
    transaction.reply(100);
  }

  /** Sends 180, or 183 when there is early media to describe (RFC 3261 section 13.3.1.1). */
  ring(sdp?: string): void {
    if (!this.#pending) return;
    this.#dialog ??= this.#newDialog();
    this.#received.transaction.reply(sdp === undefined ? 180 : 183, this.#session(sdp));
  }

  /**
   * Sends 200 with `sdp` and repeats it until the ACK comes. The dialog is there at once; it ends with an error when the ACK never
   * comes. @throws when the INVITE was cancelled or has its final response.
   */
  async answer(sdp: string): Promise<Dialog> {
    if (!this.#pending) throw new Error('The INVITE is over');
    const dialog = this.#dialog ?? this.#newDialog();
    this.#dialog = dialog;
    this.#close();
    dialog.confirm({ ...dialog.state, phase: 'confirmed', localSdp: sdp, openOffer: this.sdp === undefined ? 'local' : 'none' });
    const { headers } = this.#session(undefined);
    this.#received.transaction.reply(200, { headers: [...headers, ...ABILITIES], sdp });
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

  #close(): void {
    this.#pending = false;
    this.#closed();
  }
}
