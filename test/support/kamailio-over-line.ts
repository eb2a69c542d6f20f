import { type Kamailio, startKamailio } from './kamailio.ts';
import { inTurn, type LineScene } from './over-bad-networks.ts';

/** Starts Kamailio behind a bad network, beside the gateways that it calls; `at` is its port on our side of the network. */
export async function proxyOver(
  { line, closing }: LineScene,
  gateways: { readonly first: number; readonly second: number },
): Promise<{ readonly proxy: Kamailio; readonly at: number }> {
  const proxy = await inTurn(() => startKamailio('proxy.cfg', { FIRST_PORT: gateways.first, SECOND_PORT: gateways.second }));
  closing(() => proxy.stop());
  return { proxy, at: await line.farAt(proxy.port) };
}
