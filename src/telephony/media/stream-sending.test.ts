import { describe, expect, it } from 'vitest';
import { agreedWith, countingPrompt, MediaRig } from '../../../test/support/media-rig.ts';

const never = new AbortController().signal;
const SILENCE = 0xff;

describe('a stream that has begun', () => {
  it('sends the first packet at once, with the prompt that was played in the same turn, and then one every 20 ms', async () => {
    const rig = new MediaRig({ startMs: 1_000 });
    const { stream, peer } = await rig.call();
    const played = stream.play(countingPrompt('a', 800), { interruptible: false }, never);
    await rig.clock.advance(200);
    await expect(played).resolves.toBe('finished');
    expect(peer.received.map((packet) => packet.atMs)).toEqual([0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200].map((ms) => 1_000 + ms));
    expect(peer.received.map((packet) => packet.payload[0])).toEqual([0, 1, 2, 3, 4, ...Array(6).fill(SILENCE)]);
    expect(peer.received.every((packet) => packet.payload.length === 160 && new Set(packet.payload).size === 1)).toBe(true);
  });

  it('numbers packets without a gap and marks the first only', async () => {
    const rig = new MediaRig();
    const { peer } = await rig.call();
    await rig.clock.advance(1000);
    const [first] = peer.received;
    if (!first) throw new Error('nothing was sent');
    peer.received.forEach((packet, index) => {
      expect(packet).toMatchObject({
        marker: index === 0,
        payloadType: 0,
        sequence: (first.sequence + index) & 0xffff,
        timestamp: (first.timestamp + index * 160) >>> 0,
        ssrc: first.ssrc,
      });
    });
    expect(peer.received).toHaveLength(51);
  });

  it('falls into step with the ticks, never late for its first packet', async () => {
    const rig = new MediaRig({ startMs: 1_009 });
    const { peer } = await rig.call();
    await rig.clock.advance(60);
    expect(peer.received.map((packet) => packet.atMs)).toEqual([1_009, 1_020, 1_040, 1_060]);
  });

  it('sends silence at once when nothing is played', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call({ codec: 'PCMA', payloadType: 8 });
    await rig.clock.advance(0);
    expect(peer.received.map(({ payloadType, payload }) => [payloadType, payload[0], payload[159]])).toEqual([[8, 0xd5, 0xd5]]);
    expect((await stream.close()).firstSentMs).toBe(0);
  });

  it('plays what was asked for before it began', async () => {
    const rig = new MediaRig();
    const stream = await rig.open();
    const peer = rig.peer();
    void stream.play(countingPrompt('a', 320), { interruptible: false }, never);
    await rig.clock.advance(500);
    stream.start(agreedWith(peer));
    await rig.clock.advance(20);
    expect(peer.received.map((packet) => packet.payload[0])).toEqual([0, 1]);
  });

  it('draws source, sequence and timestamp by lot', async () => {
    const rig = new MediaRig();
    const peers = [await rig.call(), await rig.call(), await rig.call()].map(({ peer }) => peer);
    await rig.clock.advance(0);
    for (const field of ['ssrc', 'sequence', 'timestamp'] as const) {
      expect(new Set(peers.map((peer) => peer.received[0]?.[field])).size).toBe(3);
    }
  });
});

it('marks the first packet of another payload type', async () => {
  const rig = new MediaRig();
  const { stream, peer } = await rig.call();
  await rig.clock.advance(100);
  stream.start(agreedWith(peer, { codec: 'PCMA', payloadType: 8 }));
  await rig.clock.advance(100);
  const marked = peer.received.filter(({ marker }) => marker).map(({ payloadType }) => payloadType);
  expect(marked).toEqual([0, 8]);
});

describe('play', () => {
  it('sends the A-law bytes when A-law was agreed, and fills the last frame with silence', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call({ codec: 'PCMA', payloadType: 8 });
    const played = stream.play(countingPrompt('a', 162), { interruptible: false }, never);
    await rig.clock.advance(20);
    await expect(played).resolves.toBe('finished');
    expect([...(peer.received[1]?.payload ?? [])]).toEqual([101, 101, ...Array(158).fill(0xd5)]);
  });

  it('plays prompts one after the other without a gap', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const order: string[] = [];
    for (const id of ['first', 'second']) {
      void stream.play(countingPrompt(id, 320), { interruptible: false }, never).then(() => order.push(`${id} ${rig.clock.now()}`));
    }
    await rig.clock.advance(100);
    expect(peer.received.map((packet) => packet.payload[0])).toEqual([0, 1, 0, 1, SILENCE, SILENCE]);
    expect(order).toEqual(['first 20', 'second 60']);
  });

  it('is finished in time for the next prompt to follow without a gap', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    void stream
      .play(countingPrompt('a', 320), { interruptible: false }, never)
      .then(() => stream.play(countingPrompt('b', 160), { interruptible: false }, never));
    await rig.clock.advance(60);
    expect(peer.received.map((packet) => packet.payload[0])).toEqual([0, 1, 0, SILENCE]);
  });

  it('plays a prompt that may not be interrupted though keys wait to be collected', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    stream.pressed('5');
    const played = stream.play(countingPrompt('a', 320), { interruptible: false }, never);
    await rig.clock.advance(40);
    await expect(played).resolves.toBe('finished');
    expect(peer.received.map((packet) => packet.payload[0])).toEqual([0, 1, SILENCE]);
    await expect(stream.play(countingPrompt('b', 320), { interruptible: true }, never)).resolves.toBe('barged');
  });

  it('finishes an empty prompt with the next frame', async () => {
    const rig = new MediaRig();
    const { stream } = await rig.call();
    const played = stream.play(countingPrompt('empty', 0), { interruptible: false }, never);
    await rig.clock.advance(20);
    await expect(played).resolves.toBe('finished');
  });

  it('stops within one frame when it is aborted, and rejects with the reason', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const controller = new AbortController();
    const played = stream.play(countingPrompt('a', 16_000), { interruptible: false }, controller.signal);
    await rig.clock.advance(45);
    controller.abort(new Error('enough'));
    await expect(played).rejects.toThrow('enough');
    await rig.clock.advance(40);
    expect(peer.received.map((packet) => packet.payload[0])).toEqual([0, 1, 2, SILENCE, SILENCE]);
    await expect(stream.play(countingPrompt('a', 160), { interruptible: false }, controller.signal)).rejects.toThrow('enough');
  });

  it('stops within one frame for a key, which stays for collect', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const played = stream.play(countingPrompt('a', 16_000), { interruptible: true }, never);
    await rig.clock.advance(50);
    peer.sendEvent(stream.local, '5', 160, false);
    await rig.clock.advance(1);
    await expect(played).resolves.toBe('barged');
    await rig.clock.advance(9);
    expect(peer.received.map((packet) => packet.payload[0])).toEqual([0, 1, 2, SILENCE]);
    await rig.clock.advance(200);
    await expect(stream.collect({ max: 1, terminators: '', firstMs: 1, betweenMs: 1 }, never)).resolves.toEqual({
      digits: '5',
      why: 'complete',
    });
  });

  it('goes on over a key when it may not be interrupted; the next that may be gives way at once', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const played = stream.play(countingPrompt('a', 3_200), { interruptible: false }, never);
    await peer.press(stream.local, '7');
    await rig.clock.advance(300);
    await expect(played).resolves.toBe('finished');
    await expect(stream.play(countingPrompt('b', 3_200), { interruptible: true }, never)).resolves.toBe('barged');
    stream.clearDigits();
    const again = stream.play(countingPrompt('b', 160), { interruptible: true }, never);
    await rig.clock.advance(20);
    await expect(again).resolves.toBe('finished');
  });
});

describe('the direction of the agreement', () => {
  it.each(['recvonly', 'inactive'] as const)('sends nothing when it is %s, while prompts go on in time', async (direction) => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call({ direction });
    const played = stream.play(countingPrompt('a', 1_600), { interruptible: false }, never);
    await rig.clock.advance(180);
    await expect(played).resolves.toBe('finished');
    expect(peer.received).toEqual([]);
    expect((await stream.close()).firstSentMs).toBeUndefined();
  });

  it('marks the first packet after a hold, with the timestamp moved on', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    await rig.clock.advance(40);
    stream.start(agreedWith(peer, { direction: 'inactive' }));
    await rig.clock.advance(200);
    stream.start(agreedWith(peer));
    await rig.clock.advance(40);
    const [before, after, next] = peer.received.slice(2);
    if (!before || !after || !next) throw new Error('too few packets');
    expect([after.marker, next.marker]).toEqual([true, false]);
    expect((after.sequence - before.sequence) & 0xffff).toBe(1);
    expect((after.timestamp - before.timestamp) >>> 0).toBe(11 * 160);
  });

  it.each(['sendonly', 'inactive'] as const)('hears nothing when it is %s', async (direction) => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call({ direction });
    await peer.press(stream.local, '1');
    expect(await stream.close()).toMatchObject({ received: 0, digits: 0 });
  });
});

describe('sendDigits', () => {
  it('sends events in place of audio, and the prompt waits', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    void stream.play(countingPrompt('a', 16_000), { interruptible: false }, never);
    await rig.clock.advance(20);
    const sent = stream.sendDigits('4', never);
    await rig.clock.advance(200);
    await expect(sent).resolves.toBeUndefined();
    const packets = peer.received.map(({ payloadType, payload }) => (payloadType === 101 ? `event ${payload[0]}` : payload[0]));
    expect(packets).toEqual([0, 1, ...Array(7).fill('event 4'), SILENCE, SILENCE, 2]);
    const events = peer.received.slice(2, 9);
    expect(new Set(events.map((packet) => packet.timestamp)).size).toBe(1);
    expect(events.map((packet) => packet.marker)).toEqual([true, ...Array(6).fill(false)]);
    const [before, , , , , , , , after] = peer.received.slice(1);
    if (!before || !after) throw new Error('too few packets');
    expect((events[0]?.timestamp ?? 0) - before.timestamp).toBe(160);
    expect(after.timestamp - before.timestamp).toBe(8 * 160);
    expect(after.marker).toBe(true);
  });

  it('is heard by another stream, digit by digit', async () => {
    const rig = new MediaRig();
    const [caller, callee] = [await rig.open(), await rig.open()];
    const agreed = { codec: 'PCMU', payloadType: 0, telephoneEvent: 101, direction: 'sendrecv' } as const;
    caller.start({ ...agreed, remote: callee.local });
    callee.start({ ...agreed, remote: caller.local });
    const collected = callee.collect({ max: 20, terminators: '#', firstMs: 5_000, betweenMs: 5_000 }, never);
    const sent = caller.sendDigits('11w9*D#', never);
    await rig.clock.advance(3_000);
    await sent;
    await expect(collected).resolves.toEqual({ digits: '119*D', why: 'terminator' });
  });

  it('refuses what is no digit', async () => {
    const rig = new MediaRig();
    const other = (await rig.call()).stream;
    await expect(other.sendDigits('1x', never)).rejects.toThrow('Digits are');
    const nothing = other.sendDigits('', never);
    await rig.clock.advance(20);
    await expect(nothing).resolves.toBeUndefined();
  });

  it('lets a prompt wait for digits also while nothing may be sent', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call({ direction: 'recvonly' });
    const digits = stream.sendDigits('1', never);
    let isPlayed = false;
    const played = stream.play(countingPrompt('a', 800), { interruptible: false }, never).then(() => {
      isPlayed = true;
    });
    await rig.clock.advance(160);
    expect(isPlayed).toBe(false);
    await rig.clock.advance(200);
    await Promise.all([digits, played]);
    expect(peer.received).toEqual([]);
  });

  it('sends nothing for who has given up before, digits or a prompt', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const gone = AbortSignal.abort(new Error('gone'));
    await expect(stream.sendDigits('12', gone)).rejects.toThrow('gone');
    await expect(stream.play(countingPrompt('a', 800), { interruptible: false }, gone)).rejects.toThrow('gone');
    await rig.clock.advance(200);
    expect(peer.received.every(({ payloadType, payload }) => payloadType === 0 && payload.every((code) => code === SILENCE))).toBe(true);
  });

  it('stops within one frame when it is aborted', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const controller = new AbortController();
    const sent = stream.sendDigits('1234567890', controller.signal);
    await rig.clock.advance(60);
    controller.abort(new Error('enough'));
    await expect(sent).rejects.toThrow('enough');
    peer.received.length = 0;
    await rig.clock.advance(40);
    expect(peer.received.map((packet) => packet.payloadType)).toEqual([0, 0]);
  });
});

it('frames that are never sent, since the beat stood still, take their time', async () => {
  const rig = new MediaRig();
  const { stream, peer } = await rig.call();
  await rig.clock.advance(100);
  stream.skip(5);
  await rig.clock.advance(40);
  const steps = peer.received
    .slice(1)
    .map(({ timestamp, marker }, index) => [(timestamp - (peer.received[index]?.timestamp ?? 0)) >>> 0, marker]);
  expect(steps.filter(([step]) => step !== 160)).toEqual([[6 * 160, true]]);
  await rig.media.close();
});
