import type { RequestOf } from '../contracts/dto.ts';
import type { BuyPhoneNumber, EndpointInfo } from '../contracts/endpoints.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, memberError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import type { Random } from '../kernel/random.ts';
import type { Changes } from '../store/changes.ts';
import type { EndpointRepository } from '../store/endpoint-repository.ts';
import { isDuplicate } from '../store/store-error.ts';
import { authorOf } from './authorship.ts';
import { possibleE164 } from './e164.ts';
import { type EndpointFlow, endpointFlow, type FlowLookup, flowValues } from './endpoint-flow.ts';
import { MemberChecks } from './member-checks.ts';
import { createEndpoint } from './new-endpoint.ts';
import { chosenAccount, type Principal } from './principal.ts';
import { Remembered } from './remembered.ts';

export interface PhoneNumbersOptions {
  readonly endpoints: EndpointRepository;
  readonly flows: FlowLookup;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly random: Random;
}

/** A number that an account may call from. */
export interface OwnedNumber {
  readonly endpointId: string;
  readonly e164: string;
  /** What runs when somebody calls it. */
  readonly flow?: EndpointFlow;
}

const MOST_ACCOUNTS = 10_000;

/** Phone numbers of accounts (contract evo-voice.md 1.4). */
export class PhoneNumbers {
  readonly #options: PhoneNumbersOptions;
  readonly #owned: Remembered<readonly OwnedNumber[]>;

  constructor(options: PhoneNumbersOptions) {
    this.#options = options;
    this.#owned = new Remembered((accountId) => this.#load(accountId), MOST_ACCOUNTS);
    options.changes.subscribe((change) => {
      if (!change || change.kind === 'endpoint') this.#owned.forget(change?.accountId);
    });
  }

  /** @throws AppError REQUIRED, INVALID_MEMBER, NUMBER_NOT_POSSIBLE, FORBIDDEN_ACCOUNT, NOT_FOUND (account), CONFLICT (the number is taken) */
  async create(principal: Principal, request: RequestOf<typeof BuyPhoneNumber>): Promise<EndpointInfo> {
    const { endpoints, flows, clock, random } = this.#options;
    const text = request.number ?? '';
    if (text === '') throw memberError('REQUIRED', { member: 'Number', hint: 'the E.164 number, for example +18144043093.' }, 'Number');
    const e164 = possibleE164(text);
    if (e164 === undefined) {
      const reason = 'It is not a possible E.164 number. Write it with + and country code, for example +18144043093.';
      throw memberError('INVALID_MEMBER', { member: 'Number', reason }, 'Number');
    }
    const accountId = chosenAccount(principal, request.accountId);
    const type = request.isFaxNumber === true ? 'FaxNumber' : 'PhoneNumber';
    const key = { id: newId(clock, random), accountId, type, displayName: e164 } as const;
    const checks = new MemberChecks();
    const flow = await flowValues({ accountId }, request, flows, checks);
    checks.done();
    const values = { e164, isVirtual: request.isVirtualPhoneNumber ?? true, ...flow };
    try {
      return await createEndpoint(endpoints, key, values, authorOf(principal, clock));
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      throw memberError('CONFLICT', { reason: 'The number is in this system already. A number belongs to one account.' }, 'Number');
    }
  }

  /** The voice numbers of an account, from memory after the first time. @throws AppError STORE_UNAVAILABLE */
  async ownedVoiceNumbers(accountId: string): Promise<readonly OwnedNumber[]> {
    return (await this.#owned.get(accountId)) ?? [];
  }

  async #load(accountId: string): Promise<readonly OwnedNumber[]> {
    const rows = await this.#options.endpoints.ofAccount(accountId, 'PhoneNumber');
    return rows.map((row) => {
      if (row.e164 === null) throw new AppError('INTERNAL', { reference: row.id });
      const flow = endpointFlow(row);
      return { endpointId: row.id, e164: row.e164, ...(flow && { flow }) };
    });
  }
}
