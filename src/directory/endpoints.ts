import type { RequestOf } from '../contracts/dto.ts';
import type { DeleteEndpoint, EndpointInfo, GetEndpoint, ListEndpoints, PatchEndpoint } from '../contracts/endpoints.ts';
import type { Page } from '../contracts/entities.ts';
import type { Clock } from '../kernel/clock.ts';
import { isId } from '../kernel/ids.ts';
import type { EndpointRepository, EndpointValues } from '../store/endpoint-repository.ts';
import type { SecretBox } from '../store/secret-box.ts';
import { authorOf } from './authorship.ts';
import { type FlowLookup, flowValues } from './endpoint-flow.ts';
import { MemberChecks } from './member-checks.ts';
import { accessible, type Principal, visibleAccounts } from './principal.ts';
import type { TargetHealth } from './target-health.ts';
import { teamMembers } from './team-members.ts';
import { trunkValues } from './trunk-members.ts';
import type { TrunkRegistrations } from './trunk-registrations.ts';

export interface EndpointsOptions {
  readonly endpoints: EndpointRepository;
  readonly flows: FlowLookup;
  readonly box: SecretBox;
  /** What is known of the targets of trunks at this moment. */
  readonly targetHealth: Pick<TargetHealth, 'statesOf'>;
  readonly registrations: Pick<TrunkRegistrations, 'stateOf'>;
  readonly clock: Clock;
}

/** Endpoints of every type: what has been made as a phone number or a trunk is listed, changed and deleted here. */
export class Endpoints {
  readonly #options: EndpointsOptions;

  constructor(options: EndpointsOptions) {
    this.#options = options;
  }

  async list(principal: Principal, request: RequestOf<typeof ListEndpoints>): Promise<Page<EndpointInfo>> {
    const { nameFilter, phoneNumberFilter, sipUserName, type, types } = request;
    const wanted = types?.length ? types : type === undefined ? undefined : [type];
    const accountIds = visibleAccounts(principal, request.accountIds);
    const page = await this.#options.endpoints.list({ accountIds, nameFilter, phoneNumberFilter, sipUserName, types: wanted }, request);
    return { ...page, items: page.items.map((info) => this.#withStates(info)) };
  }

  /** @throws AppError NOT_FOUND, also for an endpoint of an account that the login has no access to */
  async get(principal: Principal, request: RequestOf<typeof GetEndpoint>): Promise<EndpointInfo> {
    const id = request.endpointId ?? '';
    return this.#withStates(accessible(principal, 'endpoint', isId(id) ? await this.#options.endpoints.find(id) : undefined));
  }

  /** Members that are absent stay. @throws AppError NOT_FOUND, INVALID_MEMBER */
  async patch(principal: Principal, request: RequestOf<typeof PatchEndpoint>): Promise<EndpointInfo> {
    const { endpoints, flows, box, clock } = this.#options;
    const found = await this.get(principal, request);
    const id = found.id ?? '';
    const checks = new MemberChecks();
    if (found.type !== 'SipTrunk') refuseTrunkMembers(found, request, checks);
    else refuseOneTarget(found, request, checks);
    if (found.type === 'SipTrunk' || found.type === 'FaxNumber' || found.type === 'Team') refuseFlowMembers(request, checks);
    const { accountId = '', flowParams } = found;
    const flow = await flowValues({ accountId, flowParams }, request, flows, checks);
    const members = await this.#members(found, request, checks);
    const values = { ...trunkValues(id, request, box, checks), ...flow, ...members };
    if (Object.keys(values).length === 0) return found;
    await endpoints.change({ id, accountId }, values, authorOf(principal, clock));
    return this.get(principal, request);
  }

  async #members(
    { type, accountId = '' }: EndpointInfo,
    { memberIds }: RequestOf<typeof PatchEndpoint>,
    checks: MemberChecks,
  ): Promise<EndpointValues> {
    if (memberIds === undefined) return {};
    if (type === 'Team') return { memberIds: await teamMembers(memberIds, accountId, this.#options.endpoints, checks) };
    checks.refuse('MemberIds', 'Only a team has members.');
    return {};
  }

  #withStates(info: EndpointInfo): EndpointInfo {
    if (info.type !== 'SipTrunk') return info;
    const targetStates = this.#options.targetHealth.statesOf(info.id ?? '');
    const registrationState = this.#options.registrations.stateOf(info.id ?? '');
    return { ...info, ...(targetStates && { targetStates }), ...(registrationState && { registrationState }) };
  }

  /** Calls that use it go on. @throws AppError NOT_FOUND */
  async remove(principal: Principal, request: RequestOf<typeof DeleteEndpoint>): Promise<void> {
    const found = await this.get(principal, request);
    await this.#options.endpoints.remove({ id: found.id ?? '', accountId: found.accountId ?? '' });
  }
}

const trunkOnly = [
  ['host', 'Host'],
  ['port', 'Port'],
  ['transport', 'Transport'],
  ['userName', 'UserName'],
  ['password', 'Password'],
  ['maxChannels', 'MaxChannels'],
  ['callsPerSecond', 'CallsPerSecond'],
  ['ringTimeoutInSeconds', 'RingTimeoutInSeconds'],
  ['srtp', 'Srtp'],
  ['targets', 'Targets'],
  ['prefixes', 'Prefixes'],
  ['priority', 'Priority'],
  ['allowedSources', 'AllowedSources'],
  ['healthCheckIntervalInSeconds', 'HealthCheckIntervalInSeconds'],
  ['domain', 'Domain'],
  ['calledFormat', 'CalledFormat'],
  ['callerFormat', 'CallerFormat'],
  ['identityHeader', 'IdentityHeader'],
  ['diversionHeader', 'DiversionHeader'],
  ['isCallerAnonymous', 'IsCallerAnonymous'],
  ['sipHeaders', 'SipHeaders'],
  ['codecs', 'Codecs'],
  ['inbandDigits', 'InbandDigits'],
  ['rtpSource', 'RtpSource'],
  ['callerSource', 'CallerSource'],
  ['registration', 'Registration'],
] as const;

function refuseFlowMembers(request: RequestOf<typeof PatchEndpoint>, checks: MemberChecks): void {
  if (request.flowId !== undefined) checks.refuse('FlowId', 'Only what can be called has a flow.');
  if (request.flowParams !== undefined) checks.refuse('FlowParams', 'Only what can be called has a flow.');
}

function refuseTrunkMembers({ type }: EndpointInfo, request: RequestOf<typeof PatchEndpoint>, checks: MemberChecks): void {
  for (const [member, name] of trunkOnly) if (request[member] !== undefined) checks.refuse(name, 'Only a SIP trunk has it.');
  if (request.digits !== undefined && type !== 'User') checks.refuse('Digits', 'Only a SIP trunk and a user have it.');
}

/** Which of several targets a host, port or transport would be for is not to be guessed. */
function refuseOneTarget({ targets }: EndpointInfo, request: RequestOf<typeof PatchEndpoint>, checks: MemberChecks): void {
  if (!targets?.length || request.targets || (request.host ?? request.port ?? request.transport) === undefined) return;
  checks.refuse('Targets', 'The SIP trunk has several: change these, or send none of them with the one host.');
}
