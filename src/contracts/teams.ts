import { dto, operation, optional, text, texts } from './dto.ts';
import { EndpointInfo, editors, endpointsNamespace } from './endpoints.ts';

export const NewTeamEndpoint = operation({
  routes: ['POST /endpoints/team'],
  tag: 'Endpoints',
  auth: editors,
  request: dto(
    {
      name: 'NewTeamEndpoint',
      namespace: endpointsNamespace,
      description: 'Add a team to an account: users and phone numbers that a Dial node calls at the same time.',
    },
    {
      accountId: optional(text),
      name: optional(text),
      memberIds: optional(texts, 'The endpoints of the members: users and phone numbers of the account, ten at most.'),
    },
  ),
  response: EndpointInfo,
});
