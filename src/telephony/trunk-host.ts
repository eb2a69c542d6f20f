import type { Clock } from '../kernel/clock.ts';
import { defaultPort } from '../wire/default-port.ts';
import type { ServerLocator } from '../wire/locate-servers.ts';
import type { Registration, RegistrationRequest, SipHost } from './port.ts';
import { ServerRests } from './server-rests.ts';
import type { ServiceRoutes } from './service-routes.ts';
import { writeHostPort } from './sip/host-port.ts';
import { isServerFailure } from './sip/server-failure.ts';
import { type Hop, transportParam } from './sip/transport.ts';
import { escapeUser } from './sip/uri.ts';
import type { UserAgent } from './sip/user-agent.ts';

export interface TrunkHostParts {
  readonly userAgent: UserAgent;
  readonly clock: Clock;
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
  let failure: number | undefined;
  // One server that serves is enough: a call finds it too.
  const answers = servers.map(async (to) => {
    const response = await userAgent.request({ method: 'OPTIONS', to, requestUri, from: uri, toUri: uri }, signal);
    if (response && !isServerFailure(response.status)) return response.status;
    failure ??= response?.status;
    throw new Error('The server does not serve');
  });
  return Promise.any(answers).catch(() => failure);
}

/** See Telephony.registration. */
export function registrationAt(
  { user, domain, contactUser, credentials, host, port, transport }: RegistrationRequest,
  { userAgent, locator, clock, serviceRoutes }: TrunkHostParts,
  onLost?: () => void,
): Registration {
  const ownDomain = domain ?? domainOf({ host, port, transport });
  const account = {
    registrar: `sip:${ownDomain}${transportParam(transport ?? 'udp')}`,
    address: `sip:${escapeUser(user)}@${ownDomain}`,
    contactUser: escapeUser(contactUser),
    ...(credentials && { credentials }),
  };
  const client = userAgent.registration(account, onLost);
  let forget = (): void => {};
  const rests = new ServerRests(clock);
  return {
    register: async (expiresSeconds, signal) => {
      if (expiresSeconds === 0) forget();
      const servers = await locator.locate({ host, port, transport }, signal).catch(() => []);
      let status: number | undefined;
      // Its end is told to all that may know of a registration.
      for (const to of expiresSeconds === 0 ? servers : rests.rested(servers)) {
        const result = await client.register(to, expiresSeconds, signal);
        if (result.registered && expiresSeconds > 0) {
          forget();
          if (result.serviceRoute) forget = serviceRoutes.learn({ host, port, transport }, user, result.serviceRoute, result.expiresMs);
        }
        if (result.registered || (result.status !== undefined && !isServerFailure(result.status))) return result;
        rests.rest(to, result.retryAfterMs ?? 0);
        status = result.status ?? status;
      }
      const retryAfterMs = rests.leftMs(servers);
      return { registered: false, ...(status !== undefined && { status }), ...(retryAfterMs > 0 && { retryAfterMs }) };
    },
    close: () => {
      forget();
      client.close();
    },
  };
}
