import type { Static } from 'typebox';
import { dto, flag, oneOf, optional, text } from './dto.ts';

export const SessionMemberInfo = dto(
  { name: 'SessionMemberInfo', namespace: 'Voice.Api.Sessions', description: 'A call of a session that is in a conference.' },
  {
    callSid: optional(text, 'The SIP Call-ID of the member.'),
    address: optional(text, 'The number, or the name, of who is at the other end.'),
    callState: optional(oneOf('SessionMemberCallState', ['None', 'Ringing', 'Connected', 'Hold'])),
    role: optional(oneOf('SessionMemberRoles', ['None', 'Caller', 'Agent', 'Transfer']), 'Caller is the call of the session itself.'),
    muted: optional(flag, 'The others do not hear it.'),
  },
);
export type SessionMemberInfo = Static<typeof SessionMemberInfo>;
