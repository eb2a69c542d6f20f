import type { Static } from 'typebox';
import { Type } from 'typebox';
import { dto, flag, nullable, oneOf, operation, optional, text, textMap, texts } from './dto.ts';
import { entityMembers, listMembers, listRequestOf, listResponse } from './entities.ts';
import { flowChannels } from './flows.ts';

const namespace = 'Voice.Api.Sessions';

export const SessionLogInfo = dto(
  { name: 'SessionLogInfo', namespace, description: 'A line of the log of a session.' },
  { date: optional(text), message: optional(text) },
);
export type SessionLogInfo = Static<typeof SessionLogInfo>;

export const SessionInfo = dto(
  { name: 'SessionInfo', namespace, description: 'One communication: a call.', base: 'EntityInfo' },
  {
    ...entityMembers,
    dialState: optional(oneOf('SessionDialState', ['None', 'Active'])),
    callState: optional(oneOf('SessionCallState', ['Disconnected', 'Ringing', 'Connected', 'Hold', 'Passive'])),
    queueState: optional(oneOf('SessionQueueStates', ['None', 'Queued', 'Ringing', 'Connected', 'Hold', 'Disconnected'])),
    accountId: optional(text),
    accountName: optional(text),
    endpointId: optional(text, 'The phone number of the caller ID.'),
    endpointName: optional(text),
    dateAnswered: optional(text, 'When the call was answered.'),
    dateCompleted: optional(text, 'When the call completed.'),
    destination: optional(text),
    toAddress: optional(text),
    fromAddress: optional(text),
    channel: optional(flowChannels),
    ended: optional(flag, 'The session is over.'),
    outcome: optional(text, 'Outcome of the call.'),
    sipCause: optional(nullable(Type.Integer()), 'The SIP status that ended the call, if any.'),
    callSid: optional(text, 'The SIP Call-ID.'),
    direction: optional(text),
    flowId: optional(text, 'The saved flow that the call runs. Absent when it has a flow of its own.'),
    trunkId: optional(text),
    metadata: optional(textMap, 'What was given when the call was placed.'),
    notBefore: optional(text, 'When the call is, or was, to be dialled.'),
    expiresAt: optional(text, 'When the call is given up if it has not been dialled by then.'),
    log: optional(Type.Array(SessionLogInfo)),
  },
);
export type SessionInfo = Static<typeof SessionInfo>;

export const NewOutgoingSession = operation({
  routes: ['POST /sessions/outgoing'],
  tag: 'Sessions',
  auth: ['Manager', 'SystemAdministrator'],
  request: dto(
    {
      name: 'NewOutgoingSession',
      namespace,
      description:
        'Create a new outgoing call and process it with the specified flow. This can only be used for voice sessions. If no caller ID is specified, we will use a random one.',
    },
    {
      flowId: optional(text, 'The ID of the flow to use. This flow will be executed as soon as the call is answered.'),
      numberToDial: optional(text, 'The E164 number to dial, e.g. +18144043093'),
      callerId: optional(text, 'The Caller ID to use. This must be the E164 number of an owned phone number'),
    },
  ),
});

export const ListSessions = operation({
  routes: ['GET /sessions'],
  tag: 'Sessions',
  auth: 'login',
  request: dto(
    { name: 'ListSessions', namespace, description: 'List sessions.', base: listRequestOf('SessionInfo') },
    {
      ...listMembers,
      accountIds: optional(texts),
      startDate: optional(text),
      endDate: optional(text),
      endpointIds: optional(texts),
      from: optional(text),
      to: optional(text),
      log: optional(text),
    },
  ),
  response: listResponse('SessionInfo', SessionInfo),
});

export const GetSession = operation({
  routes: ['GET /sessions/{sessionId}'],
  tag: 'Sessions',
  auth: 'login',
  request: dto({ name: 'GetSession', namespace, description: 'Get a session.' }, { sessionId: optional(text) }),
  response: SessionInfo,
});

export const EndSession = operation({
  routes: ['DELETE /sessions/{sessionId}'],
  tag: 'Sessions',
  auth: ['User', 'Manager', 'SystemAdministrator'],
  request: dto(
    { name: 'EndSession', namespace, description: 'End the session.' },
    { sessionId: optional(text), callSid: optional(text, 'The local call ID') },
  ),
});
