import { expect, it } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { VirtualClock } from '../../kernel/virtual-clock.ts';
import { MemoryNetwork } from '../../wire/memory-network.ts';
import { newRtpHeader, type RtpHeader, readRtpHeader } from '../rtp/packet.ts';
import { RtpSender } from './rtp-sender.ts';

const to = { address: '10.0.0.2', port: 4000 };
const FRAME_UNITS = 160;
const payload = new Uint8Array(FRAME_UNITS);

/** A sender, and the headers of what it has sent. */
function scene(seed = 2) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1));
  const socket = network.datagramSocket({ address: '10.0.0.1', port: 4000 });
  const peer = network.datagramSocket(to);
  const received: RtpHeader[] = [];
  peer.onReceive((bytes) => {
    const header = newRtpHeader();
    if (readRtpHeader(bytes, header)) received.push(header);
  });
  const sender = new RtpSender(socket, seededRandom(seed));
  return {
    sender,
    async sent(): Promise<RtpHeader[]> {
      await clock.advance(10);
      return received;
    },
    async over(): Promise<void> {
      sender.close();
      await socket.close();
      await peer.close();
      expect(network.openPorts).toBe(0);
    },
  };
}

it('stamps a pause with its whole length after a source that was passed on ran ahead of time', async () => {
  const { sender, over } = scene();
  // Twenty frames in no time.
  for (let frame = 0; frame < 20; frame++) sender.pass(payload, frame * FRAME_UNITS, frame, true, to);
  sender.passAnew();
  const before = sender.pass(payload, 0, 100, true, to) ?? 0;
  sender.skip(30);
  const after = sender.sendAudio(undefined, to);
  expect((after - before) >>> 0).toBe(30 * FRAME_UNITS);
  await over();
});

it('falls back into time in the next pause when a source that was passed on ran ahead by a few frames', async () => {
  const { sender, over } = scene();
  const first = sender.pass(payload, 0, 0, true, to) ?? 0;
  for (let frame = 1; frame < 4; frame++) sender.pass(payload, frame * FRAME_UNITS, frame, true, to);
  sender.passAnew();
  sender.pass(payload, 0, 100, true, to);
  sender.skip(30);
  expect((sender.sendAudio(undefined, to) - first) >>> 0).toBe(30 * FRAME_UNITS);
  await over();
});

it('numbers its packets from the lower half on, so that a loss at the start hides no wrap from SRTP', async () => {
  for (let seed = 1; seed <= 32; seed++) {
    const { sender, over } = scene(seed);
    expect(sender.sequence).toBeLessThan(0x8000);
    await over();
  }
});

it('begins another payload type with the marker in the next packet, not in one that is passed on late', async () => {
  const { sender, sent, over } = scene();
  sender.pass(payload, 0, 100, true, to);
  sender.pass(payload, 2 * FRAME_UNITS, 102, true, to);
  sender.use('PCMU', 96);
  sender.pass(payload, FRAME_UNITS, 101, false, to);
  sender.pass(payload, 3 * FRAME_UNITS, 103, true, to);
  const first = (await sent())[0]?.sequence ?? 0;
  expect((await sent()).map(({ sequence, payloadType, marker }) => [sequence - first, payloadType, marker])).toEqual([
    [0, 0, true],
    [2, 0, false],
    [1, 96, false],
    [3, 96, true],
  ]);
  await over();
});

it('marks what follows a pause of a source that was passed on, and what it says next has the next number', async () => {
  const { sender, sent, over } = scene();
  sender.pass(payload, 0, 100, true, to);
  sender.skip(30);
  sender.sendAudio(undefined, to);
  sender.pass(payload, 40 * FRAME_UNITS, 140, true, to);
  // The agreement forbids to send, while the source goes on.
  for (let frame = 0; frame < 5; frame++) sender.mute(undefined);
  sender.pass(payload, 46 * FRAME_UNITS, 146, true, to);
  const first = (await sent())[0]?.sequence ?? 0;
  expect((await sent()).map(({ sequence, marker }) => [sequence - first, marker])).toEqual([
    [0, true],
    [1, true],
    [2, false],
    [3, true],
  ]);
  await over();
});

it('counts its packets over the wrap of the sequence', async () => {
  const { sender, over } = scene();
  // A loss of a source that is passed on is one of ours.
  for (let number = 0; sender.sequence < 0xffff; number += 1 + Math.min(2000, 0xfffe - sender.sequence))
    sender.pass(payload, 0, number, true, to);
  expect(sender.sequence).toBe(0xffff);
  sender.sendAudio(undefined, to);
  expect(sender.sequence).toBe(0);
  await over();
});

it('gives a digit a number of its own between packets that are passed on, and a late one from before it none', async () => {
  const { sender, sent, over } = scene();
  sender.pass(payload, 0, 100, true, to);
  sender.pass(payload, 2 * FRAME_UNITS, 102, true, to);
  sender.sendEvent(101, { event: 5, end: false, duration: FRAME_UNITS }, true, to);
  expect(sender.pass(payload, FRAME_UNITS, 101, false, to)).toBeUndefined();
  sender.pass(payload, 3 * FRAME_UNITS, 103, true, to);
  const first = (await sent())[0]?.sequence ?? 0;
  expect((await sent()).map(({ sequence, payloadType }) => [sequence - first, payloadType])).toEqual([
    [0, 0],
    [2, 0],
    [3, 101],
    [4, 0],
  ]);
  await over();
});
