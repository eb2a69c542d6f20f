import { describe, expect, it } from 'vitest';
import { agreedWith, MediaRig, RtpPeer } from '../../../test/support/media-rig.ts';
import { seededRandom } from '../../kernel/random.ts';
import type { DatagramSocket } from '../../wire/datagram-socket.ts';
import { readRtcp, writeRtcp } from '../rtp/rtcp-packet.ts';
import { SrtpProtect } from '../rtp/srtp-protect.ts';
import { masterBytes, type SrtpKeys } from '../rtp/srtp-suite.ts';
import type { AgreedMedia } from './media-port.ts';
import type { StreamCore } from './stream-core.ts';

const suite = 'AES_CM_128_HMAC_SHA1_80';

/** Two streams that hear each other, with what the network does to their packets. */
async function twoStreams(changes: Partial<AgreedMedia>, faults: ConstructorParameters<typeof MediaRig>[0] = {}, keys?: SrtpKeys) {
  const rig = new MediaRig(faults);
  const [left, right] = [await rig.open(), await rig.open()];
  const towards = (stream: StreamCore, srtp?: SrtpKeys): AgreedMedia => ({
    remote: stream.local,
    codec: 'PCMU',
    payloadType: 0,
    direction: 'sendrecv',
    ...changes,
    ...(changes.rtcp && { rtcp: stream.local }),
    ...(srtp && { srtp }),
  });
  left.start(towards(right, keys));
  right.start(towards(left, keys && { suite, send: keys.receive, receive: keys.send }));
  const finish = async () => {
    const reports = [await left.close(), await right.close()];
    await rig.clock.advance(1000);
    expect([rig.clock.pendingTimers, rig.network.openPorts, rig.media.openStreams]).toEqual([0, 0, 0]);
    return reports;
  };
  return { rig, left, right, finish };
}

const keys: SrtpKeys = { suite, send: seededRandom(1).bytes(masterBytes(suite)), receive: seededRandom(2).bytes(masterBytes(suite)) };
const mux = { rtcp: { address: '0.0.0.0', port: 1 } };

describe.each([
  ['on a port of its own', {}, undefined],
  ['on the port of the audio', mux, undefined],
  ['encrypted, on a port of its own', {}, keys],
  ['encrypted, on the port of the audio', mux, keys],
] as const)('RTCP %s', (_where, changes, srtp) => {
  it('tells both sides of the loss, jitter and round trip of the other way', async () => {
    const { rig, finish } = await twoStreams(changes, { faults: { lossPercent: 5, delayMs: { min: 40, max: 60 } } }, srtp);
    await rig.clock.advance(60_000);
    for (const { sent, lost, remoteLost = 0, roundTripMs, maxRoundTripMs = 0, remoteJitterMs, ...report } of await finish()) {
      expect(report.reportsSent).toBeGreaterThan(8);
      expect(report.reportsReceived).toBeGreaterThan(6);
      expect(sent).toBeGreaterThan(2990);
      expect(lost / sent).toBeGreaterThan(0.03);
      expect(remoteLost / sent).toBeGreaterThan(0.03);
      expect(remoteLost / sent).toBeLessThan(0.07);
      expect(roundTripMs).toBeGreaterThan(80);
      expect(maxRoundTripMs).toBeLessThan(125);
      expect(remoteJitterMs).toBeGreaterThan(2);
      expect(report.unagreed).toBe(0);
      expect(report.unauthentic ?? 0).toBe(0);
    }
  });
});

/** A peer with a port for RTCP, and what came there. */
async function withPeer(agreed: Partial<AgreedMedia> = {}, rtcpPort = 4001, address?: string) {
  const rig = new MediaRig();
  const { stream, peer } = await rig.call(agreed);
  const socket = rig.network.datagramSocket({ address: address ?? peer.endpoint.address, port: rtcpPort });
  const seen: Uint8Array[] = [];
  socket.onReceive((bytes) => seen.push(bytes));
  const ssrcOfStream = () => peer.received[0]?.ssrc ?? 0;
  const report = (changes: Partial<Parameters<typeof writeRtcp>[0]> = {}) =>
    writeRtcp({ ssrc: peer.ssrc, name: 'peer', isLast: false, ...changes });
  const reportsPort = { address: stream.local.address, port: stream.local.port + 1 };
  return { rig, stream, peer, socket, seen, ssrcOfStream, report, reportsPort };
}

describe('reports', () => {
  it('go to the port above that of the audio, then to where those of the peer come from', async () => {
    const { rig, peer, socket, seen, report, reportsPort } = await withPeer();
    await rig.clock.advance(4_000);
    expect(seen.length).toBeGreaterThan(0);
    const other = rig.network.datagramSocket({ address: peer.endpoint.address, port: 61_000 });
    const there: Uint8Array[] = [];
    other.onReceive((bytes) => there.push(bytes));
    other.send(report(), reportsPort);
    const before = seen.length;
    await rig.clock.advance(20_000);
    expect(there.length).toBeGreaterThan(2);
    expect(seen.length).toBe(before);
    socket.close();
  });

  it('go where a=rtcp says, also at another address', async () => {
    const elsewhere = { address: '10.0.7.7', port: 7007 };
    const { rig, stream, socket, seen, report, reportsPort } = await withPeer({ rtcp: elsewhere }, 7007, '10.0.7.7');
    await rig.clock.advance(4_000);
    expect(seen.length).toBeGreaterThan(0);
    socket.send(report(), reportsPort);
    await rig.clock.advance(0);
    expect((await stream.close()).reportsReceived).toBe(1);
  });

  it('follow the address of a peer behind NAT', async () => {
    const rig = new MediaRig();
    const { stream } = await rig.call();
    const behind = rig.peer({ address: '198.51.100.9', port: 61_000 });
    const socket = rig.network.datagramSocket({ address: '198.51.100.9', port: 4001 });
    const seen: Uint8Array[] = [];
    socket.onReceive((bytes) => seen.push(bytes));
    await behind.speak(stream.local, 8_000);
    expect(seen.length).toBeGreaterThan(1);
    expect(readRtcp(seen.at(-1) ?? new Uint8Array(0))?.reports[0]?.blocks[0]?.source).toBe(behind.ssrc);
  });

  it('leave the port that they came from when the audio comes from another address', async () => {
    const { rig, stream, socket, report, reportsPort } = await withPeer({}, 61_000);
    socket.send(report(), reportsPort);
    await rig.clock.advance(20);
    const old: Uint8Array[] = [];
    socket.onReceive((bytes) => old.push(bytes));
    const behind = rig.peer({ address: '198.51.100.9', port: 61_500 });
    const there: Uint8Array[] = [];
    rig.network.datagramSocket({ address: '198.51.100.9', port: 4001 }).onReceive((bytes) => there.push(bytes));
    await behind.speak(stream.local, 20_000);
    expect(there.length).toBeGreaterThan(2);
    expect(old).toEqual([]);
    await stream.close();
  });

  it('that come beside the audio are taken from its port only, also before there is any', async () => {
    const { rig, stream, peer, socket, report } = await withPeer();
    socket.send(report({ isLast: true }), stream.local);
    await rig.clock.advance(0);
    const other = rig.network.datagramSocket({ address: peer.endpoint.address, port: 4999 });
    other.send(report({ isLast: true }), stream.local);
    await rig.clock.advance(0);
    expect(await stream.close()).toMatchObject({ reportsReceived: 0, saidBye: false });
  });

  it('are taken from the address of the audio and its source only', async () => {
    const { rig, stream, peer, socket, report, reportsPort } = await withPeer();
    peer.sendAudio(stream.local);
    await rig.clock.advance(20);
    const stranger = rig.network.datagramSocket({ address: '10.9.9.9', port: 4001 });
    stranger.send(report({ isLast: true }), reportsPort);
    stranger.send(report({ isLast: true }), stream.local);
    socket.send(report({ ssrc: peer.ssrc + 1, isLast: true }), reportsPort);
    // At the port of the audio, from a port that is not that of the audio.
    socket.send(report({ isLast: true }), stream.local);
    await rig.clock.advance(0);
    expect(await stream.close()).toMatchObject({ reportsReceived: 0, saidBye: false, unagreed: 0, refused: 0 });
  });

  it('do not go where something came from that is no report of the peer', async () => {
    const { rig, stream, peer, seen, report, reportsPort } = await withPeer();
    peer.sendAudio(stream.local);
    await rig.clock.advance(20);
    const other = rig.network.datagramSocket({ address: peer.endpoint.address, port: 61_000 });
    const there: Uint8Array[] = [];
    other.onReceive((bytes) => there.push(bytes));
    other.send(report({ ssrc: peer.ssrc + 1 }), reportsPort);
    other.send(Uint8Array.of(0x80, 201, 0, 0), reportsPort);
    await rig.clock.advance(20_000);
    expect(there).toHaveLength(0);
    expect(seen.length).toBeGreaterThan(2);
  });

  it('leave the port of the peer that they came from when the peer is elsewhere from now on', async () => {
    const { rig, stream, peer, socket, report, reportsPort } = await withPeer({}, 61_000);
    socket.send(report(), reportsPort);
    await rig.clock.advance(20);
    const moved = { ...peer.endpoint, port: 4800 };
    const seen: Uint8Array[] = [];
    rig.network.datagramSocket({ ...moved, port: 4801 }).onReceive((bytes) => seen.push(bytes));
    stream.start(agreedWith(peer, { remote: moved }));
    await rig.clock.advance(20_000);
    expect(seen.length).toBeGreaterThan(2);
    await stream.close();
  });

  it('are counted over the whole call, whatever is agreed anew', async () => {
    const { rig, stream, peer, socket, report, reportsPort } = await withPeer();
    await rig.clock.advance(10_000);
    socket.send(report({ isLast: true }), reportsPort);
    await rig.clock.advance(0);
    stream.start(agreedWith(peer, { direction: 'recvonly' }));
    stream.start(agreedWith(peer));
    const { reportsSent, reportsReceived, saidBye } = await stream.close();
    expect(reportsSent).toBeGreaterThan(2);
    expect([reportsReceived, saidBye]).toEqual([1, true]);
  });

  it('say goodbye at the end; the goodbye of the peer is noted, and the call goes on', async () => {
    const { rig, stream, peer, socket, seen, report, reportsPort } = await withPeer();
    peer.sendAudio(stream.local);
    await rig.clock.advance(1000);
    socket.send(report({ isLast: true }), reportsPort);
    const before = peer.received.length;
    await rig.clock.advance(10_000);
    expect(peer.received.length).toBe(before + 500);
    expect(await stream.close()).toMatchObject({ saidBye: true });
    await rig.clock.advance(0);
    expect(seen.map((bytes) => readRtcp(bytes)?.byes.length).slice(-2)).toEqual([0, 1]);
  });

  it.each([
    ['audio', { address: '0.0.0.0', port: 4000 }, undefined],
    ['audio of IPv6', { address: '::', port: 4000 }, undefined],
    ['audio, though the reports are to go somewhere', { address: '0.0.0.0', port: 4000 }, { address: '10.0.1.1', port: 4001 }],
    ['reports', { address: '10.0.1.1', port: 4000 }, { address: '0.0.0.0', port: 4001 }],
  ])('go on during a hold, but not when nobody is to get %s', async (_what, remote, rtcp) => {
    const { rig, stream, peer, seen } = await withPeer({ direction: 'inactive' });
    await rig.clock.advance(10_000);
    expect(seen.length).toBeGreaterThan(1);
    const before = rig.network.counts.sent;
    stream.start(agreedWith(peer, { remote, ...(rtcp && { rtcp }), direction: 'recvonly' }));
    await rig.clock.advance(20_000);
    expect(rig.network.counts.sent).toBe(before);
  });

  it('are not taken from where the SDP says when the audio comes from elsewhere', async () => {
    const { rig, stream, peer, socket, report, reportsPort } = await withPeer();
    const behind = rig.peer({ address: '198.51.100.9', port: 61_000 });
    await behind.speak(stream.local, 200);
    expect(behind.ssrc).toBe(peer.ssrc);
    socket.send(report({ isLast: true }), reportsPort);
    await rig.clock.advance(0);
    expect(await stream.close()).toMatchObject({ reportsReceived: 0, saidBye: false });
  });

  it('of a stranger change nothing of an encrypted call, nor do repeated ones', async () => {
    const srtp: SrtpKeys = keys;
    const { rig, stream, peer, socket, report, reportsPort } = await withPeer({ srtp });
    await rig.clock.advance(100);
    socket.send(report({ isLast: true }), reportsPort);
    const protectedReport = new SrtpProtect({ suite, keyAndSalt: keys.receive }).protect(report())?.slice() ?? new Uint8Array(0);
    for (let times = 0; times < 3; times++) socket.send(protectedReport, reportsPort);
    await rig.clock.advance(0);
    expect(await stream.close()).toMatchObject({ reportsReceived: 1, saidBye: false });
    expect(peer.received.length).toBeGreaterThan(0);
  });

  it('are refused or taken, whatever bytes come to either port', async () => {
    const { rig, stream, peer, socket, report, reportsPort } = await withPeer();
    const random = seededRandom(8);
    const send = (from: DatagramSocket, bytes: Uint8Array) => {
      from.send(bytes, reportsPort);
      from.send(bytes, stream.local);
    };
    for (let nth = 0; nth < 2000; nth++) {
      const bytes = report({ isLast: nth % 2 === 0 });
      for (let change = 0; change < 3; change++) bytes[random.below(bytes.length)] = random.below(256);
      send(socket, bytes.subarray(0, random.below(bytes.length + 1)));
      if (nth % 10 === 0) await rig.clock.advance(20);
    }
    const { late, sent } = await stream.close();
    expect([late, sent]).toEqual([0, 201]);
    expect(peer).toBeInstanceOf(RtpPeer);
  });
});

describe('whether the peer hears us, by its reports', () => {
  const sender = { ntpSeconds: 1, ntpFraction: 0, rtpTimestamp: 0, packets: 1, bytes: 160 };
  const about = (source: number) => ({
    source,
    fractionLost: 0,
    lost: 0,
    highestSequence: 1,
    jitter: 0,
    lastSenderReport: 0,
    sinceSenderReport: 0,
  });

  it.each([
    ['is not told by what it heard while it rang', false, true, false, 'sendrecv'],
    ['is told by what it hears after the answer', true, false, true, 'sendrecv'],
    ['is open when we may not send', undefined, false, false, 'recvonly'],
  ] as const)('%s', async (_, verdict, early, later, direction) => {
    const { rig, stream, peer, socket, ssrcOfStream, report, reportsPort } = await withPeer();
    const reports = (isHeard: boolean) => {
      socket.send(report({ sender, ...(isHeard && { block: about(ssrcOfStream()) }) }), reportsPort);
      return rig.clock.advance(0);
    };
    await peer.speak(stream.local, 5_000, 0x10);
    await reports(early);
    stream.start(agreedWith(peer, { direction }));
    stream.answered();
    for (let nth = 0; nth < 4; nth++) {
      await peer.speak(stream.local, 5_000, 0x10);
      await reports(later && nth === 0);
    }
    const { heardThere } = await stream.close();
    expect(heardThere).toBe(verdict);
  });
});

it('takes another pair when the port for RTCP is taken', async () => {
  const rig = new MediaRig({ ports: 2 });
  for (const port of [20_001, 20_003]) {
    const taken = rig.network.datagramSocket({ address: '10.0.0.1', port });
    const stream = await rig.open();
    expect(stream.local.port).toBe(port === 20_001 ? 20_002 : 20_000);
    await stream.close();
    taken.close();
  }
  expect(rig.network.openPorts).toBe(0);
});

describe('jitter in reports', () => {
  it.each([
    ['PCMU', 0, 160, 8],
    ['opus', 111, 960, 48],
  ] as const)('is in units of the clock of %s, both ways', async (codec, payloadType, step, unitsPerMs) => {
    const { rig, stream, peer, socket, seen, ssrcOfStream, report, reportsPort } = await withPeer({ codec, payloadType });
    const payload = codec === 'opus' ? Uint8Array.of(0x48) : new Uint8Array(160).fill(0xff);
    // Every other packet comes 10 ms late: the transit time changes by 10 ms with each, which the mean comes near to.
    for (let packet = 0; packet < 600; packet++) {
      await rig.clock.advance(packet % 2 === 0 ? 10 : 30);
      peer.sendRaw(stream.local, payloadType, packet, packet * step, payload);
    }
    const jitter = readRtcp(seen.at(-1) ?? new Uint8Array(0))?.reports[0]?.blocks[0]?.jitter ?? 0;
    expect(jitter / unitsPerMs).toBeGreaterThan(9);
    expect(jitter / unitsPerMs).toBeLessThan(11);
    const block = {
      source: ssrcOfStream(),
      fractionLost: 0,
      lost: 0,
      highestSequence: 1,
      jitter: 25 * unitsPerMs,
      lastSenderReport: 0,
      sinceSenderReport: 0,
    };
    socket.send(report({ block }), reportsPort);
    await rig.clock.advance(0);
    const { jitterMs, remoteJitterMs } = await stream.close();
    expect(jitterMs).toBeGreaterThan(9);
    expect(jitterMs).toBeLessThan(11);
    expect(remoteJitterMs).toBeCloseTo(25, 3);
  });
});
