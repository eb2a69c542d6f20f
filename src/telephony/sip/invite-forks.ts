import type { SipCore, SipCredentials } from './core.ts';
import { Dialog } from './dialog.ts';
import { confirmedBy, dialogKey, type InviteSent, stateOfResponse, tagOf } from './dialog-state.ts';
import type { SipResponse } from './message.ts';
import { sdpOf } from './session-description.ts';
import type { WrittenRequest } from './transport.ts';

/** Most forks of one INVITE that are kept apart; a peer that sends more gets no answer to them. */
const MAX_FORKS = 16;

/** The dialogs that the responses to one INVITE make: one for each place that a proxy has sent it to (RFC 3261 section 13.2.2). */
export class InviteForks {
  readonly #core: SipCore;
  readonly #credentials: SipCredentials | undefined;
  #gone: (() => void) | undefined;
  readonly #early = new Map<string, Dialog>();
  readonly #acks = new Map<string, WrittenRequest>();

  /** `gone` is called when the callee has said BYE in the last early dialog. */
  constructor(core: SipCore, credentials: SipCredentials | undefined, gone: () => void) {
    this.#core = core;
    this.#credentials = credentials;
    this.#gone = gone;
  }

  /** The early dialog of a provisional response; undefined when it makes none, or there are too many. */
  early(sent: InviteSent, response: SipResponse): Dialog | undefined {
    const tag = tagOf(response.headers.first('To'));
    if (response.status <= 100 || tag === undefined) return undefined;
    const known = this.#early.get(tag);
    known?.heardFrom(sent.hop);
    if (known || this.#early.size >= MAX_FORKS) return known;
    const dialog = this.#newDialog(sent, response);
    this.#early.set(tag, dialog);
    dialog.onEnded(() => {
      if (this.#early.delete(tag) && this.#early.size === 0) this.#gone?.();
    });
    return dialog;
  }

  /**
   * The dialog of a 2xx that comes for the first time, to be acknowledged with `acknowledged`. Undefined when nothing is left to do: it is
   * a repetition, which is acknowledged again, or there are too many.
   */
  confirmed(sent: InviteSent, response: SipResponse): Dialog | undefined {
    const tag = tagOf(response.headers.first('To')) ?? '';
    const ack = this.#acks.get(tag);
    if (ack) {
      this.#core.layer.sendAck(ack, sent.hop);
      this.#core.dialogs.get(dialogKey(sent.callId, sent.localTag, tag))?.heardFrom(sent.hop);
    }
    if (ack || this.#acks.size >= MAX_FORKS) return undefined;
    const early = this.#early.get(tag);
    if (!early) return this.#newDialog(sent, response);
    this.#early.delete(tag);
    early.confirm(confirmedBy(early.state, stateOfResponse(sent, response, sdpOf(response))));
    return early;
  }

  /** Keeps the ACK of a dialog for repetitions of its 2xx. */
  acknowledged(dialog: Dialog, ack: WrittenRequest): void {
    this.#acks.set(dialog.state.remoteTag, ack);
  }

  /** The INVITE has its outcome: nobody is to be told any more that early dialogs are gone. */
  settled(): void {
    this.dropEarly();
    this.#gone = undefined;
  }

  /** The early dialogs come to nothing. */
  dropEarly(): void {
    for (const dialog of this.#early.values()) dialog.drop();
    this.#early.clear();
  }

  #newDialog(sent: InviteSent, response: SipResponse): Dialog {
    return new Dialog(this.#core, stateOfResponse(sent, response, sdpOf(response)), this.#credentials);
  }
}
