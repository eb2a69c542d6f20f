import { randomHex } from '../../kernel/random.ts';
import { ChallengeAnswers } from './challenge-answers.ts';
import type { SipCore, SipCredentials } from './core.ts';
import type { HeaderList } from './header-list.ts';
import { sendLone } from './lone-request.ts';
import type { SipResponse } from './message.ts';
import { parseNameAddress } from './parse-address.ts';
import { retryAfterMs } from './retry-after.ts';
import { readServiceRoute } from './service-route.ts';
import { splitList } from './split-list.ts';
import type { Hop } from './transport.ts';
import { UdpKeepAlive } from './udp-keep-alive.ts';

/** Whose address is registered, and under which user part we take its calls. */
export interface RegistrationAccount {
  /** The Request-URI: that of the registrar. */
  readonly registrar: string;
  /** The address-of-record. */
  readonly address: string;
  readonly contactUser: string;
  readonly credentials?: SipCredentials;
}

/** What became of a REGISTER. */
export type RegisterResult =
  | {
      readonly registered: true;
      readonly expiresMs: number;
      /** Values of Route for calls while it lasts; absent: none. */
      readonly serviceRoute?: readonly string[];
    }
  /** `status` is undefined when the registrar was silent or could not be reached. */
  | { readonly registered: false; readonly status?: number; readonly retryAfterMs?: number };

/** Longer than this no registrar is believed to want it. Seconds. */
const LONGEST_EXPIRES = 86_400;
/** REGISTERs of one attempt: challenges of two realms, stale nonces, and a longer time. */
const MOST_REQUESTS = 6;

/** Registers one address (RFC 3261 section 10.2), always with the same Call-ID and growing CSeq. */
export class RegistrationClient {
  readonly #core: SipCore;
  readonly #account: RegistrationAccount;
  readonly #callId: string;
  readonly #keepAlive: UdpKeepAlive;
  readonly #onLost: () => void;
  #letGo: (() => void) | undefined;
  #cSeq = 0;

  /** @param onLost called when the connection is gone over which it is registered, so that nobody may reach us by it any more */
  constructor(core: SipCore, account: RegistrationAccount, onLost: () => void = () => {}) {
    this.#core = core;
    this.#account = account;
    this.#onLost = onLost;
    this.#callId = randomHex(core.random, 16);
    const { clock, random, transport } = core;
    this.#keepAlive = new UdpKeepAlive({ clock, random, send: (bytes, to) => void transport.send(bytes, to).catch(() => {}) });
  }

  /**
   * Asks for `expiresSeconds`, 0 to end the registration. Answers challenges, and asks for more when that is too brief (423). Never
   * rejects; when `signal` is aborted, it is as if the registrar were silent. While it is registered, the way back from there is kept: through a NAT
   * over UDP, else the connection.
   */
  async register(to: Hop, expiresSeconds: number, signal: AbortSignal): Promise<RegisterResult> {
    if (expiresSeconds === 0) this.close();
    const result = await this.#register(to, expiresSeconds, signal);
    return result.registered && expiresSeconds > 0 ? this.#keep(to, result) : result;
  }

  /** Nobody needs the way back any more. Sends nothing. Idempotent. */
  close(): void {
    this.#keepAlive.stop();
    this.#letGo?.();
    this.#letGo = undefined;
  }

  /** A registration is of no use over a connection that is gone as soon as it was granted. */
  #keep(to: Hop, result: RegisterResult & { readonly registered: true }): RegisterResult {
    const { registered, clock } = this.#core;
    const { expiresMs } = result;
    const letGo = registered.keep(to, clock.now() + expiresMs, this.#onLost);
    this.#letGo?.();
    this.#letGo = letGo;
    this.#keepAlive.keep(to, expiresMs);
    return letGo ? result : { registered: false };
  }

  async #register(to: Hop, expiresSeconds: number, signal: AbortSignal): Promise<RegisterResult> {
    const { credentials, registrar, address } = this.#account;
    const answers = credentials && new ChallengeAnswers(credentials, this.#core.random);
    const contact = this.#core.transport.contact(this.#account.contactUser, to);
    let expires = expiresSeconds;
    for (let sent = 0; sent < MOST_REQUESTS; sent++) {
      const headers = [
        ['Contact', `<${contact}>`],
        ['Expires', String(expires)],
        ['Supported', 'path'],
        ...(answers?.headersFor('REGISTER', registrar) ?? []),
      ] as const;
      const request = {
        method: 'REGISTER',
        to,
        requestUri: registrar,
        from: address,
        toUri: address,
        callId: this.#callId,
        nextCSeq: () => ++this.#cSeq,
      };
      const response = await sendLone(this.#core, { ...request, headers }, signal);
      if (!response) return { registered: false };
      const { status } = response;
      if (status < 300) return granted(response, contact, expires);
      if ((status === 401 || status === 407) && answers?.accept(response)) continue;
      const least = status === 423 ? secondsOf(response.headers, 'Min-Expires') : undefined;
      if (least === undefined || least <= expires || least > LONGEST_EXPIRES) return refused(response);
      expires = least;
    }
    return { registered: false };
  }
}

function refused({ status, headers }: SipResponse): RegisterResult {
  const waitMs = retryAfterMs(headers);
  return { registered: false, status, ...(waitMs !== undefined && { retryAfterMs: waitMs }) };
}

/** The registrar decides how long; what it says of our own Contact counts before the header (RFC 3261 section 10.2.4). */
function granted({ headers }: SipResponse, contact: string, asked: number): RegisterResult {
  const seconds = contactSeconds(headers, contact) ?? secondsOf(headers, 'Expires') ?? asked;
  const serviceRoute = readServiceRoute(headers);
  return { registered: true, expiresMs: Math.min(LONGEST_EXPIRES, seconds) * 1000, ...(serviceRoute.length > 0 && { serviceRoute }) };
}

function contactSeconds(headers: HeaderList, contact: string): number | undefined {
  try {
    for (const value of splitList(headers.all('Contact'))) {
      const { uri, params } = parseNameAddress(value);
      const expires = params.get('expires') ?? '';
      if (plain(uri) === plain(contact) && /^[0-9]{1,9}$/.test(expires)) return Number(expires);
    }
  } catch {
    // A list that cannot be read says nothing; the header may.
  }
  return undefined;
}

/** A URI without parameters, which registrars add to. */
function plain(uri: string): string {
  return (uri.split(';', 1)[0] ?? '').toLowerCase();
}

function secondsOf(headers: HeaderList, name: string): number | undefined {
  const text = headers.first(name)?.trim() ?? '';
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined;
}
