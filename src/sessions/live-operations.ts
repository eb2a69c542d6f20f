import type { RequestOf } from '../contracts/dto.ts';
import type {
  AddSessionLog,
  HoldSession,
  PatchSession,
  RecordSession,
  RedirectSession,
  RejectSession,
  SessionInfo,
} from '../contracts/sessions.ts';
import { MemberChecks } from '../directory/member-checks.ts';
import { mayAccess, type Principal } from '../directory/principal.ts';
import { AppError, memberError } from '../kernel/errors.ts';
import { destinationText, findDestination } from './asked-destination.ts';
import type { PartyDirectory } from './called-parties.ts';
import type { LiveCalls } from './live-calls.ts';
import type { LiveSession } from './live-session.ts';
import type { SessionQueries } from './session-queries.ts';

export interface LiveOperationsOptions {
  readonly calls: Pick<LiveCalls, 'get'>;
  readonly queries: Pick<SessionQueries, 'find'>;
  readonly directory: PartyDirectory;
}

const LOG_LENGTH = 1000;

/** What may be done with a session while its call is on (evo-voice.md 1.1). Every method: @throws AppError NOT_FOUND, CONFLICT. */
export class LiveOperations {
  readonly #options: LiveOperationsOptions;

  constructor(options: LiveOperationsOptions) {
    this.#options = options;
  }

  /** Sends a call that is up to somebody else. Resolves when that begins. @throws AppError also REQUIRED, INVALID_MEMBER, CALLER_ID_NOT_OWNED */
  async redirect(principal: Principal, request: RequestOf<typeof RedirectSession>): Promise<void> {
    const text = destinationText(request.destination);
    const session = await this.findUp(principal, request.sessionId ?? '');
    if (request.callerId) await this.#checkCallerId(session.accountId, request.callerId);
    const { address, parties } = await findDestination(text, session.accountId, this.#options.directory);
    const names = parties.map(({ name }) => name).join(', ');
    session.redirect(names, { parties: [address], callerId: request.callerId || undefined });
  }

  /** Puts a call that is up on hold, with music. Answers the session. @throws AppError also INVALID_MEMBER, and those of audio files */
  async hold(principal: Principal, request: RequestOf<typeof HoldSession>): Promise<SessionInfo> {
    const { callSid, reason = 'None', audioFile } = request;
    const session = await this.findUp(principal, request.sessionId ?? '');
    await session.hold({ reason, byUserId: principal.userId, ...(callSid && { callSid }), ...(audioFile && { audioFile }) });
    return session.info;
  }

  /** Puts a call that is up on hold, or resumes it. Answers the session. @throws AppError also INVALID_MEMBER */
  async patch(principal: Principal, request: RequestOf<typeof PatchSession>): Promise<SessionInfo> {
    const { sessionId = '', callState, holdReason } = request;
    const checks = new MemberChecks();
    if (callState !== undefined && callState !== 'Hold' && callState !== 'Connected') {
      checks.refuse('CallState', 'Give Hold to put the call on hold, or Connected to resume it.');
    }
    checks.done();
    const session = await this.findUp(principal, sessionId);
    if (callState === 'Connected') await session.resume().catch((cause: unknown) => Promise.reject(notResumed(cause)));
    else if (callState === 'Hold' || (holdReason !== undefined && session.onHold)) {
      await session.hold({ reason: holdReason ?? 'None', byUserId: principal.userId });
    }
    return session.info;
  }

  /** Starts to record a call that is up, or does something to its recording. Resolves when that is done; after Stop, the file is stored. */
  async record(principal: Principal, request: RequestOf<typeof RecordSession>): Promise<void> {
    const { sessionId = '', action = 'Start', layout } = request;
    const session = await this.findUp(principal, sessionId);
    const { recording } = session;
    if (!recording) throw conflict('The call is not up.');
    const { state } = recording;
    if (action !== 'Start' && state === 'none') throw conflict('The call is not being recorded.');
    switch (action) {
      case 'Start':
      case 'Resume':
        if (state === 'none') session.note('The call is recorded by request');
        recording.start(layout === 'Mono' ? 'mono' : 'stereo');
        return;
      case 'Pause':
        recording.pause();
        return;
      case 'Stop':
        await recording.stop().catch((cause: unknown) => Promise.reject(notStored(cause)));
    }
  }

  /** Gives up a call that has not been answered. Resolves when it is over. */
  async reject(principal: Principal, request: RequestOf<typeof RejectSession>): Promise<void> {
    const session = await this.#find(principal, request.sessionId ?? '');
    if (session.isUp) throw conflict('The call has been answered. End it with DELETE /sessions/{id}.');
    await session.end('Rejected', 'Rejected by request');
  }

  /** Writes a line into the log of a session that is not over. @throws AppError also REQUIRED, INVALID_MEMBER */
  async addLog(principal: Principal, request: RequestOf<typeof AddSessionLog>): Promise<void> {
    const { message = '' } = request;
    const checks = new MemberChecks();
    if (message.trim() === '') checks.fail('REQUIRED', { member: 'Message', hint: 'the line to append.' }, 'Message');
    checks.text(message, 'Message', LOG_LENGTH);
    checks.done();
    (await this.#find(principal, request.sessionId ?? '')).note(message);
  }

  /** The session whose call is up here. */
  async findUp(principal: Principal, sessionId: string): Promise<LiveSession> {
    const session = await this.#find(principal, sessionId);
    if (!session.isUp) throw conflict('The call is not up.');
    return session;
  }

  async #find(principal: Principal, sessionId: string): Promise<LiveSession> {
    const live = this.#options.calls.get(sessionId);
    if (live && mayAccess(principal, live.accountId)) return live;
    const { info, owner } = await this.#options.queries.find(principal, sessionId);
    if (info.ended) throw conflict('The session is over.');
    throw conflict(
      owner === undefined ? 'The call waits for its time.' : 'Another server carries this call. Send the request to that server.',
    );
  }

  async #checkCallerId(accountId: string, callerId: string): Promise<void> {
    const owned = await this.#options.directory.phoneNumbers.ownedVoiceNumbers(accountId);
    if (!owned.some(({ e164 }) => e164 === callerId)) throw memberError('CALLER_ID_NOT_OWNED', {}, 'CallerId');
  }
}

function notStored(cause: unknown): AppError {
  return new AppError('CONFLICT', { reason: 'The recording could not be stored. The log of the server says why.' }, { cause });
}

function notResumed(cause: unknown): AppError {
  return new AppError('CONFLICT', { reason: 'The other side did not agree to end the hold.' }, { cause });
}

function conflict(reason: string): AppError {
  return new AppError('CONFLICT', { reason });
}
