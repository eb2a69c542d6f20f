import type { Static } from 'typebox';
import { Type } from 'typebox';
import { count, dto, flag, nullable, oneOf, operation, optional, text, textMap } from './dto.ts';
import { FlowExit, FlowNode, FlowParameterDto } from './flows.ts';
import { SessionInfo } from './sessions.ts';

const namespace = 'Voice.Api.Sessions';

/** What a status callback may tell of a call. */
export const callEventNames = ['Initiated', 'Ringing', 'Answered', 'Completed'] as const;
export type CallEventName = (typeof callEventNames)[number];
export const callEvents = oneOf('CallEvents', callEventNames);

export const CallFlow = dto(
  { name: 'CallFlow', namespace, description: 'A flow for one call. It obeys the same rules as a saved flow, and appears in no list.' },
  {
    name: optional(text, 'How logs name it.'),
    nodes: optional(Type.Array(FlowNode), 'The steps; one of them is the start node.'),
    parameters: optional(Type.Array(FlowParameterDto), 'Fields of Session with a type and a default.'),
    exits: optional(Type.Array(FlowExit), 'Named ends that transitions may lead to.'),
  },
);
export type CallFlow = Static<typeof CallFlow>;

export const StatusCallback = dto(
  { name: 'StatusCallback', namespace, description: 'Where to tell of the events of a call.' },
  {
    url: optional(text, 'The http or https address that gets a POST for each event.'),
    events: optional(Type.Array(callEvents), 'The events to tell of. All if absent or empty.'),
  },
);

export const PlaceCall = operation({
  routes: ['POST /calls'],
  tag: 'Sessions',
  auth: ['Manager', 'SystemAdministrator'],
  takesLongBody: true,
  request: dto(
    {
      name: 'PlaceCall',
      namespace,
      description: 'Place an outgoing call, now or at a given time, with a saved flow or one of its own.',
    },
    {
      flow: optional(CallFlow, 'The flow to run when the call is answered. Give either Flow or FlowId.'),
      flowId: optional(text, 'The ID of a saved flow to run when the call is answered. Give either Flow or FlowId.'),
      accountId: optional(
        text,
        'The account of the call. Needed with Flow when the login has several accounts; FlowId tells it by itself.',
      ),
      numberToDial: optional(text, 'The E164 number to dial, e.g. +18144043093'),
      callerId: optional(text, 'The E164 number of an owned phone number to call from. A random one if absent.'),
      trunkId: optional(text, 'The SIP trunk of the account to use. Any of them if absent.'),
      ringTimeoutInSeconds: optional(nullable(count), 'How long the call may ring, 1 to 300. What the trunk says if absent.'),
      maxDurationInSeconds: optional(nullable(count), 'How long the call may last once it is answered, 1 to 14400. No limit if absent.'),
      record: optional(nullable(flag), 'Record the whole call into a file.'),
      sipHeaders: optional(textMap, 'Headers for the INVITE, at most 20. Their names begin with X-.'),
      metadata: optional(textMap, 'Texts to find again on the session, at most 50; names have up to 100 characters, texts up to 1000.'),
      notBefore: optional(text, 'When to dial: ISO 8601 with Z or an offset, at most 30 days ahead. At once if absent or past.'),
      expiresAt: optional(
        text,
        'When a call that waits for its time or for a free channel is given up: ISO 8601 with Z or an offset. 5 minutes after NotBefore if absent.',
      ),
      statusCallback: optional(StatusCallback, 'Where to tell of the events of the call.'),
    },
  ),
  response: SessionInfo,
  successStatus: 201,
});
