import type { FastifyRequest } from 'fastify';

export interface PublicAddress {
  /** `https://host`, without a slash at the end: where clients reach this server. Absent: they reach it directly, as their `Host` says. */
  readonly publicUrl?: string | undefined;
}

/** A name, or an address, which for version 6 stands in brackets; and a port. What a page or header could be broken with is none of it. */
const HOST = /^(?:[a-z0-9][a-z0-9._-]{0,252}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/**
 * The address of this server for links and generated code: `http://host:8080`, without a slash at the end. A `Host` header that is none
 * gets nowhere; the address that the connection arrived at stands in for it.
 */
export function baseUrlOf(request: FastifyRequest, { publicUrl }: PublicAddress): string {
  if (publicUrl !== undefined) return publicUrl;
  const { host } = request.headers;
  return `http://${host !== undefined && HOST.test(host) ? host : listeningHost(request)}`;
}

/** Whether clients reach this server by TLS. It has none of its own: something in front of it has. */
export function isSecure({ publicUrl }: PublicAddress): boolean {
  return publicUrl?.startsWith('https:') === true;
}

function listeningHost({ raw }: FastifyRequest): string {
  const { localAddress, localPort } = raw.socket;
  if (localAddress === undefined || localPort === undefined) return 'localhost';
  return `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}
