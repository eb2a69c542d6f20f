import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serverOfFile } from '../support/file-server.ts';
import { deadGateway, type Gateway, refusingGateway } from '../support/gateway.ts';
import { ASKED, at, carrierCall, goingOn, kamailioCarrier, MOVED } from '../support/kamailio-carrier.ts';
import type { RealServer } from '../support/real-server.ts';

// Calls of the whole server over a trunk that is Kamailio: it asks for a password, fails over, and redirects.

const MOST_MS = 60_000;

let server: RealServer;
const closers = serverOfFile((started) => {
  server = started;
});
const closing = (close: () => Promise<void>): void => void closers.push(close);

let gateway: Gateway;
beforeAll(async () => {
  gateway = await refusingGateway();
});
afterAll(() => gateway.close());

describe('a call that leaves through Kamailio', () => {
  it(
    'gives the password that it asks for, and reaches its second gateway when the first says 503: each side hears the other',
    async () => {
      const { proxy, callee } = await kamailioCarrier(ASKED, gateway, closing);
      const before = gateway.calls();
      const session = await carrierCall(server, { number: ASKED, targets: [at(proxy.port)], callee, closing });
      expect(gateway.calls()).toBe(before + 1);
      const log = await callee.log();
      expect(log).toMatch(/^INVITE [\s\S]*?^Proxy-Authorization: Digest .*realm="ringflow.test"/m);
      expect(log).toMatch(new RegExp(`^BYE [\\s\\S]*?^Via: SIP/2.0/UDP 127.0.0.1:${proxy.port}`, 'm'));
      expect(goingOn(session)).toEqual([]);
    },
    MOST_MS,
  );

  it(
    'goes there when nothing answers at the first target of the trunk: each side hears the other',
    async () => {
      const { proxy, callee } = await kamailioCarrier(ASKED, gateway, closing);
      const targets = [at((await deadGateway()).port), at(proxy.port, 1)];
      const session = await carrierCall(server, { number: ASKED, targets, callee, closing });
      expect(goingOn(session)).toContainEqual(expect.stringContaining(`trying 127.0.0.1:${proxy.port}`));
    },
    MOST_MS,
  );

  it(
    'goes to the other target of the trunk when it says 302: each side hears the other, and the BYE goes past it',
    async () => {
      const { proxy, callee } = await kamailioCarrier(MOVED, gateway, closing);
      const targets = [at(proxy.port), at(callee.port, 1)];
      const session = await carrierCall(server, { number: MOVED, targets, callee, closing });
      expect(goingOn(session)).toEqual([]);
      const log = await callee.log();
      expect(log).toMatch(/^INVITE /m);
      expect(log).not.toContain('Record-Route');
    },
    MOST_MS,
  );
});
