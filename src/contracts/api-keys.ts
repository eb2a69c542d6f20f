import type { Static } from 'typebox';
import { dto, operation, optional, text } from './dto.ts';
import { entityMembers, listMembers, listRequestOf, listResponse } from './entities.ts';

const namespace = 'Voice.Api.Authentication';
const tag = 'API keys';

export const ApiKeyInfo = dto(
  { name: 'ApiKeyInfo', namespace, description: 'A key with which a program signs in as the login that made it.', base: 'EntityInfo' },
  {
    ...entityMembers,
    name: optional(text),
    key: optional(text, 'The key itself. Only in the answer that makes it: it is not kept.'),
    expiresAt: optional(text),
  },
);
export type ApiKeyInfo = Static<typeof ApiKeyInfo>;

export const NewApiKey = operation({
  routes: ['POST /apikeys'],
  tag,
  auth: 'login',
  request: dto(
    { name: 'NewApiKey', namespace, description: 'Create an API key for the login of the caller. The key is shown once.' },
    {
      name: optional(text, 'What the key is for.'),
      expiresAt: optional(text, 'When the key ends: ISO 8601, such as 2030-01-31T12:00:00Z. Never if absent.'),
    },
  ),
  response: ApiKeyInfo,
});

export const ListApiKeys = operation({
  routes: ['GET /apikeys'],
  tag,
  auth: 'login',
  request: dto(
    { name: 'ListApiKeys', namespace, description: 'List the API keys of the login of the caller.', base: listRequestOf('ApiKeyInfo') },
    listMembers,
  ),
  response: listResponse('ApiKeyInfo', ApiKeyInfo),
});

export const DeleteApiKey = operation({
  routes: ['DELETE /apikeys/{apiKeyId}'],
  tag,
  auth: 'login',
  request: dto(
    { name: 'DeleteApiKey', namespace, description: 'Delete an API key of the login of the caller. It ends at once.' },
    { apiKeyId: optional(text) },
  ),
});
