import type { AddConferenceMember, ConferenceSession, PatchConferenceMember } from '../contracts/conferences.ts';
import type { RequestOf } from '../contracts/dto.ts';
import type { SessionInfo } from '../contracts/sessions.ts';
import { MemberChecks } from '../directory/member-checks.ts';
import type { Principal } from '../directory/principal.ts';
import { AppError, memberError } from '../kernel/errors.ts';
import { destinationText, findDestination } from './asked-destination.ts';
import type { CalledParty, PartyDirectory } from './called-parties.ts';
import type { LiveOperations } from './live-operations.ts';
import type { LiveSession } from './live-session.ts';
import { noSuchCall } from './no-such-call.ts';

export interface ConferenceOperationsOptions {
  readonly live: Pick<LiveOperations, 'findUp'>;
  readonly directory: PartyDirectory;
  /** How many members a conference may have. */
  readonly conferenceMembers: number;
}

const NAME_LENGTH = 100;

/**
 * What may be done with calls in conferences (evo-voice.md 1.1). Each answers the session as it is then.
 * Every method: @throws AppError NOT_FOUND, CONFLICT, INVALID_MEMBER.
 */
export class ConferenceOperations {
  readonly #options: ConferenceOperationsOptions;

  constructor(options: ConferenceOperationsOptions) {
    this.#options = options;
  }

  /** Takes a call that is up out of its flow and into a conference. */
  async start(principal: Principal, request: RequestOf<typeof ConferenceSession>): Promise<SessionInfo> {
    const checks = new MemberChecks();
    const name = checks.text(request.name, 'Name', NAME_LENGTH)?.trim() || undefined;
    checks.done();
    const session = await this.#options.live.findUp(principal, request.sessionId ?? '');
    await this.#confer(session, name);
    return session.info;
  }

  /** Calls somebody into the conference of a session. @throws AppError also REQUIRED, CALLER_ID_NOT_OWNED, NO_TRUNK, NO_ROUTE, NO_CAPACITY, CONFERENCE_FULL */
  async addMember(principal: Principal, request: RequestOf<typeof AddConferenceMember>): Promise<SessionInfo> {
    const text = destinationText(request.destination);
    const session = await this.#options.live.findUp(principal, request.sessionId ?? '');
    if (request.callSid && request.callSid !== session.info.callSid) throw noSuchCall();
    const party = await this.#party(session.accountId, text);
    const from = await this.#callerId(session, party, request.fromNumber || undefined);
    await this.#confer(session, undefined);
    if (!session.conference?.hasRoom) throw this.#full();
    await session.conference.invite(party, from);
    return session.info;
  }

  /** Holds or mutes a member whom the session shows, or ends that. */
  async patchMember(principal: Principal, request: RequestOf<typeof PatchConferenceMember>): Promise<SessionInfo> {
    const { sessionId = '', callSid = '', hold, mute } = request;
    const session = await this.#options.live.findUp(principal, sessionId);
    const member = session.conference?.member(callSid);
    if (!member) throw new AppError('NOT_FOUND', { kind: 'conference member' });
    if (mute !== undefined) member.mute(mute);
    if (hold !== undefined) member.hold(hold);
    session.positionChanged();
    return session.info;
  }

  async #confer(session: LiveSession, name: string | undefined): Promise<void> {
    const music = await session.holdMusic();
    if (!session.isUp) throw new AppError('CONFLICT', { reason: 'The session is over.' });
    const { conference } = session;
    if (!conference || (conference.state && name === undefined)) return;
    if (conference.isFull(name)) throw this.#full();
    session.confer(name, music);
  }

  /** Phones of users see with whom they are going to talk, unless another number is asked for. */
  async #callerId({ accountId, ownNumber, otherSide }: LiveSession, { kind }: CalledParty, wanted: string | undefined): Promise<string> {
    if (kind === 'phones' && wanted === undefined) return otherSide;
    const callerId = wanted ?? ownNumber;
    const owned = await this.#options.directory.phoneNumbers.ownedVoiceNumbers(accountId);
    if (!owned.some(({ e164 }) => e164 === callerId)) throw memberError('CALLER_ID_NOT_OWNED', {}, 'FromNumber');
    return callerId;
  }

  async #party(accountId: string, text: string): Promise<CalledParty> {
    const { directory } = this.#options;
    const { parties } = await findDestination(text, accountId, directory);
    const [party, another] = parties;
    if (another)
      throw memberError('INVALID_MEMBER', { member: 'Destination', reason: 'it is a team. Call its members one by one.' }, 'Destination');
    if (!party || (party.kind === 'number' && party.trunks.length === 0)) {
      const hasTrunks = (await directory.trunks.ofAccount(accountId)).length > 0;
      throw hasTrunks ? memberError('NO_ROUTE', {}, 'Destination') : new AppError('NO_TRUNK', {}, { retryAfterSeconds: 60 });
    }
    return party;
  }

  #full(): AppError {
    return new AppError('CONFERENCE_FULL', { limit: this.#options.conferenceMembers });
  }
}
