import { describe, expect, it } from 'vitest';
import { agreedWith, MediaRig, type RtpPeer } from '../../../test/support/media-rig.ts';
import { seededRandom } from '../../kernel/random.ts';
import { SrtpProtect } from '../rtp/srtp-protect.ts';
import type { SrtpKeys, SrtpMaster } from '../rtp/srtp-suite.ts';
import { diagnose } from './diagnose.ts';
import type { StreamCore } from './stream-core.ts';

/** A call, and another way on which the same source may go on. */
async function rebound(address?: string) {
  const rig = new MediaRig();
  const { stream, peer } = await rig.call();
  await peer.speak(stream.local, 2_000, 0x10);
  const moved = rig.peer({ address: address ?? peer.endpoint.address, port: 50_123 });
  const goOn = (): void => {
    moved.ssrc = peer.ssrc;
    moved.sequence = peer.sequence;
    moved.timestamp = peer.timestamp;
  };
  goOn();
  return { rig, stream, peer, moved, goOn };
}

/** How long `peer` has heard nothing from us. */
const unheardMs = (peer: RtpPeer, nowMs: number): number => nowMs - (peer.received.at(-1)?.atMs ?? 0);

describe('a call whose peer is given another port by its NAT', () => {
  it('hears it again within a second, is heard there, and tells it', async () => {
    const { rig, stream, peer, moved } = await rebound();
    await moved.speak(stream.local, 5_000, 0x10);
    expect(unheardMs(moved, rig.clock.now())).toBeLessThan(40);
    expect(unheardMs(peer, rig.clock.now())).toBeGreaterThan(4_000);
    const report = await stream.close();
    expect(report).toMatchObject({ expectedFrom: peer.endpoint, receivedFrom: moved.endpoint, sourceMoves: 1 });
    expect(report.received).toBeGreaterThan(310);
    expect(report.longestGapMs).toBeLessThan(1_000);
    expect(diagnose(report).find(({ problem }) => problem === 'SourceMoved')?.advice).toContain(`${moved.endpoint.port}`);
    await rig.media.close();
    await rig.clock.advance(0);
    expect([rig.network.openPorts, rig.clock.pendingTimers]).toEqual([2, 0]);
  });

  it('hears it at another address too, a little later', async () => {
    const { stream, moved } = await rebound('198.51.100.9');
    await moved.speak(stream.local, 5_000, 0x10);
    const report = await stream.close();
    expect(report).toMatchObject({ receivedFrom: moved.endpoint, sourceMoves: 1 });
    expect(report.longestGapMs).toBeLessThan(2_500);
  });

  it('sends its reports there too, once it is at another address', async () => {
    const { rig, stream, peer, moved } = await rebound('198.51.100.9');
    const reports = rig.network.datagramSocket({ address: peer.endpoint.address, port: 4001 });
    reports.send(Uint8Array.of(0x80, 201, 0, 1, 0x12, 0x34, 0x56, 0x78), { ...stream.local, port: stream.local.port + 1 });
    await moved.speak(stream.local, 4_000, 0x10);
    let come = 0;
    rig.network.datagramSocket({ address: moved.endpoint.address, port: 4001 }).onReceive(() => come++);
    await moved.speak(stream.local, 10_000, 0x10);
    expect(come).toBeGreaterThan(0);
    expect(await stream.close()).toMatchObject({ reportsReceived: 1, sourceMoves: 1 });
  });

  it.each(['sendonly', 'inactive'] as const)(
    'hears it there when what it sends is not listened to meanwhile: we are %s',
    async (direction) => {
      const { rig, stream, peer, moved } = await rebound();
      stream.start(agreedWith(peer, { direction }));
      await moved.speak(stream.local, 5_000, 0x10);
      stream.start(agreedWith(peer));
      const sinceMs = rig.clock.now();
      await moved.speak(stream.local, 200, 0x10);
      expect(moved.received.filter(({ atMs }) => atMs > sinceMs).length).toBeGreaterThanOrEqual(9);
      expect(unheardMs(peer, rig.clock.now())).toBeGreaterThan(4_000);
      expect(await stream.close()).toMatchObject({ received: 110, receivedFrom: moved.endpoint, sourceMoves: 1 });
    },
  );

  it('finds it when it comes back after a long silence', async () => {
    const { rig, stream, moved } = await rebound();
    await rig.clock.advance(60_000);
    await moved.speak(stream.local, 5_000, 0x10);
    const report = await stream.close();
    expect(report).toMatchObject({ receivedFrom: moved.endpoint, sourceMoves: 1 });
    expect(report.received).toBeGreaterThan(200);
  });

  it('is not taken from it by somebody who sends the same source, as long as the peer is heard', async () => {
    const { rig, stream, peer, moved, goOn } = await rebound();
    for (let frame = 0; frame < 500; frame++) {
      goOn();
      // What the attacker sends comes first, and ten times as much.
      for (let packet = 0; packet < 10; packet++) moved.sendAudio(stream.local, 0x20);
      peer.sendAudio(stream.local, 0x10);
      await rig.clock.advance(20);
    }
    expect(moved.received).toEqual([]);
    expect(await stream.close()).toMatchObject({ received: 600, receivedFrom: peer.endpoint, sourceMoves: 0 });
  });

  it('is not taken from it by others while it is silent', async () => {
    const { rig, stream, peer } = await rebound();
    const strangers = [rig.peer({ address: '203.0.113.5', port: 7 }), rig.peer({ address: peer.endpoint.address, port: 9 })];
    for (const stranger of strangers) stranger.ssrc = 99;
    for (let frame = 0; frame < 90; frame++) {
      for (const stranger of strangers) stranger.sendAudio(stream.local, 0x20);
      await rig.clock.advance(20);
    }
    await peer.speak(stream.local, 2_000, 0x10);
    for (const stranger of strangers) expect(stranger.received).toEqual([]);
    expect(await stream.close()).toMatchObject({ receivedFrom: peer.endpoint, sourceMoves: 0 });
  });
});

describe('an encrypted call', () => {
  const suite = 'AES_CM_128_HMAC_SHA1_80';
  const keys: SrtpKeys = { suite, send: seededRandom(1).bytes(30), receive: seededRandom(2).bytes(30) };

  async function encrypted() {
    const rig = new MediaRig();
    const stream = await rig.open();
    const [told, moved] = [
      rig.network.datagramSocket({ address: '10.0.1.9', port: 4000 }),
      rig.network.datagramSocket({ address: '198.51.100.9', port: 9 }),
    ];
    const peer = { endpoint: told.local } as const;
    const heardAt = new Map([told, moved].map((socket) => [socket, 0]));
    for (const socket of [told, moved]) socket.onReceive(() => heardAt.set(socket, (heardAt.get(socket) ?? 0) + 1));
    stream.start({ remote: peer.endpoint, codec: 'PCMU', payloadType: 0, direction: 'sendrecv', srtp: keys });
    return { rig, stream, told, moved, heardAt };
  }

  /** One source of the master, whose packets may leave from any socket. */
  const sourceOf = (master: SrtpMaster) => {
    const protect = new SrtpProtect(master);
    let sequence = 100;
    return (): Uint8Array => {
      const packet = new Uint8Array(172).fill(0x10);
      packet.set([0x80, 0, sequence >> 8, sequence, 0, 0, (sequence * 160) >> 8, sequence * 160, 0, 0, 0, 7]);
      sequence++;
      return protect.protect(packet)?.slice() ?? packet;
    };
  };

  const speak = async (
    rig: MediaRig,
    stream: StreamCore,
    send: (bytes: Uint8Array, to: StreamCore['local']) => void,
    next: () => Uint8Array,
    frames: number,
  ): Promise<void> => {
    for (let frame = 0; frame < frames; frame++) {
      send(next(), stream.local);
      await rig.clock.advance(20);
    }
  };

  it('follows the peer to another address as soon as a packet of it comes from there', async () => {
    const { rig, stream, told, moved, heardAt } = await encrypted();
    const next = sourceOf({ suite, keyAndSalt: keys.receive });
    await speak(rig, stream, told.send, next, 100);
    await speak(rig, stream, moved.send, next, 100);
    expect(heardAt.get(moved)).toBeGreaterThan(80);
    const report = await stream.close();
    expect(report).toMatchObject({ receivedFrom: moved.local, sourceMoves: 1 });
    expect(report.longestGapMs).toBeLessThan(400);
  });

  it('is drawn away neither by what is not the peer’s, nor by what was recorded before', async () => {
    const { rig, stream, told, moved, heardAt } = await encrypted();
    const next = sourceOf({ suite, keyAndSalt: keys.receive });
    const forged = sourceOf({ suite, keyAndSalt: seededRandom(3).bytes(30) });
    const recorded: Uint8Array[] = [];
    await speak(
      rig,
      stream,
      told.send,
      () => {
        const bytes = next();
        recorded.push(bytes);
        return bytes;
      },
      100,
    );
    await rig.clock.advance(400);
    for (const bytes of recorded) moved.send(bytes, stream.local);
    await speak(rig, stream, moved.send, forged, 200);
    expect(heardAt.get(moved)).toBe(0);
    await speak(rig, stream, told.send, next, 100);
    expect(await stream.close()).toMatchObject({ received: 200, receivedFrom: told.local, sourceMoves: 0 });
  });
});
