import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { BindingRepository } from '../store/binding-repository.ts';
import type { Changes } from '../store/changes.ts';
import type { EndpointRepository, EndpointRow } from '../store/endpoint-repository.ts';
import type { SecretBox } from '../store/secret-box.ts';
import type { Binding, BindingChange, DigitTransport, SipUser, SipUsers } from '../telephony/port.ts';
import { type EndpointFlow, endpointFlow } from './endpoint-flow.ts';
import { Remembered } from './remembered.ts';
import { signInSource } from './sign-in-source.ts';
import { SignInThrottle } from './sign-in-throttle.ts';
import { openSipSecrets } from './sip-secrets.ts';
import { digitTransports } from './trunks.ts';

export interface SipUserDirectoryOptions {
  readonly endpoints: Pick<EndpointRepository, 'sipUser' | 'anySipUser'>;
  readonly bindings: Pick<BindingRepository, 'list' | 'change' | 'remove'>;
  readonly changes: Pick<Changes, 'subscribe'>;
  readonly box: SecretBox;
  readonly clock: Clock;
}

/** A user whose phones may register and call. */
export interface DirectoryUser extends SipUser {
  readonly displayName: string;
  /** How digits are sent to the phones; absent: in the audio stream. */
  readonly digits?: DigitTransport;
  /** What runs when the user dials. */
  readonly flow?: EndpointFlow;
}

const MOST_REMEMBERED = 10_000;
/** Phones of one user. When more register, the one goes whose registration ends first. */
const MOST_BINDINGS = 10;

/** The users whose phones register, as SIP needs them; from memory after the first time. */
export class SipUserDirectory implements SipUsers {
  readonly #options: SipUserDirectoryOptions;
  readonly #remembered: Remembered<DirectoryUser>;
  /** Names that nobody has. Those of users are asked for once, so these must not be asked for each time: it would tell the two apart. */
  readonly #strangers = new Set<string>();
  /** Counts changes, so that a name is no stranger's that got a user while it was looked for. */
  #changes = 0;
  readonly #throttle: SignInThrottle;
  readonly #any: Remembered<boolean>;

  constructor(options: SipUserDirectoryOptions) {
    this.#options = options;
    this.#throttle = new SignInThrottle(options.clock);
    this.#remembered = new Remembered((sipUserName) => this.#load(sipUserName), MOST_REMEMBERED);
    this.#any = new Remembered(() => options.endpoints.anySipUser(), 1);
    options.changes.subscribe((change) => {
      if (!change || change.kind === 'endpoint') {
        this.#any.forget();
        this.#strangers.clear();
        this.#changes++;
      }
      if (!change) this.#remembered.forget();
      else if (change.kind === 'endpoint') this.#remembered.forgetWhere(({ userId }) => userId === change.id);
    });
  }

  /** A user with a SIP password. @throws AppError STORE_UNAVAILABLE, BAD_SETTING (the secret key) */
  find(userName: string): Promise<DirectoryUser | undefined> {
    const name = userName.toLowerCase();
    return this.#strangers.has(name) ? Promise.resolve(undefined) : this.#remembered.get(name);
  }

  /** Whether there is a user at all, so that asking strangers for a password has a sense. @throws AppError STORE_UNAVAILABLE */
  async any(): Promise<boolean> {
    return (await this.#any.get('')) === true;
  }

  mayTry(userName: string, address: string): boolean {
    try {
      this.#throttle.begin(keyOf(userName, address));
      return true;
    } catch (error) {
      if (error instanceof AppError) return false;
      throw error;
    }
  }

  succeeded(userName: string, address: string): void {
    this.#throttle.succeed(keyOf(userName, address));
  }

  bindings(userId: string): Promise<readonly Binding[]> {
    return this.#options.bindings.list(userId, this.#options.clock.now());
  }

  change(userId: string, change: BindingChange): Promise<readonly Binding[] | undefined> {
    return this.#options.bindings.change(userId, change, this.#options.clock.now(), MOST_BINDINGS);
  }

  forget(userId: string, binding: Binding): Promise<void> {
    return this.#options.bindings.remove(userId, binding);
  }

  async #load(sipUserName: string): Promise<DirectoryUser | undefined> {
    const changes = this.#changes;
    const row = await this.#options.endpoints.sipUser(sipUserName);
    if (row?.sipSecretBox) return this.#toUser(row, row.sipSecretBox);
    if (changes === this.#changes) this.#addStranger(sipUserName);
    return undefined;
  }

  #addStranger(name: string): void {
    this.#strangers.add(name);
    if (this.#strangers.size <= MOST_REMEMBERED) return;
    const [oldest] = this.#strangers;
    if (oldest !== undefined) this.#strangers.delete(oldest);
  }

  #toUser(row: EndpointRow, sealed: string): DirectoryUser {
    const flow = endpointFlow(row);
    const secrets = openSipSecrets(this.#options.box, row.id, sealed);
    const digits = row.trunk?.digits;
    return {
      userId: row.id,
      accountId: row.accountId,
      displayName: row.displayName,
      secrets,
      ...(digits && { digits: digitTransports[digits] }),
      ...(flow && { flow }),
    };
  }
}

function keyOf(userName: string, address: string): string {
  return `${signInSource(address)} ${userName.toLowerCase()}`;
}
