import { dto, flag, operation, optional, text } from './dto.ts';
import { SessionInfo } from './sessions.ts';

const namespace = 'Voice.Api.Sessions';

export const ConferenceSession = operation({
  routes: ['POST /sessions/{sessionId}/conference'],
  tag: 'Sessions',
  auth: ['User', 'Manager', 'SystemAdministrator'],
  request: dto(
    {
      name: 'ConferenceSession',
      namespace,
      description: 'Turn a session into a conference. The call leaves its flow; when it leaves the conference too it is hung up.',
    },
    {
      sessionId: optional(text),
      name: optional(
        text,
        'The conference of the account to join, which may be that of a Conference node. Absent: the one that it is in, or a new one.',
      ),
    },
  ),
  response: SessionInfo,
});

export const AddConferenceMember = operation({
  routes: ['POST /sessions/{sessionId}/conference/members'],
  tag: 'Sessions',
  auth: ['User', 'Manager', 'SystemAdministrator'],
  request: dto(
    {
      name: 'AddConferenceMember',
      namespace,
      description:
        'Make the call a conference if it is not one yet and dial the member, who stays until they hang up or the session leaves the conference.',
    },
    {
      sessionId: optional(text),
      callSid: optional(text, 'The call of the session, by its SIP Call-ID. It may be left out.'),
      destination: optional(
        text,
        'Whom to dial: an E164 number, e.g. +18144043093, the ID of a phone number or a user of the account, or the SIP name of a user.',
      ),
      fromNumber: optional(
        text,
        'The Caller ID to use. This must be the E164 number of an owned phone number. Absent: the number of this side of the call; phones of users see the other side.',
      ),
    },
  ),
  response: SessionInfo,
});

export const PatchConferenceMember = operation({
  routes: ['PATCH /sessions/{sessionId}/conference/members/{callSid}'],
  tag: 'Sessions',
  auth: ['User', 'Manager', 'SystemAdministrator'],
  request: dto(
    { name: 'PatchConferenceMember', namespace, description: 'Hold or mute a conference member. What is absent stays.' },
    {
      sessionId: optional(text),
      callSid: optional(text, 'The SIP Call-ID of the member, as the members of the session name it.'),
      hold: optional(flag, 'Whether the member hears hold music instead of the others, and is not heard.'),
      mute: optional(flag, 'Whether the others do not hear the member.'),
    },
  ),
  response: SessionInfo,
});
