import { isId } from '../kernel/ids.ts';
import type { EndpointRepository } from '../store/endpoint-repository.ts';
import type { MemberChecks } from './member-checks.ts';

const MOST_MEMBERS = 10;

/** The members of a team as they are stored, each once. What is wrong with them is told to `checks`. */
export async function teamMembers(
  wanted: readonly string[],
  accountId: string,
  endpoints: Pick<EndpointRepository, 'find'>,
  checks: MemberChecks,
): Promise<string[]> {
  const ids = [...new Set(wanted.map((id) => id.toLowerCase()))];
  if (ids.length > MOST_MEMBERS) {
    checks.refuse('MemberIds', `A team has at most ${MOST_MEMBERS} members.`);
    return [];
  }
  for (const id of ids) {
    const member = isId(id) ? await endpoints.find(id) : undefined;
    const canBeCalled = member?.accountId === accountId && (member.type === 'User' || member.type === 'PhoneNumber');
    if (canBeCalled) continue;
    checks.refuse('MemberIds', 'Members are users and phone numbers of the account. See GET /endpoints.');
    break;
  }
  return ids;
}
