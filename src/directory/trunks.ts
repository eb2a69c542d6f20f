import type { RequestOf } from '../contracts/dto.ts';
import type { EndpointInfo, NewSipTrunk } from '../contracts/endpoints.ts';
import type { SipNumberFormat } from '../contracts/sip-trunks.ts';
import type { Clock } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import type { Random } from '../kernel/random.ts';
import type { Changes } from '../store/changes.ts';
import type { EndpointRepository, EndpointRow } from '../store/endpoint-repository.ts';
import type { TrunkSettings } from '../store/schema.ts';
import type { SecretBox } from '../store/secret-box.ts';
import type { AudioCodec, DialRequest, DigitTransport, InbandDigitsPolicy, RtpSourcePolicy, SrtpPolicy } from '../telephony/port.ts';
import { authorOf } from './authorship.ts';
import { MemberChecks } from './member-checks.ts';
import { createEndpoint } from './new-endpoint.ts';
import { chosenAccount, type Principal } from './principal.ts';
import { Remembered } from './remembered.ts';
import { passwordPurpose, trunkDefaults, trunkValues } from './trunk-members.ts';
import { type TrunkTarget, targetsOf } from './trunk-targets.ts';

export interface TrunksOptions {
  readonly endpoints: EndpointRepository;
  readonly changes: Changes;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly random: Random;
}

/** A SIP trunk as calls use it. */
export interface Trunk {
  readonly trunkId: string;
  readonly accountId: string;
  readonly name: string;
  /** Where calls go; at least one. `orderTargets` says in which order. */
  readonly targets: readonly TrunkTarget[];
  /** Beginnings of the E.164 numbers that it is for; none: all numbers. */
  readonly prefixes: readonly string[];
  /** Among trunks for the same prefix, the lowest first. */
  readonly priority: number;
  readonly userName?: string;
  /** In clear. Never log it. */
  readonly password?: string;
  readonly maxChannels: number;
  readonly callsPerSecond: number;
  readonly ringTimeoutMs: number;
  readonly srtp: SrtpPolicy;
  /** The domain in the addresses of both sides; absent: the host that is called. */
  readonly domain?: string;
  readonly calledFormat?: SipNumberFormat;
  readonly callerFormat?: SipNumberFormat;
  readonly identity: NonNullable<DialRequest['parties']>['identity'];
  /** Whether the carrier is believed who calls (P-Asserted-Identity). */
  readonly callerSource: 'asserted' | 'from';
  /** Whether Diversion names the number that was called first. */
  readonly namesDiversion: boolean;
  readonly isCallerAnonymous: boolean;
  /** Headers of each call. */
  readonly sipHeaders: Readonly<Record<string, string>>;
  /** What is offered and taken, in this order; absent: what calls have by default. */
  readonly codecs?: readonly AudioCodec[];
  /** How digits are sent; absent: in the audio stream. */
  readonly digits?: DigitTransport;
  /** Whether digits are looked for in the audio. */
  readonly inbandDigits: InbandDigitsPolicy;
  /** Whose packets are the carrier's. */
  readonly rtpSource: RtpSourcePolicy;
}

const srtpPolicies = { Off: 'off', Optional: 'optional', Required: 'required' } as const;
export const digitTransports = { Rtp: 'rtp', Info: 'info' } as const;
const identities = { None: 'none', PAssertedIdentity: 'asserted', PPreferredIdentity: 'preferred' } as const;
const callerSources = { PAssertedIdentity: 'asserted', From: 'from' } as const;
const inbandPolicies = { Off: 'off', Fallback: 'fallback', Always: 'always' } as const;
const rtpSources = { Latch: 'latch', Offered: 'offered' } as const;
const MOST_ACCOUNTS = 10_000;

/** SIP trunks of accounts. */
export class Trunks {
  readonly #options: TrunksOptions;
  readonly #remembered: Remembered<readonly Trunk[]>;

  constructor(options: TrunksOptions) {
    this.#options = options;
    this.#remembered = new Remembered((accountId) => this.#load(accountId), MOST_ACCOUNTS);
    options.changes.subscribe((change) => {
      if (!change || change.kind === 'endpoint') this.#remembered.forget(change?.accountId);
    });
  }

  /** @throws AppError REQUIRED, INVALID_MEMBER, FORBIDDEN_ACCOUNT, NOT_FOUND (account) */
  async create(principal: Principal, request: RequestOf<typeof NewSipTrunk>): Promise<EndpointInfo> {
    const { endpoints, box, clock, random } = this.#options;
    const checks = new MemberChecks();
    if (!request.targets?.length) checks.required(request.host, 'Host', 253, 'the host name or IP address of the carrier.');
    const id = newId(clock, random);
    const { name, ...members } = request;
    const values = trunkValues(id, { ...members, ...(name ? { name } : {}) }, box, checks);
    const accountId = chosenAccount(principal, request.accountId);
    const key = { id, accountId, type: 'SipTrunk', displayName: values.displayName ?? values.host ?? '' } as const;
    return createEndpoint(endpoints, key, { ...trunkDefaults, ...values }, authorOf(principal, clock));
  }

  /** The trunks of an account, the oldest first, from memory after the first time. @throws AppError STORE_UNAVAILABLE, BAD_SETTING (the secret key) */
  async ofAccount(accountId: string): Promise<readonly Trunk[]> {
    return (await this.#remembered.get(accountId)) ?? [];
  }

  async #load(accountId: string): Promise<readonly Trunk[]> {
    const rows = await this.#options.endpoints.ofAccount(accountId, 'SipTrunk');
    return rows.map((row) => toTrunk(row, this.#options.box));
  }
}

function toTrunk(row: EndpointRow, box: SecretBox): Trunk {
  return {
    trunkId: row.id,
    accountId: row.accountId,
    name: row.displayName,
    targets: targetsOf(row),
    prefixes: row.trunk?.prefixes ?? [],
    priority: row.trunk?.priority ?? 0,
    ...(row.userName !== null && { userName: row.userName }),
    ...(row.passwordBox !== null && { password: box.open(row.passwordBox, passwordPurpose(row.id)) }),
    maxChannels: row.maxChannels ?? trunkDefaults.maxChannels,
    callsPerSecond: row.callsPerSecond ?? trunkDefaults.callsPerSecond,
    ringTimeoutMs: (row.ringTimeoutSeconds ?? trunkDefaults.ringTimeoutSeconds) * 1000,
    srtp: srtpPolicies[row.srtp ?? trunkDefaults.srtp],
    ...callingOf(row.trunk ?? {}),
  };
}

function callingOf(settings: TrunkSettings) {
  const {
    domain,
    calledFormat,
    callerFormat,
    identityHeader,
    callerSource,
    diversionHeader,
    isCallerAnonymous,
    sipHeaders,
    codecs,
    digits,
    inbandDigits,
    rtpSource,
  } = settings;
  return {
    ...(domain && { domain }),
    ...(calledFormat && { calledFormat }),
    ...(callerFormat && { callerFormat }),
    identity: identities[identityHeader ?? 'None'],
    callerSource: callerSources[callerSource ?? 'PAssertedIdentity'],
    namesDiversion: diversionHeader === 'Diversion',
    isCallerAnonymous: isCallerAnonymous ?? false,
    sipHeaders: sipHeaders ?? {},
    ...(codecs?.length && { codecs }),
    ...(digits && { digits: digitTransports[digits] }),
    inbandDigits: inbandPolicies[inbandDigits ?? 'Fallback'],
    rtpSource: rtpSources[rtpSource ?? 'Latch'],
  };
}
