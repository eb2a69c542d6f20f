import { afterAll, beforeAll, expect } from 'vitest';
import { badNetworks } from '../support/bad-networks.ts';
import type { Baresip } from '../support/baresip.ts';
import { dialledBehindKamailio } from '../support/behind-kamailio.ts';
import { servedFile } from '../support/file-server.ts';
import { deadGateway, type Gateway, refusingGateway } from '../support/gateway.ts';
import { fromNowOn, hearingSound } from '../support/heard-tones.ts';
import { startKamailio } from '../support/kamailio.ts';
import { ASKED, at, carrierCall, goingOn, kamailioCarrier, MOVED } from '../support/kamailio-carrier.ts';
import { inTurn } from '../support/over-bad-networks.ts';
import { type ServedScene, servedOverBadNetworks } from '../support/served-over-bad-networks.ts';

// Between the whole server and Kamailio.

/** A phone buffers less of what came before. */
const MOVED_MS = 1000;
const networks = Object.keys(badNetworks);
let gateway: Gateway;

beforeAll(async () => {
  gateway = await refusingGateway();
});

afterAll(() => gateway.close());

const server = servedFile();

/** The audio goes on from other ports, and all hear on. */
const movingIn =
  ({ network, line }: ServedScene) =>
  async (phones: readonly Baresip[]): Promise<void> => {
    if (network !== 'rebinds') return;
    const later = await Promise.all(phones.map(fromNowOn));
    await line.rebindMedia();
    await Promise.all(later.map((phone) => hearingSound(MOVED_MS, phone)));
  };

servedOverBadNetworks(
  'a call goes to Kamailio when nothing answers at the first target of the trunk, and to the second gateway when its first says 503',
  { server, networks, seed: 101, leastPorts: 1 },
  async (scene) => {
    const { line, closing } = scene;
    const { proxy, callee } = await kamailioCarrier(ASKED, gateway, closing);
    const port = await line.farAt(proxy.port);
    const targets = [at((await deadGateway()).port), at(port, 1)];
    const session = await carrierCall(server(), { number: ASKED, targets, callee, closing, meanwhile: movingIn(scene) });
    expect(goingOn(session)).toEqual([expect.stringContaining(`trying 127.0.0.1:${port}`)]);
    const log = await callee.log();
    expect(log).toMatch(/^INVITE [\s\S]*?^Proxy-Authorization: Digest .*realm="ringflow.test"/m);
    expect(log).toMatch(new RegExp(`^BYE [\\s\\S]*?^Via: SIP/2.0/UDP 127.0.0.1:${proxy.port}`, 'm'));
  },
);

servedOverBadNetworks(
  'a call goes to the other target of the trunk when Kamailio says 302',
  { server, networks, seed: 111, leastPorts: 1 },
  async (scene) => {
    const { line, closing } = scene;
    const { proxy, callee } = await kamailioCarrier(MOVED, gateway, closing);
    // Known to the network before Kamailio names the phone.
    const targets = [at(await line.farAt(proxy.port)), at(await line.farAt(callee.port), 1)];
    const session = await carrierCall(server(), { number: MOVED, targets, callee, closing, meanwhile: movingIn(scene) });
    expect(goingOn(session)).toEqual([]);
    const log = await callee.log();
    expect(log).toMatch(/^INVITE /m);
    expect(log).not.toContain('Record-Route');
  },
);

servedOverBadNetworks(
  'a phone registers through Kamailio, and is dialled by its Path',
  // A proxy is called where it has registered the phone from: one whose NAT forgets that cannot be reached until the phone registers again.
  { server, networks: networks.filter((network) => network !== 'rebinds'), seed: 121, leastPorts: 2 },
  async (scene) => {
    const { line, closing } = scene;
    const serverPort = await line.nearAt(server().sip.port);
    const { port, stop } = await inTurn(() => startKamailio('front.cfg', { SERVER_PORT: serverPort }));
    closing(stop);
    await dialledBehindKamailio(server(), { proxy: { address: '127.0.0.1', port }, closing, meanwhile: movingIn(scene) });
  },
);
