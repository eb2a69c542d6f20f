import type { DigestSecrets } from './sip/digest.ts';
import type { Hop } from './sip/transport.ts';

/** Whose phones may register, and who may call with them. */
export interface SipUser {
  readonly userId: string;
  readonly accountId: string;
  readonly secrets: DigestSecrets;
}

/** Where a phone of a user can be reached. */
export interface Binding {
  /** Tells it from other phones of the user. */
  readonly key: string;
  /** Its Contact URI. */
  readonly contact: string;
  /** Route values for requests to it, in order (RFC 3327). */
  readonly path: readonly string[];
  /** Where its REGISTER came from. Requests go there (but see `PhoneConnections`): behind NAT nothing else reaches it, and nobody can name a victim instead. */
  readonly source: Hop;
  readonly callId: string;
  readonly cSeq: number;
  readonly expiresAtMs: number;
}

/** What one REGISTER does to the bindings of a user. */
export interface BindingChange {
  readonly removeAll: boolean;
  readonly removed: readonly string[];
  readonly added: readonly Binding[];
  /** Of the REGISTER: a contact whose REGISTER of the same Call-ID had a higher or equal number is not changed (RFC 3261 section 10.3). */
  readonly callId: string;
  readonly cSeq: number;
}

/** The users of SIP, as the layers above keep them. */
export interface SipUsers {
  /** Undefined: there is none of this name. @throws AppError STORE_UNAVAILABLE */
  find(userName: string): Promise<SipUser | undefined>;
  /** Whether who is at this address may try a password of this user now; if so it counts as a wrong one until `succeeded`. */
  mayTry(userName: string, address: string): boolean;
  /** The password was right. */
  succeeded(userName: string, address: string): void;
  /** The bindings of a user that are not expired. @throws AppError STORE_UNAVAILABLE */
  bindings(userId: string): Promise<readonly Binding[]>;
  /** Changes them and answers those that are left; undefined when the REGISTER came too late, and nothing is changed. @throws AppError STORE_UNAVAILABLE */
  change(userId: string, change: BindingChange): Promise<readonly Binding[] | undefined>;
  /** Forgets a binding, unless it was renewed since. @throws AppError STORE_UNAVAILABLE */
  forget(userId: string, binding: Binding): Promise<void>;
}
