import { expect, test } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { VirtualClock } from '../../kernel/virtual-clock.ts';
import { MemoryNetwork } from '../../wire/memory-network.ts';
import { writeRtpHeader } from './packet.ts';
import { SrtpSocket } from './srtp-socket.ts';
import type { SrtpKeys } from './srtp-suite.ts';

const suite = 'AES_CM_128_HMAC_SHA1_80';
const [one, other, third] = [1, 2, 3].map((seed) => seededRandom(seed).bytes(30));

function setUp() {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(4), {});
  const [left, right] = [1, 2].map((host) => new SrtpSocket(network.datagramSocket({ address: `10.0.0.${host}`, port: 4000 })));
  if (!left || !right || !one || !other || !third) throw new Error('Not set up');
  const keys: SrtpKeys = { suite, send: one, receive: other };
  const mirrored: SrtpKeys = { suite, send: other, receive: one };
  const heard: number[] = [];
  right.onReceive((bytes) => heard.push(bytes[12] ?? -1));
  let sequence = 65_530;
  const speak = async (value: number, ssrc = 7): Promise<void> => {
    const packet = new Uint8Array(32).fill(value);
    writeRtpHeader(packet, false, 0, sequence++ & 0xffff, 0, ssrc);
    left.send(packet, right.local);
    await clock.advance(20);
  };
  const close = (): void => {
    left.close();
    right.close();
    expect(network.openPorts).toBe(0);
  };
  return { left, right, keys, mirrored, third, heard, speak, close };
}

test('passes everything in clear until it has keys, and nothing in clear after that', async () => {
  const { left, right, keys, mirrored, heard, speak, close } = setUp();
  await speak(1);
  expect([right.isSecure, right.refused]).toEqual([false, 0]);
  right.secure(mirrored);
  await speak(2);
  expect([heard, right.refused]).toEqual([[1], 1]);
  left.secure(keys);
  await speak(3);
  expect([heard, right.isSecure, right.refused]).toEqual([[1, 3], true, 1]);
  close();
});

test('goes on counting when the agreement is repeated with the same keys, over the wrap of the sequence', async () => {
  const { left, right, keys, mirrored, heard, speak, close } = setUp();
  left.secure(keys);
  right.secure(mirrored);
  for (let value = 0; value < 10; value++) await speak(value);
  left.secure({ ...keys, send: keys.send.slice() });
  right.secure({ ...mirrored, receive: mirrored.receive.slice() });
  for (let value = 10; value < 20; value++) await speak(value);
  expect([heard.length, right.refused]).toEqual([20, 0]);
  close();
});

test('begins anew with a new key, and refuses the old one from then on', async () => {
  const { left, right, keys, mirrored, third, heard, speak, close } = setUp();
  left.secure(keys);
  right.secure(mirrored);
  for (let value = 0; value < 10; value++) await speak(value);
  right.secure({ ...mirrored, receive: third });
  await speak(10);
  left.secure({ ...keys, send: third });
  await speak(11);
  expect([heard.length, heard.at(-1), right.refused]).toEqual([11, 11, 1]);
  close();
});
