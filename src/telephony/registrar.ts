import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/log.ts';
import type { PhoneConnections } from './phone-connections.ts';
import type { PasswordWatch } from './refusals.ts';
import type { SipRequest } from './sip/message.ts';
import { type Registration, readRegistration } from './sip/read-registration.ts';
import { SipParseError } from './sip/sip-parse-error.ts';
import { quote } from './sip/token.ts';
import type { ReceivedRequest } from './sip/transaction-layer.ts';
import type { Binding, SipUsers } from './sip-users.ts';
import type { UserCheck } from './user-check.ts';

export interface RegistrarOptions extends PasswordWatch {
  readonly users: SipUsers;
  readonly check: UserCheck;
  /** Told over which connections phones have registered. */
  readonly connections: Pick<PhoneConnections, 'registered'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Seconds. Phones behind NAT want short ones, so that their binding is found again soon after they moved. */
export const SHORTEST_SECONDS = 60;
export const LONGEST_SECONDS = 3600;
const RETRY_SECONDS = '5';

type Headers = (readonly [name: string, value: string])[];

interface Answer {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: Headers;
}

/** Keeps where the phones of users are (RFC 3261 section 10.3, RFC 3327): a user may change the contacts of that user only. */
export class Registrar {
  readonly #options: RegistrarOptions;

  constructor(options: RegistrarOptions) {
    this.#options = options;
  }

  /** Answers a REGISTER. Never throws. */
  take({ request, cSeq, transaction }: ReceivedRequest): void {
    this.#answer(request, cSeq, transaction.source)
      .catch((error: unknown) => this.#failed(error))
      .then(({ status, reason, headers }) => transaction.reply(status, { ...(reason !== undefined && { reason }), headers: headers ?? [] }))
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'A REGISTER could not be answered'));
  }

  async #answer(request: SipRequest, cSeq: number, source: Binding['source']): Promise<Answer> {
    const { method, uri, headers } = request;
    const user = await this.#options.check.check({ method, uri, headers, source }, 'registrar');
    if ('denied' in user) {
      this.#options.onDenied(user.denied, source.address);
      return { status: user.status, headers: [...user.headers] };
    }
    this.#options.onLetIn(source.address);
    const wanted = readRegistration(request);
    if (wanted.user.toLowerCase() !== user.userName) return { status: 403, reason: 'Only contacts of your own' };
    if (isTooBrief(wanted)) return { status: 423, headers: [['Min-Expires', String(SHORTEST_SECONDS)]] };
    const changes = wanted.removeAll || wanted.contacts.length > 0;
    const left = changes ? await this.#change(user.userId, wanted, request, cSeq, source) : await this.#options.users.bindings(user.userId);
    if (!left) return { status: 500, reason: 'CSeq is out of order' };
    return {
      status: 200,
      headers: [...left.map((binding) => this.#contact(binding)), ...wanted.path.map((value) => ['Path', value] as const)],
    };
  }

  async #change(userId: string, { removeAll, contacts, path }: Registration, request: SipRequest, cSeq: number, source: Binding['source']) {
    const callId = request.headers.first('Call-ID') ?? '';
    const nowMs = this.#options.clock.now();
    const removed: string[] = [];
    const added: Binding[] = [];
    for (const { key, uri, expiresSeconds = LONGEST_SECONDS } of contacts) {
      const expiresAtMs = nowMs + Math.min(expiresSeconds, LONGEST_SECONDS) * 1000;
      if (expiresSeconds === 0) removed.push(key);
      else added.push({ key, contact: uri, path, source, callId, cSeq, expiresAtMs });
    }
    const { users, connections } = this.#options;
    const left = await users.change(userId, { removeAll, removed, added, callId, cSeq });
    if (left) connections.registered(userId, added, left);
    return left;
  }

  #contact({ contact, key, expiresAtMs }: Binding): readonly [string, string] {
    const seconds = Math.max(0, Math.ceil((expiresAtMs - this.#options.clock.now()) / 1000));
    const [instance = '', flow = ''] = key === contact ? [] : splitKey(key);
    const marks = `${instance === '' ? '' : `;+sip.instance=${quote(instance)}`}${flow === '' ? '' : `;reg-id=${flow}`}`;
    return ['Contact', `<${contact}>;expires=${seconds}${marks}`];
  }

  #failed(error: unknown): Answer {
    if (error instanceof SipParseError) return { status: error.status, reason: error.message };
    if (error instanceof AppError && error.code === 'STORE_UNAVAILABLE') return { status: 503, headers: [['Retry-After', RETRY_SECONDS]] };
    this.#options.log.error({ err: error }, 'A REGISTER could not be handled');
    return { status: 500 };
  }
}

function isTooBrief({ contacts }: Registration): boolean {
  return contacts.some(({ expiresSeconds = LONGEST_SECONDS }) => expiresSeconds > 0 && expiresSeconds < SHORTEST_SECONDS);
}

function splitKey(key: string): [string, string] {
  const at = key.lastIndexOf(';');
  return [key.slice(0, at), key.slice(at + 1)];
}
