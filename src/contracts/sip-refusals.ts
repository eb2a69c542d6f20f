import { Type } from 'typebox';
import { count, dto, operation, optional, text } from './dto.ts';

const namespace = 'Voice.Api.System';

export const SipRefusalCount = dto(
  { name: 'SipRefusalCount', namespace, description: 'How many SIP requests were refused for one reason.' },
  { reason: optional(text), count: optional(count) },
);

export const SipRefusalsInfo = dto(
  { name: 'SipRefusalsInfo', namespace, description: 'Calls and registrations that this server has refused since its start.' },
  { since: optional(text, 'When the server was started.'), refused: optional(Type.Array(SipRefusalCount)) },
);

export const GetSipRefusals = operation({
  routes: ['GET /system/sip-refusals'],
  tag: 'System',
  auth: ['SystemAdministrator'],
  request: dto({ name: 'GetSipRefusals', namespace, description: 'Get how many calls and registrations were refused, by reason.' }, {}),
  response: SipRefusalsInfo,
});
