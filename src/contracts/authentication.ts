import type { Static } from 'typebox';
import { UserInfo } from './accounts.ts';
import { dto, flag, nullable, operation, optional, text, textMap, texts } from './dto.ts';
import { ResponseStatus } from './errors.ts';

const authentication = 'Voice.Api.Authentication';
const servicestack = 'ServiceStack';
const tag = 'Authentication';

export const GetAuthStatus = operation({
  routes: ['GET /auth/status'],
  tag,
  auth: 'public',
  request: dto({ name: 'GetAuthStatus', namespace: authentication, description: 'The login state of the caller.' }, {}),
  response: UserInfo,
});

export const RequestAuthTokenResult = dto(
  { name: 'RequestAuthTokenResult', namespace: authentication, description: 'A token of a login.' },
  { authToken: optional(text, 'To be sent as Authorization: Bearer. Valid for 15 minutes.') },
);

export const RequestAuthToken = operation({
  routes: ['GET /auth/token'],
  tag,
  auth: ['SystemAdministrator', 'Manager'],
  request: dto(
    {
      name: 'RequestAuthToken',
      namespace: authentication,
      description: 'Get a token that signs in as another login. Name it by one of the two.',
    },
    { userEmailAddress: optional(text), userId: optional(text) },
  ),
  response: RequestAuthTokenResult,
});

export const AuthenticateResponse = dto(
  { name: 'AuthenticateResponse', namespace: servicestack, description: 'Who signed in.' },
  {
    userId: optional(text),
    sessionId: optional(text),
    userName: optional(text),
    displayName: optional(text),
    referrerUrl: optional(text),
    bearerToken: optional(text),
    refreshToken: optional(text),
    refreshTokenExpiry: optional(text),
    profileUrl: optional(text),
    roles: optional(texts),
    permissions: optional(texts),
    authProvider: optional(text),
    responseStatus: optional(ResponseStatus),
    meta: optional(textMap),
  },
);
export type AuthenticateResponse = Static<typeof AuthenticateResponse>;

export const Authenticate = operation({
  routes: ['GET /auth', 'POST /auth', 'DELETE /auth', 'GET /auth/{provider}', 'POST /auth/{provider}', 'DELETE /auth/{provider}'],
  tag,
  auth: 'public',
  request: dto(
    { name: 'Authenticate', namespace: servicestack, description: 'Sign In' },
    {
      provider: optional(text, 'credentials, or logout. Without it: who is signed in.'),
      state: optional(text),
      oauth_token: optional(text),
      oauth_verifier: optional(text),
      userName: optional(text),
      password: optional(text),
      rememberMe: optional(nullable(flag)),
      accessToken: optional(text),
      accessTokenSecret: optional(text),
      returnUrl: optional(text),
      errorView: optional(text),
      meta: optional(textMap),
    },
  ),
  response: AuthenticateResponse,
});

export const GetAccessTokenResponse = dto(
  { name: 'GetAccessTokenResponse', namespace: servicestack, description: 'A new token.' },
  {
    accessToken: optional(text, 'To be sent as Authorization: Bearer. Absent when it went into a cookie.'),
    meta: optional(textMap),
    responseStatus: optional(ResponseStatus),
  },
);

export const GetAccessToken = operation({
  routes: ['POST /access-token'],
  tag,
  auth: 'public',
  request: dto(
    { name: 'GetAccessToken', namespace: servicestack, description: 'Get a new bearer token for a login that is open.' },
    {
      refreshToken: optional(text, 'The refresh token or the session id that signing in has answered.'),
      useTokenCookie: optional(nullable(flag), 'Whether the token goes into the cookie ss-tok instead of the answer.'),
      meta: optional(textMap),
    },
  ),
  response: GetAccessTokenResponse,
});

const roleMembers = {
  userName: optional(text, 'The e-mail address of the login.'),
  permissions: optional(texts, 'There are none here: what is sent is not looked at.'),
  roles: optional(texts),
  meta: optional(textMap),
};

const roleResult = {
  allRoles: optional(texts),
  allPermissions: optional(texts),
  meta: optional(textMap),
  responseStatus: optional(ResponseStatus),
};

export const AssignRolesResponse = dto(
  { name: 'AssignRolesResponse', namespace: servicestack, description: 'The roles that a login has now.' },
  roleResult,
);

export const AssignRoles = operation({
  routes: ['POST /assignroles'],
  tag,
  auth: ['Admin'],
  refusesItself: true,
  request: dto({ name: 'AssignRoles', namespace: servicestack, description: 'Give roles to a login.' }, roleMembers),
  response: AssignRolesResponse,
});

export const UnAssignRolesResponse = dto(
  { name: 'UnAssignRolesResponse', namespace: servicestack, description: 'The roles that a login has now.' },
  roleResult,
);

export const UnAssignRoles = operation({
  routes: ['POST /unassignroles'],
  tag,
  auth: ['Admin'],
  refusesItself: true,
  request: dto({ name: 'UnAssignRoles', namespace: servicestack, description: 'Take roles from a login.' }, roleMembers),
  response: UnAssignRolesResponse,
});
