import { AssignRoles, Authenticate, GetAccessToken, UnAssignRoles } from '../contracts/authentication.ts';
import type { Operation } from '../contracts/dto.ts';
import { wireFormats } from '../formats/formats.ts';
import { type MetadataTypes, metadataTypes } from './metadata-types.ts';
import { routesOf } from './routes.ts';
import { serviceName } from './service-name.ts';

/** What a client can learn of this server, in the words of ServiceStack (servicestack.md 5.2). */
export interface AppMetadata {
  /** When it was made: ISO 8601, UTC. */
  readonly date: string;
  readonly app: {
    readonly baseUrl: string;
    readonly serviceStackVersion: string;
    readonly serviceName: string;
    readonly jsTextCase: string;
  };
  readonly ui: object;
  readonly config: { readonly debugMode: boolean };
  /** Content types by name of the format. */
  readonly contentTypeFormats: Readonly<Record<string, string>>;
  readonly httpHandlers: Readonly<Record<string, string>>;
  readonly plugins: { readonly loaded: readonly string[]; readonly auth: AuthInfo };
  readonly api: MetadataTypes;
}

interface AuthInfo {
  readonly hasAuthRepository: boolean;
  readonly includesRoles: boolean;
  readonly htmlRedirect: string;
  readonly authProviders: readonly { readonly name: string; readonly label: string; readonly type: string }[];
  /** Paths by name of the service. */
  readonly serviceRoutes: Readonly<Record<string, readonly string[]>>;
}

export interface AppFacts {
  /** Address of this server, without a slash at the end. */
  readonly baseUrl: string;
  readonly version: string;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** Where people sign in. */
  readonly signInPath: string;
}

/** The ways to sign in (servicestack.md 4.2). */
const authProviders = [
  { name: 'basic', label: 'Basic', type: 'Basic' },
  { name: 'credentials', label: 'Sign In', type: 'credentials' },
  { name: 'jwt', label: 'JWT', type: 'Bearer' },
  { name: 'apikey', label: 'API Key', type: 'Bearer' },
];

const signInServices: readonly Operation[] = [Authenticate, GetAccessToken, AssignRoles, UnAssignRoles];

export function appMetadata({ baseUrl, version, nowMs, signInPath }: AppFacts): AppMetadata {
  return {
    date: new Date(nowMs).toISOString(),
    app: { baseUrl, serviceStackVersion: version, serviceName, jsTextCase: 'CamelCase' },
    ui: {},
    config: { debugMode: false },
    contentTypeFormats: Object.fromEntries(wireFormats.map(({ name, contentTypes }) => [name, contentTypes[0] ?? ''])),
    httpHandlers: { 'ApiHandlers.Json': '/api/{Request}' },
    plugins: {
      loaded: ['auth'],
      auth: {
        hasAuthRepository: true,
        includesRoles: true,
        htmlRedirect: signInPath,
        authProviders,
        serviceRoutes: Object.fromEntries(
          signInServices.map((operation) => [`${operation.name}Service`, routesOf(operation).map(({ path }) => path)]),
        ),
      },
    },
    api: metadataTypes(baseUrl),
  };
}
