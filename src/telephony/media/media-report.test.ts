import { describe, expect, it } from 'vitest';
import { agreedWith, MediaRig } from '../../../test/support/media-rig.ts';
import { newEncoder } from '../audio/codec.ts';
import { RTP_HEADER_BYTES, writeRtpHeader } from '../rtp/packet.ts';
import { diagnose, isOneWay } from './diagnose.ts';
import { clockRates } from './media-port.ts';
import { nothingSeen } from './media-report.ts';

const problemsOf = (report: Parameters<typeof diagnose>[0]) => diagnose(report).map(({ problem }) => problem);

describe('the report of a stream', () => {
  it('tells of a good call when, how evenly and from where audio came', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    await rig.clock.advance(60);
    await peer.speak(stream.local, 6_000, 0x10);
    const report = await stream.close();
    expect(report).toMatchObject({
      received: 300,
      lost: 0,
      repeated: 0,
      reordered: 0,
      refused: 0,
      unagreed: 0,
      firstSentMs: 0,
      firstReceivedMs: 60,
      sendingMs: 6_060,
      receivingMs: 6_060,
      longestGapMs: 20,
      quietMs: 20,
      jitterMs: 0,
      maxJitterMs: 0,
      audible: true,
      codec: 'PCMU',
      expectedFrom: peer.endpoint,
      receivedFrom: peer.endpoint,
    });
    expect(problemsOf(report)).toEqual([]);
    await rig.media.close();
    await rig.clock.advance(0);
    expect([rig.network.openPorts, rig.clock.pendingTimers]).toEqual([1, 0]);
  });

  it('counts jitter, repeated and reordered packets', async () => {
    const rig = new MediaRig({ faults: { delayMs: { min: 0, max: 30 }, duplicatePercent: 20 } });
    const { stream, peer } = await rig.call();
    await peer.speak(stream.local, 4_000, 0x10);
    await rig.clock.advance(100);
    const { jitterMs = 0, maxJitterMs = 0, repeated, reordered, received } = await stream.close();
    expect(received).toBe(200);
    expect(repeated).toBeGreaterThan(10);
    expect(reordered).toBeGreaterThan(5);
    expect(jitterMs).toBeGreaterThan(4);
    expect(jitterMs).toBeLessThan(30);
    expect(maxJitterMs).toBeGreaterThan(jitterMs);
  });

  it('counts nothing that is no RTP', async () => {
    const rig = new MediaRig();
    const stream = await rig.open();
    const socket = rig.network.datagramSocket({ address: '10.9.9.9', port: 4000 });
    stream.start({ remote: socket.local, codec: 'PCMU', payloadType: 0, direction: 'sendrecv' });
    const audio = new Uint8Array(RTP_HEADER_BYTES + 160);
    writeRtpHeader(audio, false, 0, 1, 0, 7);
    const stun = Uint8Array.from({ length: 20 }, (_, index) => [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][index] ?? 7);
    for (const bytes of [audio, stun, new Uint8Array(0), audio.subarray(0, 11), new Uint8Array(160)]) socket.send(bytes, stream.local);
    await rig.clock.advance(20);
    expect(await stream.close()).toMatchObject({ received: 1, repeated: 0, reordered: 0, lost: 0, refused: 0, unagreed: 0 });
    socket.close();
  });

  it('tells of audio that one side never hears', async () => {
    const rig = new MediaRig();
    const { stream } = await rig.call();
    await rig.clock.advance(5_000);
    const report = await stream.close();
    expect(report).not.toHaveProperty('receivedFrom');
    expect(problemsOf(report)).toEqual(['NothingReceived']);
  });

  it('tells of audio that the other side never gets, as no frame of it was sent', async () => {
    const rig = new MediaRig({ hangs: true });
    const { stream, peer } = await rig.call();
    await peer.speak(stream.local, 3_000, 0x10);
    const report = await stream.close();
    expect(report).toMatchObject({ sent: 0, sendingMs: 3_000, received: 150, receivingMs: 3_000 });
    expect(report).not.toHaveProperty('firstSentMs');
    expect(peer.received).toEqual([]);
    expect(problemsOf(report)).toEqual(['NothingSent']);
    expect(isOneWay(report)).toBe(true);
    peer.close();
    await rig.media.close();
    await rig.clock.advance(0);
    expect([rig.network.openPorts, rig.clock.pendingTimers]).toEqual([0, 0]);
  });

  it('tells silence from sound, A-law too', async () => {
    for (const [codec, payloadType, silence, sound] of [
      ['PCMU', 0, 0xff, 0x30],
      ['PCMA', 8, 0xd5, 0x20],
    ] as const) {
      const rig = new MediaRig();
      const { stream, peer } = await rig.call({ codec, payloadType });
      await peer.speak(stream.local, 6_000, silence, payloadType);
      const other = await rig.call({ codec, payloadType });
      await other.peer.speak(other.stream.local, 100, sound, payloadType);
      expect((await other.stream.close()).audible).toBe(true);
      const report = await stream.close();
      expect(report.audible).toBe(false);
      expect(problemsOf(report)).toContain('OnlySilence');
    }
  });

  it.each<['G722' | 'opus', number]>([
    ['G722', 9],
    ['opus', 111],
  ])('tells silence from sound in %s, as its encoder makes it', async (codec, payloadType) => {
    const heard = async (amplitude: number) => {
      const rig = new MediaRig();
      const { stream, peer } = await rig.call({ codec, payloadType });
      const encoder = newEncoder(codec);
      const target = new Uint8Array(400);
      for (let frame = 0; frame < 300; frame++) {
        const samples = Int16Array.from({ length: 160 }, (_, index) => amplitude * Math.sin(0.3 * (frame * 160 + index)));
        const payload = target.slice(0, encoder.encode(samples, target, 0));
        peer.sendRaw(stream.local, payloadType, frame, frame * 20 * (clockRates[codec] / 1000), payload);
        await rig.clock.advance(20);
      }
      encoder.close();
      const report = await stream.close();
      await rig.media.close();
      return { audible: report.audible, problems: problemsOf(report) };
    };
    expect(await heard(0)).toEqual({ audible: false, problems: ['OnlySilence'] });
    expect(await heard(3000)).toEqual({ audible: true, problems: [] });
  });

  it('tells of a payload type that was not agreed, and of a sender that is not the peer', async () => {
    const rig = new MediaRig();
    const first = await rig.call();
    await first.peer.speak(first.stream.local, 3_000, 0x10, 18);
    const unagreed = await first.stream.close();
    expect(unagreed).toMatchObject({ received: 0, unagreed: 150, unagreedType: 18 });
    expect(problemsOf(unagreed)).toEqual(['UnagreedType']);

    const second = await rig.call();
    const stranger = rig.peer();
    for (let packet = 0; packet < 10; packet++) {
      stranger.sendRaw(second.stream.local, 0, packet * 7, packet * 160, new Uint8Array(160));
      await rig.clock.advance(20);
    }
    await rig.clock.advance(3_000);
    const refused = await second.stream.close();
    expect(refused).toMatchObject({ received: 0, refused: 10, refusedFrom: stranger.endpoint });
    expect(problemsOf(refused)).toEqual(['RefusedSource']);
  });

  it('tells from where the audio of a peer behind NAT came', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const behind = rig.peer({ address: '198.51.100.9', port: 61_000 });
    await behind.speak(stream.local, 400, 0x10);
    expect(await stream.close()).toMatchObject({ expectedFrom: peer.endpoint, receivedFrom: behind.endpoint });
  });

  it('does not count a hold as lost audio', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    await peer.speak(stream.local, 1_000, 0x10);
    stream.start(agreedWith(peer, { direction: 'sendonly' }));
    await rig.clock.advance(30_000);
    const held = { ...agreedWith(peer), direction: 'sendrecv' } as const;
    stream.start(held);
    await peer.speak(stream.local, 1_000, 0x10);
    const report = await stream.close();
    expect(report).toMatchObject({ sendingMs: 32_000, receivingMs: 2_000, longestGapMs: 20, quietMs: 20 });
    expect(problemsOf(report)).toEqual([]);
  });

  it('tells of audio that stopped, but not of a call that ends on hold', async () => {
    const rig = new MediaRig();
    const stopped = await rig.call();
    const onHold = await rig.call();
    await stopped.peer.speak(stopped.stream.local, 1_000, 0x10);
    await onHold.peer.speak(onHold.stream.local, 1_000, 0x10);
    onHold.stream.start(agreedWith(onHold.peer, { direction: 'inactive' }));
    await rig.clock.advance(8_000);
    const held = await onHold.stream.close();
    expect(held).not.toHaveProperty('quietMs');
    const report = await stopped.stream.close();
    expect(report.quietMs).toBe(9_020);
    expect(problemsOf(report)).toEqual(['AudioStopped']);
  });

  it('of a stream that never began says that nothing was seen', async () => {
    const rig = new MediaRig();
    const stream = await rig.open();
    await rig.clock.advance(1000);
    expect(await stream.close()).toEqual(nothingSeen);
  });
});
