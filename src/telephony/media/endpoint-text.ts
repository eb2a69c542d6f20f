import type { Endpoint } from '../../wire/wire.ts';

/** `192.0.2.1:4000`, or `[2001:db8::1]:4000`. */
export function endpointText({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
