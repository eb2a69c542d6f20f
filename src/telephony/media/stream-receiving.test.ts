import { describe, expect, it } from 'vitest';
import { agreedWith, MediaRig } from '../../../test/support/media-rig.ts';

const never = new AbortController().signal;

describe('what is received', () => {
  it('is counted: packets, losses, digits, and when the first one came', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    await rig.clock.advance(70);
    await peer.speak(stream.local, 100);
    peer.sequence += 3;
    await peer.speak(stream.local, 100);
    await peer.press(stream.local, '12');
    expect(await stream.close()).toMatchObject({ received: 24, lost: 3, digits: 2, firstReceivedMs: 70 });
  });

  it('does not count repeated packets, other payload types and what is no RTP', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const raw = rig.network.datagramSocket({ address: '10.0.1.1', port: 4001 });
    peer.sendAudio(stream.local);
    peer.sequence--;
    peer.sendAudio(stream.local);
    peer.sendAudio(stream.local, 0xff, 18);
    raw.send(new Uint8Array([1, 2, 3]), stream.local);
    await rig.clock.advance(20);
    expect(await stream.close()).toMatchObject({ received: 1, lost: 0 });
  });

  it('is dropped before the stream has begun', async () => {
    const rig = new MediaRig();
    const stream = await rig.open();
    const peer = rig.peer();
    await peer.press(stream.local, '5');
    stream.start(agreedWith(peer));
    await rig.clock.advance(20);
    expect(await stream.close()).toMatchObject({ received: 0, digits: 0 });
  });

  it('gives every digit once under loss, repetition and disorder', async () => {
    let nth = 0;
    const rig = new MediaRig({
      faults: {
        // Of the seven packets of an event, every third is lost, every fourth comes twice, every fifth 50 ms late.
        filter: (bytes) => {
          if (bytes[1] !== undefined && (bytes[1] & 0x7f) !== 101) return 'pass';
          nth++;
          if (nth % 3 === 0) return 'drop';
          if (nth % 4 === 0) return 'duplicate';
          return nth % 5 === 0 ? { delayMs: 50 } : 'pass';
        },
      },
    });
    const { stream, peer } = await rig.call();
    const collected = stream.collect({ max: 20, terminators: '', firstMs: 5_000, betweenMs: 1_000 }, never);
    await peer.press(stream.local, '0123456789*#');
    await rig.clock.advance(2_000);
    await expect(collected).resolves.toEqual({ digits: '0123456789*#', why: 'timeout' });
  });
});

describe('collect', () => {
  const rules = { max: 4, terminators: '#', firstMs: 5_000, betweenMs: 3_000 };

  it('counts the time between digits from the release of a key, also when its end is lost', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    let atMs = 0;
    const collected = stream.collect(rules, never).then((result) => {
      atMs = rig.clock.now();
      return result;
    });
    await rig.clock.advance(1_000);
    peer.sendEvent(stream.local, '3', 160, false);
    await rig.clock.advance(10_000);
    await expect(collected).resolves.toEqual({ digits: '3', why: 'timeout' });
    expect(atMs).toBe(1_000 + 120 + 3_000);
  });

  it('waits as long as a key is held', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const collected = stream.collect({ ...rules, betweenMs: 500 }, never);
    for (let duration = 160; duration <= 160 * 100; duration += 160) {
      peer.sendEvent(stream.local, '8', duration, false);
      await rig.clock.advance(20);
    }
    peer.sendEvent(stream.local, '8', 16_160, true);
    await rig.clock.advance(100);
    peer.timestamp += 20_000;
    await peer.press(stream.local, '9#');
    await expect(collected).resolves.toEqual({ digits: '89', why: 'terminator' });
  });
});

describe('symmetric RTP', () => {
  it('sends where the SDP says until the peer is heard from elsewhere, then there', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const behindNat = rig.peer();
    await rig.clock.advance(100);
    await behindNat.speak(stream.local, 60);
    expect(behindNat.received).toEqual([]);
    await behindNat.speak(stream.local, 60);
    peer.received.length = 0;
    await rig.clock.advance(100);
    expect(behindNat.received.length).toBeGreaterThan(4);
    expect(peer.received).toEqual([]);
    await behindNat.press(stream.local, '6');
    await expect(stream.collect({ max: 1, terminators: '', firstMs: 0, betweenMs: 0 }, never)).resolves.toMatchObject({ digits: '6' });
  });

  it('finds a peer behind NAT that begins to send late, though the socket was tied meanwhile', async () => {
    const rig = new MediaRig();
    const { stream } = await rig.call();
    const behindNat = rig.peer();
    await rig.clock.advance(7_300);
    await behindNat.speak(stream.local, 2_500);
    expect(behindNat.received.length).toBeGreaterThan(20);
  });

  it('stays with the peer that the SDP named once it was heard, whoever else sends', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const intruder = rig.peer();
    await peer.speak(stream.local, 40);
    await intruder.speak(stream.local, 400);
    await intruder.press(stream.local, '123');
    expect(intruder.received).toEqual([]);
    expect(await stream.close()).toMatchObject({ received: 2, digits: 0 });
  });

  it('follows a new endpoint of the SDP', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    await peer.speak(stream.local, 100);
    const moved = rig.peer();
    stream.start(agreedWith(moved));
    peer.received.length = 0;
    await rig.clock.advance(100);
    await moved.press(stream.local, '2');
    expect(peer.received).toEqual([]);
    expect(moved.received.length).toBeGreaterThan(4);
    expect(await stream.close()).toMatchObject({ digits: 1 });
  });
});
