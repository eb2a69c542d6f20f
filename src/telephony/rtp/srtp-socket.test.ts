import { expect, test } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { VirtualClock } from '../../kernel/virtual-clock.ts';
import { MemoryNetwork } from '../../wire/memory-network.ts';
import { writeRtpHeader } from './packet.ts';
import { SrtpProtect } from './srtp-protect.ts';
import { SrtpSession } from './srtp-session.ts';
import { SrtpSocket } from './srtp-socket.ts';
import type { SrtpKeys } from './srtp-suite.ts';

const suite = 'AES_CM_128_HMAC_SHA1_80';
const [one, other, third] = [1, 2, 3].map((seed) => seededRandom(seed).bytes(30));

function setUp() {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(4), {});
  const [left, right] = [1, 2].map((host) => {
    const session = new SrtpSession();
    const socket = new SrtpSocket(network.datagramSocket({ address: `10.0.0.${host}`, port: 4000 }), session);
    return { session, socket };
  });
  if (!left || !right || !one || !other || !third) throw new Error('Not set up');
  const keys: SrtpKeys = { suite, send: one, receive: other };
  const mirrored: SrtpKeys = { suite, send: other, receive: one };
  const heard: number[] = [];
  right.socket.onReceive((bytes) => heard.push(bytes[12] ?? -1));
  let sequence = 65_530;
  const speak = async (value: number, ssrc = 7): Promise<void> => {
    const packet = new Uint8Array(32).fill(value);
    writeRtpHeader(packet, false, 0, sequence++ & 0xffff, 0, ssrc);
    left.socket.send(packet, right.socket.local);
    await clock.advance(20);
  };
  const close = (): void => {
    left.socket.close();
    right.socket.close();
    expect(network.openPorts).toBe(0);
  };
  return { left, right, keys, mirrored, third, heard, speak, close };
}

test('passes everything in clear until it has keys, and nothing in clear after that', async () => {
  const { left, right, keys, mirrored, heard, speak, close } = setUp();
  await speak(1);
  expect([right.session.isSecure, right.socket.refused]).toEqual([false, 0]);
  right.session.secure(mirrored);
  await speak(2);
  expect([heard, right.socket.refused]).toEqual([[1], 1]);
  left.session.secure(keys);
  await speak(3);
  expect([heard, right.session.isSecure, right.socket.refused]).toEqual([[1, 3], true, 1]);
  close();
});

test('sends nothing in clear that it cannot protect', async () => {
  const { left, right, keys, heard, speak, close } = setUp();
  left.session.secure(keys);
  const long = new Uint8Array(2048);
  writeRtpHeader(long, false, 0, 1, 0, 7);
  for (const bytes of [new Uint8Array(20), long]) left.socket.send(bytes, right.socket.local);
  await speak(1);
  expect(heard).toHaveLength(1);
  close();
});

test('goes on counting when the agreement is repeated with the same keys, over the wrap of the sequence', async () => {
  const { left, right, keys, mirrored, heard, speak, close } = setUp();
  left.session.secure(keys);
  right.session.secure(mirrored);
  for (let value = 0; value < 10; value++) await speak(value);
  left.session.secure({ ...keys, send: keys.send.slice() });
  right.session.secure({ ...mirrored, receive: mirrored.receive.slice() });
  for (let value = 10; value < 20; value++) await speak(value);
  expect([heard.length, right.socket.refused]).toEqual([20, 0]);
  close();
});

test('begins anew with a new key, and refuses the old one from then on', async () => {
  const { left, right, keys, mirrored, third, heard, speak, close } = setUp();
  left.session.secure(keys);
  right.session.secure(mirrored);
  for (let value = 0; value < 10; value++) await speak(value);
  right.session.secure({ ...mirrored, receive: third });
  await speak(10);
  left.session.secure({ ...keys, send: third });
  await speak(11);
  expect([heard.length, heard.at(-1), right.socket.refused]).toEqual([11, 11, 1]);
  close();
});

test('takes the tag of another suite with the same key, and goes on counting with it', async () => {
  const { left, right, keys, mirrored, heard, speak, close } = setUp();
  const short = 'AES_CM_128_HMAC_SHA1_32';
  left.session.secure(keys);
  right.session.secure(mirrored);
  for (let value = 0; value < 10; value++) await speak(value);
  left.session.secure({ ...keys, suite: short });
  await speak(10);
  expect([heard.length, right.socket.refused]).toEqual([10, 1]);
  right.session.secure({ ...mirrored, suite: short });
  for (let value = 11; value < 20; value++) await speak(value);
  expect([heard.length, heard.at(-1), right.socket.refused]).toEqual([19, 19, 1]);
  close();
});

test.each([
  ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'],
  ['AES_CM_128_HMAC_SHA1_32', 'AES_CM_128_HMAC_SHA1_80'],
] as const)('takes each packet once of a peer that changes from %s to %s with one key', (before, after) => {
  const { keys, close } = setUp();
  const session = new SrtpSession();
  const protectAs = (used: typeof before | typeof after, sequence: number): Uint8Array => {
    const packet = new Uint8Array(32).fill(5);
    writeRtpHeader(packet, false, 0, sequence, 0, 7);
    return new SrtpProtect({ suite: used, keyAndSalt: keys.receive }).protect(packet)?.slice() ?? packet;
  };
  const isTaken = (bytes: Uint8Array): boolean => session.unprotect(bytes.slice())?.length === 32;
  session.secure({ ...keys, suite: before });
  expect([isTaken(protectAs(before, 1)), isTaken(protectAs(after, 2))]).toEqual([true, false]);
  session.secure({ ...keys, suite: after });
  expect([1, 2, 3].map((sequence) => isTaken(protectAs(after, sequence)))).toEqual([false, true, true]);
  expect(isTaken(protectAs(before, 4))).toBe(false);
  close();
});

test('leaves the bytes of a packet as they were handed out when others come', async () => {
  const { left, right, keys, mirrored, speak, close } = setUp();
  left.session.secure(keys);
  right.session.secure(mirrored);
  const kept: Uint8Array[] = [];
  right.socket.onReceive((bytes) => kept.push(bytes));
  for (let value = 0; value < 3; value++) await speak(value);
  expect(kept.map((bytes) => bytes[12])).toEqual([0, 1, 2]);
  close();
});

test('ties the socket below it to one peer, and lets it go', () => {
  const { left, close } = setUp();
  const tied: unknown[] = [];
  const below = { local: left.socket.local, send() {}, onReceive() {}, close() {}, only: (peer: unknown) => tied.push(peer) };
  const socket = new SrtpSocket(below, left.session);
  socket.only({ address: '10.0.0.2', port: 4000 });
  socket.only(undefined);
  expect(tied).toEqual([{ address: '10.0.0.2', port: 4000 }, undefined]);
  close();
});
