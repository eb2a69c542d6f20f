import type { RequestOf } from '../contracts/dto.ts';
import type { EndpointInfo, NewSipPassword, NewUserEndpoint, SipPasswordInfo } from '../contracts/endpoints.ts';
import type { Clock } from '../kernel/clock.ts';
import { memberError } from '../kernel/errors.ts';
import { isId, newId } from '../kernel/ids.ts';
import type { Random } from '../kernel/random.ts';
import type { BindingRepository } from '../store/binding-repository.ts';
import type { EndpointRepository } from '../store/endpoint-repository.ts';
import type { SecretBox } from '../store/secret-box.ts';
import { isDuplicate } from '../store/store-error.ts';
import { authorOf } from './authorship.ts';
import { type FlowLookup, flowValues } from './endpoint-flow.ts';
import { MemberChecks } from './member-checks.ts';
import { createEndpoint } from './new-endpoint.ts';
import { accessible, chosenAccount, type Principal } from './principal.ts';
import { SIP_REALM, sealSipPassword } from './sip-secrets.ts';
import { checkDigits } from './trunk-calling.ts';

export interface UserEndpointsOptions {
  readonly endpoints: EndpointRepository;
  readonly bindings: Pick<BindingRepository, 'clear'>;
  readonly flows: FlowLookup;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly random: Random;
}

const NAME_LENGTH = 100;
/** What stands in a SIP URI as it is, and is no number that somebody could dial. */
const SIP_USER_NAME = /^[a-z][a-z0-9._-]{2,31}$/;

/** Users with phones: endpoints of type User (contract evo-voice.md 1.4, 3.4). */
export class UserEndpoints {
  readonly #options: UserEndpointsOptions;

  constructor(options: UserEndpointsOptions) {
    this.#options = options;
  }

  /** @throws AppError INVALID_MEMBER, FORBIDDEN_ACCOUNT, NOT_FOUND (account), CONFLICT (the SIP user name is taken) */
  async create(principal: Principal, request: RequestOf<typeof NewUserEndpoint>): Promise<EndpointInfo> {
    const { endpoints, flows, clock, random } = this.#options;
    const checks = new MemberChecks();
    const firstName = checks.text(request.firstName?.trim(), 'FirstName', NAME_LENGTH) ?? '';
    const lastName = checks.text(request.lastName?.trim(), 'LastName', NAME_LENGTH) ?? '';
    const sipUserName = request.sipUserName?.toLowerCase() || newSipUserName(random);
    if (!SIP_USER_NAME.test(sipUserName))
      checks.refuse('SipUserName', 'Use 3 to 32 letters, digits and signs of ._- and begin with a letter.');
    checkDigits(request.digits, checks);
    const accountId = chosenAccount(principal, request.accountId);
    const flow = await flowValues({ accountId }, request, flows, checks);
    checks.done();
    const displayName = `${firstName} ${lastName}`.trim() || sipUserName;
    const key = { id: newId(clock, random), accountId, type: 'User', displayName } as const;
    const values = {
      sipUserName,
      userMode: request.userMode ?? ('SipPhone' as const),
      ...(request.digits !== undefined && { trunk: { digits: request.digits } }),
      ...flow,
    };
    try {
      return await createEndpoint(endpoints, key, values, authorOf(principal, clock));
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      throw memberError('CONFLICT', { reason: 'There is a user with this SIP user name already. Use another one.' }, 'SipUserName');
    }
  }

  /** Makes a new SIP password, which is shown now and kept nowhere. @throws AppError NOT_FOUND */
  async newPassword(principal: Principal, request: RequestOf<typeof NewSipPassword>): Promise<SipPasswordInfo> {
    const { endpoints, bindings, box, clock, random } = this.#options;
    const id = request.id ?? '';
    const stored = isId(id) ? await endpoints.find(id) : undefined;
    const found = accessible(principal, 'user', stored?.type === 'User' ? stored : undefined);
    const { id: endpointId = '', accountId = '', sipUserName = '' } = found;
    const password = Buffer.from(random.bytes(18)).toString('base64url');
    const values = { sipSecretBox: sealSipPassword(box, endpointId, sipUserName, password) };
    await endpoints.change({ id: endpointId, accountId }, values, authorOf(principal, clock));
    // What has registered with the password before has to do so again.
    await bindings.clear(endpointId);
    return { endpointId, sipUserName, realm: SIP_REALM, password };
  }
}

function newSipUserName(random: Random): string {
  return `u${Buffer.from(random.bytes(6)).toString('hex')}`;
}
