import { defaultPort } from '../wire/default-port.ts';
import type { ServerLocator } from '../wire/locate-servers.ts';
import type { Registration, RegistrationRequest, SipHost } from './port.ts';
import type { ServiceRoutes } from './service-routes.ts';
import { writeHostPort } from './sip/host-port.ts';
import { type Hop, transportParam } from './sip/transport.ts';
import { escapeUser } from './sip/uri.ts';
import type { UserAgent } from './sip/user-agent.ts';

export interface TrunkHostParts {
  readonly userAgent: UserAgent;
  /** Finds the servers of trunks. */
  readonly locator: ServerLocator;
  /** The ways that registrars want calls to take. */
  readonly serviceRoutes: ServiceRoutes;
}

/** How a host is written in a SIP URI. */
export function domainOf({ host, port, transport }: SipHost): string {
  return writeHostPort(host, port === defaultPort(transport ?? 'udp') ? undefined : port);
}

/** The first server of a host; undefined when none can be found. */
export async function firstServer(
  { host, port, transport }: SipHost,
  locator: ServerLocator,
  signal: AbortSignal,
): Promise<Hop | undefined> {
  const [first] = await locator.locate({ host, port, transport }, signal).catch(() => []);
  return first;
}

/** See Telephony.ping. */
export async function ping(
  { host, port, transport }: SipHost,
  { userAgent, locator }: TrunkHostParts,
  signal: AbortSignal,
): Promise<number | undefined> {
  const servers = await locator.locate({ host, port, transport }, signal).catch(() => []);
  const uri = `sip:${domainOf({ host, port, transport })}`;
  const requestUri = `${uri}${transportParam(transport ?? 'udp')}`;
  // One server that answers is enough: a call finds it too.
  const answers = servers.map(async (to) => {
    const response = await userAgent.request({ method: 'OPTIONS', to, requestUri, from: uri, toUri: uri }, signal);
    if (!response) throw new Error('No response');
    return response.status;
  });
  return Promise.any(answers).catch(() => undefined);
}

/** See Telephony.registration. */
export function registrationAt(
  { user, domain, contactUser, credentials, host, port, transport }: RegistrationRequest,
  { userAgent, locator, serviceRoutes }: TrunkHostParts,
): Registration {
  const ownDomain = domain ?? domainOf({ host, port, transport });
  const client = userAgent.registration({
    registrar: `sip:${ownDomain}${transportParam(transport ?? 'udp')}`,
    address: `sip:${escapeUser(user)}@${ownDomain}`,
    contactUser: escapeUser(contactUser),
    ...(credentials && { credentials }),
  });
  let forget = (): void => {};
  return {
    register: async (expiresSeconds, signal) => {
      if (expiresSeconds === 0) forget();
      const servers = await locator.locate({ host, port, transport }, signal).catch(() => []);
      for (const to of servers) {
        const result = await client.register(to, expiresSeconds, signal);
        if (result.registered && expiresSeconds > 0) {
          forget();
          if (result.serviceRoute) forget = serviceRoutes.learn({ host, port, transport }, user, result.serviceRoute, result.expiresMs);
        }
        if (result.registered || result.status !== undefined) return result;
      }
      return { registered: false };
    },
    close: () => {
      forget();
      client.close();
    },
  };
}
