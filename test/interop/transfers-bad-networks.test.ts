import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type BadLine, badLine } from '../support/bad-line.ts';
import { badNetworks } from '../support/bad-networks.ts';
import { expectFaults, inTurn } from '../support/over-bad-networks.ts';
import { type RealServer, realServer } from '../support/real-server.ts';
import { callsLinphone, joined, joinedWith, running, transferPhones } from '../support/transfer-phones.ts';
import { udpPortsOf } from '../support/udp-ports.ts';

let server: RealServer;

beforeAll(async () => {
  server = await realServer({ RINGFLOW_MEDIA_THREADS: '2' });
}, 60_000);

afterAll(() => server.remove(), 60_000);

/** Of the ports that the calls had, none is open any more. */
async function portsClosed({ nearMediaPorts }: BadLine): Promise<void> {
  // A call joins two, and a transfer brings a third.
  expect(nearMediaPorts.length).toBeGreaterThanOrEqual(6);
  const look = async (): Promise<void> => {
    const open = await udpPortsOf(server.child.program.pid);
    expect(open).toContain(server.sip.port);
    expect(open.filter((port) => nearMediaPorts.includes(port))).toEqual([]);
  };
  await vi.waitFor(look, { timeout: 10_000, interval: 100 });
}

it.concurrent.each(Object.keys(badNetworks).map((network, index) => [network, index] as const))(
  'phones register, are dialled and transferred, blind and attended, over a network that %s',
  { timeout: 100_000 },
  async (network, index) => {
    const line = badLine(network, index + 11);
    const closing: (() => Promise<void>)[] = [() => line.close()];
    try {
      const port = await line.nearAt(server.sip.port);
      const all = await inTurn(() => transferPhones(server, port));
      closing.push(all.close);
      const { linphone, bob, bobAt } = all;
      await callsLinphone(all, 1);
      linphone.command(`call-transfer 1 ${bobAt}`);
      await bob.seen('CALL_ESTABLISHED');
      if (network === 'rebinds') await line.rebindMedia();
      await joined(all);

      await callsLinphone(all, 2);
      linphone.command(`call sip:4000@127.0.0.1:${port}`);
      await joinedWith(all, all.bobName);
      await running(linphone, 3);
      linphone.command('call-transfer 2 3');
      await joined(all);
      await portsClosed(line);
      expectFaults(network, line);
    } finally {
      for (const close of closing.reverse()) await close();
    }
  },
);
