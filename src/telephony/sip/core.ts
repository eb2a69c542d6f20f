import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import type { Random } from '../../kernel/random.ts';
import type { ServerLocator } from '../../wire/locate-servers.ts';
import type { DialogState } from './dialog-state.ts';
import type { LateAnswers } from './late-answers.ts';
import type { SipRequest } from './message.ts';
import { SUPPORTED } from './option-tags.ts';
import type { RegisteredConnections } from './registered-connections.ts';
import type { ReceivedRequest, TransactionLayer } from './transaction-layer.ts';
import type { Hop, SipTransport, WrittenRequest } from './transport.ts';

/** A dialog as its user agent knows it; see `Dialog`. */
export interface DialogEntry {
  readonly state: DialogState;
  readonly ended: boolean;
  receive(received: ReceivedRequest): void;
  receiveAck(request: SipRequest, cSeq: number, source: Hop): void;
  heardFrom(source: Hop): void;
  acknowledge(cSeq: number): WrittenRequest;
  drop(): void;
}

/** What calls and dialogs share of their user agent. */
export interface SipCore {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** For User-Agent. */
  readonly product: string;
  readonly transport: SipTransport;
  readonly layer: TransactionLayer;
  /** The connections over which we are registered. */
  readonly registered: RegisteredConnections;
  /** INVITEs that are over, and may be answered all the same. */
  readonly lateAnswers: LateAnswers;
  /** Finds the servers of host names; absent: requests of a dialog with one go where its INVITE went to or came from. */
  readonly locator?: ServerLocator;
  /** Aborted when the user agent stops. */
  readonly closing: AbortSignal;
  /** Early and confirmed dialogs by `dialogKey`. */
  readonly dialogs: Map<string, DialogEntry>;
}

export interface SipCredentials {
  readonly userName: string;
  readonly password: string;
}

/** The methods that we answer with something else than a refusal, for Allow (RFC 3261 section 20.5). */
export const ALLOWED_METHODS = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY';

/** What INVITE, UPDATE and a 2xx to them say of us. */
export const ABILITIES: readonly (readonly [name: string, value: string])[] = [
  ['Allow', ALLOWED_METHODS],
  ['Supported', SUPPORTED.join(', ')],
];
