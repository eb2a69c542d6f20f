import type { Static } from 'typebox';
import { Type } from 'typebox';
import { count, dto, flag, nullable, oneOf, operation, optional, text, texts } from './dto.ts';
import { entityMembers, listMembers, listRequestOf, listResponse } from './entities.ts';
import { sipTransports, trunkSettings, trunkStates } from './sip-trunks.ts';
import { struct } from './values.ts';

export const endpointsNamespace = 'Voice.Api.Endpoints';
const namespace = endpointsNamespace;
export const editors = ['SystemAdministrator', 'Manager', 'Customer'] as const;

export const endpointTypes = oneOf('EndpointTypes', ['PhoneNumber', 'User', 'FaxNumber', 'EmailAddress', 'Team', 'Assistant', 'SipTrunk']);
export const srtpPolicies = oneOf('SrtpPolicies', ['Off', 'Optional', 'Required']);

export const userModes = oneOf('UserModes', ['SoftPhone', 'SipPhone']);

export const EndpointInfo = dto(
  {
    name: 'EndpointInfo',
    namespace,
    description: 'Anything that can start or receive communication: a phone number, a user, a team, a SIP trunk.',
    base: 'EntityInfo',
  },
  {
    ...entityMembers,
    accountId: optional(text),
    accountName: optional(text),
    displayName: optional(text),
    type: optional(endpointTypes),
    flowId: optional(text, 'The flow that runs when somebody calls the endpoint.'),
    flowName: optional(text),
    flowParams: optional(struct, 'Values for the public parameters of the flow.'),
    isVirtualPhoneNumber: optional(flag),
    phoneNumber: optional(text, 'The E.164 number, for a phone number.'),
    host: optional(text, 'Host name or address, for a SIP trunk.'),
    port: optional(nullable(count)),
    transport: optional(nullable(sipTransports)),
    userName: optional(text),
    userMode: optional(nullable(userModes)),
    sipUserName: optional(text, 'The name by which the phones of a user register.'),
    memberIds: optional(texts, 'The endpoints of the members of a team.'),
    hasPassword: optional(flag, 'Whether a password is stored. The password itself is never returned.'),
    maxChannels: optional(nullable(count)),
    callsPerSecond: optional(nullable(Type.Number())),
    ringTimeoutInSeconds: optional(nullable(count)),
    srtp: optional(nullable(srtpPolicies), 'Whether the audio of calls through a SIP trunk is encrypted.'),
    ...trunkSettings,
    ...trunkStates,
  },
);
export type EndpointInfo = Static<typeof EndpointInfo>;

const flowMembers = {
  flowId: optional(text, 'The flow to run when somebody calls the endpoint.'),
  flowParams: optional(struct, 'Values for the public parameters of the flow.'),
};

export const BuyPhoneNumber = operation({
  routes: ['POST /endpoints/phone-numbers'],
  tag: 'Endpoints',
  auth: editors,
  request: dto(
    { name: 'BuyPhoneNumber', namespace, description: 'Add a phone number to an account.' },
    {
      accountId: optional(text),
      number: optional(text, 'The E164 number, e.g. +18144043093'),
      isVirtualPhoneNumber: optional(flag, 'Only an entry is created, nothing is bought.'),
      isFaxNumber: optional(flag),
      ...flowMembers,
    },
  ),
  response: EndpointInfo,
});

const trunkMembers = {
  name: optional(text),
  host: optional(text, 'Host name or IP address of the carrier.'),
  port: optional(nullable(count), 'If absent, what the SRV records of the host say, else 5060, or 5061 for Tls.'),
  transport: optional(nullable(sipTransports), 'If absent, what the NAPTR and SRV records of the host say, else Udp.'),
  userName: optional(text, 'For digest authentication.'),
  password: optional(text, 'For digest authentication. Kept encrypted and never returned.'),
  maxChannels: optional(nullable(count), 'How many calls may be up at once. 100 if absent.'),
  callsPerSecond: optional(nullable(Type.Number()), 'How many calls may start in a second. 50 if absent.'),
  ringTimeoutInSeconds: optional(nullable(count), 'How long a call may ring. 60 if absent.'),
  srtp: optional(
    nullable(srtpPolicies),
    'Whether audio is encrypted (SRTP with keys in SDP). Required: a call without it fails. Optional: in clear when the carrier has none. Off if absent.',
  ),
  ...trunkSettings,
};

export const NewSipTrunk = operation({
  routes: ['POST /endpoints/sip-trunk'],
  tag: 'Endpoints',
  auth: editors,
  request: dto(
    { name: 'NewSipTrunk', namespace, description: 'Add a SIP trunk to an account.' },
    { accountId: optional(text), ...trunkMembers },
  ),
  response: EndpointInfo,
});

export const NewUserEndpoint = operation({
  routes: ['POST /endpoints/users'],
  tag: 'Endpoints',
  auth: editors,
  request: dto(
    {
      name: 'NewUserEndpoint',
      namespace,
      description: 'Add a user whose phones may register, to an account. PATCH /endpoints/sip/{id}/password gives the SIP password.',
    },
    {
      accountId: optional(text),
      firstName: optional(text),
      lastName: optional(text),
      userMode: optional(nullable(userModes), 'SipPhone if absent.'),
      sipUserName: optional(text, 'The name by which the phones register; one is made if absent. It may exist once in the system.'),
      digits: trunkSettings.digits,
      ...flowMembers,
    },
  ),
  response: EndpointInfo,
});

export const SipPasswordInfo = dto(
  { name: 'SipPasswordInfo', namespace, description: 'What a phone needs to register. The password is shown this once.' },
  { endpointId: optional(text), sipUserName: optional(text), realm: optional(text), password: optional(text) },
);
export type SipPasswordInfo = Static<typeof SipPasswordInfo>;

export const NewSipPassword = operation({
  routes: ['PATCH /endpoints/sip/{id}/password'],
  tag: 'Endpoints',
  auth: editors,
  request: dto(
    { name: 'NewSipPassword', namespace, description: 'Give a user a new SIP password. The one before ends at once.' },
    { id: optional(text, 'The id of the endpoint.') },
  ),
  response: SipPasswordInfo,
});

export const ListEndpoints = operation({
  routes: ['GET /endpoints'],
  tag: 'Endpoints',
  auth: editors,
  request: dto(
    { name: 'ListEndpoints', namespace, description: 'List endpoints.', base: listRequestOf('EndpointInfo') },
    {
      ...listMembers,
      accountIds: optional(texts),
      nameFilter: optional(text),
      phoneNumberFilter: optional(text),
      type: optional(nullable(endpointTypes)),
      types: optional(Type.Array(endpointTypes)),
      sipUserName: optional(text, 'The whole name by which the phones of a user register.'),
    },
  ),
  response: listResponse('EndpointInfo', EndpointInfo),
});

export const GetEndpoint = operation({
  routes: ['GET /endpoints/{endpointId}'],
  tag: 'Endpoints',
  auth: editors,
  request: dto({ name: 'GetEndpoint', namespace, description: 'Get an endpoint.' }, { endpointId: optional(text) }),
  response: EndpointInfo,
});

export const PatchEndpoint = operation({
  routes: ['PATCH /endpoints/{endpointId}'],
  tag: 'Endpoints',
  auth: editors,
  request: dto(
    { name: 'PatchEndpoint', namespace, description: 'Change an endpoint: members that are absent stay as they are.' },
    {
      endpointId: optional(text),
      ...flowMembers,
      memberIds: optional(texts, 'The members of a team, in the place of those that it has.'),
      isPartialFlowUpdate: optional(flag, 'Adds flowParams to those that are there, instead of replacing them.'),
      ...trunkMembers,
    },
  ),
  response: EndpointInfo,
});

export const DeleteEndpoint = operation({
  routes: ['DELETE /endpoints/{endpointId}'],
  tag: 'Endpoints',
  auth: editors,
  request: dto({ name: 'DeleteEndpoint', namespace, description: 'Delete an endpoint.' }, { endpointId: optional(text) }),
});
