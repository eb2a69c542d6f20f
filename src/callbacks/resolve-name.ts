import { Resolver } from 'node:dns/promises';

export interface ResolvedAddress {
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** Finds the addresses of a host name, at least one. @throws the error of the name service; the signal's reason */
export type ResolveName = (host: string, signal: AbortSignal) => Promise<readonly ResolvedAddress[]>;

const QUERY_TIMEOUT_MS = 2000;
const TRIES = 2;

/**
 * Asks the name servers of this machine, IPv4 first. Unlike the resolver of the system it takes no thread for as long as a slow name server
 * pleases, so that callbacks to one cannot hold up the rest of the process; nor does it read the hosts file, but for `localhost`.
 */
export const resolveName: ResolveName = async (host, signal) => {
  signal.throwIfAborted();
  if (host === 'localhost') return [{ address: '127.0.0.1', family: 4 }];
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: TRIES });
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    signal.throwIfAborted();
    const found = [...addressesOf(four, 4), ...addressesOf(six, 6)];
    if (found.length === 0) throw four.status === 'rejected' ? four.reason : new Error('The name has no address');
    return found;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
};

function addressesOf(result: PromiseSettledResult<string[]>, family: 4 | 6): ResolvedAddress[] {
  return result.status === 'fulfilled' ? result.value.map((address) => ({ address, family })) : [];
}
