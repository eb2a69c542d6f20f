import { expect } from 'vitest';
import { startBaresip } from '../support/baresip.ts';
import { directCall } from '../support/direct-call.ts';
import { deadGateway, type Gateway, openGateway, refusingGateway } from '../support/gateway.ts';
import { proxyOver } from '../support/kamailio-over-line.ts';
import { inTurn, type LineScene, overBadNetworks } from '../support/over-bad-networks.ts';
import { heardByBaresip, pressKeys } from '../support/talk-with-baresip.ts';

// Between us and Kamailio, which calls the second gateway when the first one fails.

const FIRST_PORT = 48_600;
const user = { userName: 'user', password: 'secret' };

/** Answers the port of Kamailio on our side of the network. */
async function proxyTo(scene: LineScene, first: Gateway, secondPort: number): Promise<number> {
  scene.closing(first.close);
  return (await proxyOver(scene, { first: first.port, second: secondPort })).at;
}

const failing = [
  ['refuses the call', 1, () => refusingGateway()],
  [
    'rings and then refuses the call',
    1,
    () =>
      openGateway((invite) => {
        invite.ring();
        invite.reject(500);
      }),
  ],
  ['is not there', 0, deadGateway],
] as const;

for (const [index, [how, got, open]] of failing.entries()) {
  overBadNetworks(
    `the first gateway ${how}: baresip is the second, and talks and presses keys`,
    FIRST_PORT + 200 * index,
    async (scene) => {
      const { telephony, network, line, closing } = scene;
      const phone = await inTurn(() => startBaresip({ user: 'asked', jitterBuffer: network !== 'loses' }));
      closing(phone.close);
      const first = await open();
      const call = await directCall(telephony, 'asked', await proxyTo(scene, first, phone.port), user);
      const leg = await call.answered;
      await heardByBaresip(leg, phone, 1000);
      if (network === 'rebinds') await line.rebindMedia();
      await heardByBaresip(leg, phone, 1500);
      await pressKeys(leg, phone);
      await leg.hangup();
      await phone.seen('CALL_CLOSED');
      const { end, media } = await call.ended;
      expect(end.why).toBe('we-hung-up');
      expect(media).toMatchObject({ audible: true, digits: 4 });
      expect(first.calls()).toBe(got);
    },
  );
}

overBadNetworks('both gateways fail, and a busy callee is not called at the second', FIRST_PORT + 600, async (scene) => {
  const { telephony, closing } = scene;
  const statuses = [503, 486];
  const first = await openGateway((invite) => invite.reject(statuses[first.calls() - 1] ?? 500));
  const second = await refusingGateway(504);
  closing(second.close);
  const port = await proxyTo(scene, first, second.port);
  const failed = await directCall(telephony, 'asked', port, user);
  expect((await failed.ended).end).toMatchObject({ why: 'unreachable', sip: 504, isPeersWord: true });
  expect([first.calls(), second.calls()]).toEqual([1, 1]);
  const busy = await directCall(telephony, 'asked', port, user);
  expect((await busy.ended).end).toMatchObject({ why: 'busy', sip: 486, isPeersWord: true });
  expect([first.calls(), second.calls()]).toEqual([2, 1]);
});
