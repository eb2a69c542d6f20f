import { Type } from 'typebox';
import { count, dto, operation, optional, text } from './dto.ts';

const namespace = 'Voice.Api.System';

const SipRefusalSource = dto(
  { name: 'SipRefusalSource', namespace, description: 'An address from which SIP requests were refused.' },
  { address: optional(text), lastDate: optional(text, 'When the last one came.') },
);

export const SipRefusalCount = dto(
  { name: 'SipRefusalCount', namespace, description: 'How many SIP requests were refused for one reason.' },
  {
    reason: optional(text),
    count: optional(count),
    sources: optional(Type.Array(SipRefusalSource), 'The last addresses that they came from, ten at most, the last one first.'),
  },
);

export const SipRefusalsInfo = dto(
  { name: 'SipRefusalsInfo', namespace, description: 'Calls and registrations that this server has refused since its start.' },
  { since: optional(text, 'When the server was started.'), refused: optional(Type.Array(SipRefusalCount)) },
);

export const GetSipRefusals = operation({
  routes: ['GET /system/sip-refusals'],
  tag: 'System',
  auth: ['SystemAdministrator'],
  request: dto(
    { name: 'GetSipRefusals', namespace, description: 'Get how many calls and registrations were refused, by reason, and from where.' },
    {},
  ),
  response: SipRefusalsInfo,
});
