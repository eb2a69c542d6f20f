import { expect, it } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { VirtualClock } from '../../kernel/virtual-clock.ts';
import { MemoryNetwork } from '../../wire/memory-network.ts';
import { RtpSender } from './rtp-sender.ts';

const to = { address: '10.0.0.2', port: 4000 };
const FRAME_UNITS = 160;

it('stamps a pause with its whole length after a source that was passed on ran ahead of time', async () => {
  const network = new MemoryNetwork(new VirtualClock(), seededRandom(1));
  const socket = network.datagramSocket({ address: '10.0.0.1', port: 4000 });
  const sender = new RtpSender(socket, seededRandom(2));
  const payload = new Uint8Array(FRAME_UNITS);
  // Twenty frames in no time.
  for (let frame = 0; frame < 20; frame++) sender.sendPayload(payload, to);
  sender.passAnew();
  const before = sender.sendPayload(payload, to);
  sender.skip(30);
  const after = sender.sendAudio(undefined, to);
  expect((after - before) >>> 0).toBe(30 * FRAME_UNITS);
  sender.close();
  await socket.close();
  expect(network.openPorts).toBe(0);
});
