import type { RequestOf } from '../contracts/dto.ts';
import type { EndpointInfo } from '../contracts/endpoints.ts';
import type { NewTeamEndpoint } from '../contracts/teams.ts';
import type { Clock } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import type { Random } from '../kernel/random.ts';
import type { EndpointRepository } from '../store/endpoint-repository.ts';
import { authorOf } from './authorship.ts';
import { MemberChecks } from './member-checks.ts';
import { createEndpoint } from './new-endpoint.ts';
import { chosenAccount, type Principal } from './principal.ts';
import { teamMembers } from './team-members.ts';

export interface TeamEndpointsOptions {
  readonly endpoints: EndpointRepository;
  readonly clock: Clock;
  readonly random: Random;
}

const NAME_LENGTH = 200;

/** Teams: endpoints that stand for several others (contract evo-voice.md 1.4, 3.4). */
export class TeamEndpoints {
  readonly #options: TeamEndpointsOptions;

  constructor(options: TeamEndpointsOptions) {
    this.#options = options;
  }

  /** @throws AppError REQUIRED, INVALID_MEMBER, FORBIDDEN_ACCOUNT, NOT_FOUND (account) */
  async create(principal: Principal, request: RequestOf<typeof NewTeamEndpoint>): Promise<EndpointInfo> {
    const { endpoints, clock, random } = this.#options;
    const checks = new MemberChecks();
    const displayName = checks.required(request.name?.trim(), 'Name', NAME_LENGTH, 'the name of the team.');
    const accountId = chosenAccount(principal, request.accountId);
    const memberIds = await teamMembers(request.memberIds ?? [], accountId, endpoints, checks);
    checks.done();
    const key = { id: newId(clock, random), accountId, type: 'Team', displayName } as const;
    return createEndpoint(endpoints, key, { memberIds }, authorOf(principal, clock));
  }
}
