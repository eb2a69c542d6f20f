import { expect, it } from 'vitest';
import { RTP_HEADER_BYTES, writeRtpHeader } from '../../src/telephony/rtp/packet.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import { callWorld, nothingLeft, PHONE, SERVER } from '../support/call-world.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { incomingScene } from '../support/incoming-scene.ts';
import { RtpPeer } from '../support/media-rig.ts';
import { offerAt } from '../support/raw-caller.ts';

const flow = flowOf({
  ask: ['GatherNode', { Prompt: 'x', MaxDigits: 3, TimeoutInSeconds: 4, Done: to('heard'), NoInput: to('silence') }],
  heard: ['HangUpNode', { Outcome: 'Heard' }],
  silence: ['HangUpNode', { Outcome: 'Heard nothing' }],
});
const SHIFT = 10_000;
/** Gives the audio of the phone another port than the one in its SDP. */
const mediaNat = {
  outside: (inside: Endpoint) => (isMedia(inside, 0) ? { ...inside, port: inside.port + SHIFT } : inside),
  inside: (outside: Endpoint) => (isMedia(outside, SHIFT) ? { ...outside, port: outside.port - SHIFT } : outside),
};

function isMedia({ address, port }: Endpoint, shift: number): boolean {
  return address === PHONE && port - shift > 5061;
}

it.each([
  ['latch', 'behind NAT', 'Heard'],
  ['offered', 'behind NAT', 'Heard nothing'],
  ['offered', 'where its SDP says', 'Heard'],
] as const)('a trunk that takes audio by the rule %s, from a phone %s: %s', async (rtpSource, place, outcome) => {
  const world = callWorld({
    flow,
    trunk: { rtpSource },
    phone: { digits: '123', digitsAfterMs: 600 },
    ...(place === 'behind NAT' && { faults: { nat: mediaNat } }),
  });
  const session = await world.call();
  expect(await world.over(session)).toBe(true);
  expect(session.outcome).toBe(outcome);
  const report = session.mediaReport;
  expect((report?.packetsReceived ?? 0) > 0).toBe(outcome === 'Heard');
  if (outcome === 'Heard nothing') expect(report?.packetsRefused).toBeGreaterThan(20);
  expect(await world.finish()).toEqual(nothingLeft);
});

it.each([
  ['latch', 'another port', 31_000, 'Heard'],
  ['offered', 'another port', 31_000, 'Heard nothing'],
  ['offered', 'the port of its SDP', 32_000, 'Heard'],
] as const)('a call that comes in over a trunk with the rule %s, and has its audio from %s', async (rtpSource, _place, port, outcome) => {
  const { world, caller, session, finish } = incomingScene({ flow, trunk: { rtpSource } });
  await caller.invite({ sdp: offerAt(PHONE, 32_000) });
  await caller.ack();
  const ours = { address: SERVER, port: Number(/^m=audio (\d+)/m.exec(caller.sdp())?.[1]) };
  const rtp = new RtpPeer(world.network.datagramSocket({ address: PHONE, port }), world.clock);
  await rtp.press(ours, '123');
  await rtp.speak(ours, 1_000, 0xff);
  rtp.close();
  await world.clock.advance(5_000);
  expect(session()?.outcome).toBe(outcome);
  if (outcome === 'Heard nothing') expect(session()?.mediaReport?.packetsRefused).toBeGreaterThan(20);
  await finish();
});

it('a stranger who sends to the port of a call before the phone speaks does not keep the phone from being heard', async () => {
  let ours: number | undefined;
  let answeredMs = Number.POSITIVE_INFINITY;
  const world = callWorld({
    flow,
    phone: { digits: '123', digitsAfterMs: 2_500 },
    filter: (bytes, from) => {
      const text = Buffer.from(bytes.subarray(0, 4_000)).toString('latin1');
      if (text.startsWith('INVITE')) ours = Number(/^m=audio (\d+)/m.exec(text)?.[1]);
      if (text.startsWith('SIP/2.0 200') && /^CSeq: \d+ INVITE/m.test(text)) answeredMs = world.clock.now();
      // What the phone says first is lost.
      return isMedia(from, 0) && world.clock.now() < answeredMs + 1_000 ? 'drop' : 'pass';
    },
  });
  const stranger = world.network.datagramSocket({ address: '10.0.0.66', port: 6_000 });
  let overheard = 0;
  stranger.onReceive(() => overheard++);
  const packet = new Uint8Array(RTP_HEADER_BYTES + 160).fill(0xff);
  let sequence = 0;
  const session = await world.call();
  while (session.endedAtMs === undefined && sequence < 1_000) {
    writeRtpHeader(packet, false, 0, ++sequence & 0xffff, sequence * 160, 99);
    if (ours !== undefined) stranger.send(packet.slice(), { address: SERVER, port: ours });
    await world.clock.advance(20);
  }
  expect(await world.over(session)).toBe(true);
  expect(session.outcome).toBe('Heard');
  // For the second in which nothing came from the phone.
  expect(overheard).toBeGreaterThan(30);
  expect(overheard).toBeLessThan(65);
  expect(session.mediaReport?.packetsRefused).toBeGreaterThan(50);
  stranger.close();
  expect(await world.finish()).toEqual(nothingLeft);
});
