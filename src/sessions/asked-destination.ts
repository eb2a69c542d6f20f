import { possibleE164 } from '../directory/e164.ts';
import { MemberChecks } from '../directory/member-checks.ts';
import type { PartyAddress } from '../flow/second-party.ts';
import { AppError, memberError } from '../kernel/errors.ts';
import { type CalledParty, findParties, type PartyDirectory } from './called-parties.ts';

/** Whom a request names to be called. */
export interface AskedDestination {
  readonly address: PartyAddress;
  /** One, or the members of a team. */
  readonly parties: readonly CalledParty[];
}

const LONGEST = 100;
const HINT = 'an E.164 number as +18144043093, the id of a phone number or a user of the account, or the SIP name of a user';

/** The text of a destination that is there and can be looked up. @throws AppError REQUIRED, INVALID_MEMBER */
export function destinationText(destination: string | undefined): string {
  const checks = new MemberChecks();
  const text = checks.required(destination, 'Destination', LONGEST, `${HINT}.`);
  checks.done();
  return text.trim();
}

/**
 * Who is called at a destination in the words of a user: the SIP name of a user of the account, which may look like a number, the id of one of its
 * endpoints, or an E.164 number.
 * @throws AppError INVALID_MEMBER when it is nothing of the kind; CONFLICT when nobody there has a phone; STORE_UNAVAILABLE
 */
export async function findDestination(text: string, accountId: string, directory: PartyDirectory): Promise<AskedDestination> {
  const address = await addressOf(text, accountId, directory);
  if (!address) throw invalid(`give ${HINT}.`);
  const parties = await findParties(address, accountId, directory).catch((error: unknown) => Promise.reject(asMemberError(error)));
  if (parties.every((party) => party.kind === 'phones' && party.bindings.length === 0)) {
    throw new AppError('CONFLICT', { reason: 'Nobody there has a phone that is registered.' });
  }
  return { address, parties };
}

async function addressOf(text: string, accountId: string, { users, endpoints }: PartyDirectory): Promise<PartyAddress | undefined> {
  const user = text.startsWith('+') ? undefined : await users.find(text);
  if (user?.accountId === accountId) return { endpointId: user.userId, type: 'User' };
  if (await endpoints.find(accountId, text)) return { endpointId: text };
  const number = possibleE164(text);
  return number === undefined ? undefined : { number };
}

/** What is wrong with an endpoint is a sentence for who names it. */
function asMemberError(error: unknown): unknown {
  return error instanceof AppError || !(error instanceof Error) ? error : invalid(error.message);
}

function invalid(reason: string): AppError {
  return memberError('INVALID_MEMBER', { member: 'Destination', reason }, 'Destination');
}
