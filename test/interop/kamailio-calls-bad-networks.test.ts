import { expect } from 'vitest';
import { startBaresip } from '../support/baresip.ts';
import { sentOnByUs, talkOver } from '../support/baresip-transfers.ts';
import { directCall } from '../support/direct-call.ts';
import { refusingGateway } from '../support/gateway.ts';
import { proxyOver } from '../support/kamailio-over-line.ts';
import { inTurn, overBadNetworks } from '../support/over-bad-networks.ts';

// Between us and Kamailio, through which baresip is called.

const FIRST_PORT = 49_800;
/** A request with a header that begins so. */
const inMessage = (method: string, header: string): RegExp => new RegExp(`^${method} .*(?:\\r?\\n.+)*?\\r?\\n${header}`, 'm');

const credentials = { userName: 'user', password: 'secret' };

overBadNetworks('a call that is cancelled stops ringing behind Kamailio', FIRST_PORT, async (scene) => {
  const { telephony, closing } = scene;
  const phone = await inTurn(() => startBaresip({ user: 'asked', answers: 'manual' }));
  closing(phone.close);
  const second = await refusingGateway();
  closing(second.close);
  const { proxy, at } = await proxyOver(scene, { first: phone.port, second: second.port });
  const call = await directCall(telephony, 'asked', at, credentials);
  await phone.seen('CALL_INCOMING');
  await call.placed.end();
  expect((await call.ended).end.why).toBe('cancelled');
  await phone.seen('CALL_CLOSED');
  const log = await phone.log();
  expect(log).toMatch(inMessage('CANCEL', `Via: SIP/2.0/UDP 127.0.0.1:${proxy.port}`));
  expect(log).toMatch(/^SIP\/2\.0 487 /m);
  expect(second.calls()).toBe(0);
});

overBadNetworks('a transfer and its news go through Kamailio, and the two hear each other without us', FIRST_PORT + 200, async (scene) => {
  let proxyPort = 0;
  const reached = async ({ port }: { readonly port: number }): Promise<number> => {
    const { proxy, at } = await proxyOver(scene, { first: port, second: port });
    proxyPort = proxy.port;
    return at;
  };
  const log = await sentOnByUs({ ...talkOver(scene), credentials, reached });
  expect(log).toMatch(inMessage('REFER', `Via: SIP/2.0/UDP 127.0.0.1:${proxyPort}`));
  expect(log).toMatch(inMessage('NOTIFY', `Route: <sip:127.0.0.1:${proxyPort}`));
});
