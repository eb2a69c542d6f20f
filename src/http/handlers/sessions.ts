import { PlaceCall } from '../../contracts/calls.ts';
import { AddConferenceMember, ConferenceSession, PatchConferenceMember } from '../../contracts/conferences.ts';
import {
  AddSessionLog,
  EndSession,
  GetSession,
  HoldSession,
  ListSessions,
  NewOutgoingSession,
  PatchSession,
  RecordSession,
  RedirectSession,
  RejectSession,
  SessionInfo,
} from '../../contracts/sessions.ts';
import { type AnswerHead, type BoundOperation, signedIn } from '../handler.ts';
import type { Services } from '../services.ts';

/** Sessions (evo-voice.md 1.1). */
export function sessionHandlers({ sessions }: Services): readonly BoundOperation[] {
  return [
    signedIn(NewOutgoingSession, async (principal, request, context) => {
      const session = await sessions.createOutgoing(principal, request, context.idempotencyKey);
      const { answer } = context;
      // A 204 with the address, or on request the session itself (servicestack.md 10, D1).
      locate(session, answer);
      if (!context.prefersRepresentation) return undefined;
      answer.headers['preference-applied'] = 'return=representation';
      answer.schema = SessionInfo;
      return session;
    }),
    signedIn(PlaceCall, async (principal, request, { answer, idempotencyKey }) => {
      const session = await sessions.place(principal, request, idempotencyKey);
      locate(session, answer);
      return session;
    }),
    signedIn(ListSessions, (principal, request) => sessions.list(principal, request)),
    signedIn(GetSession, (principal, request) => sessions.get(principal, request.sessionId ?? '')),
    signedIn(RedirectSession, async (principal, request) => {
      await sessions.live.redirect(principal, request);
    }),
    signedIn(HoldSession, (principal, request) => sessions.live.hold(principal, request)),
    signedIn(PatchSession, (principal, request) => sessions.live.patch(principal, request)),
    signedIn(RecordSession, async (principal, request) => {
      await sessions.live.record(principal, request);
    }),
    signedIn(RejectSession, async (principal, request) => {
      await sessions.live.reject(principal, request);
    }),
    signedIn(AddSessionLog, async (principal, request) => {
      await sessions.live.addLog(principal, request);
    }),
    signedIn(ConferenceSession, (principal, request) => sessions.conferences.start(principal, request)),
    signedIn(AddConferenceMember, (principal, request) => sessions.conferences.addMember(principal, request)),
    signedIn(PatchConferenceMember, (principal, request) => sessions.conferences.patchMember(principal, request)),
    signedIn(EndSession, async (principal, request) => {
      await sessions.end(principal, request.sessionId ?? '', request.callSid);
    }),
  ];
}

function locate(session: SessionInfo, { headers }: AnswerHead): void {
  headers.location = `/sessions/${encodeURIComponent(session.id ?? '')}`;
}
