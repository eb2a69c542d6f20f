import { describe, expect, it } from 'vitest';
import { bridgedCalls, nothingLeftOf } from '../../../test/support/bridged-calls.ts';
import { type ReceivedPacket, TELEPHONE_EVENT } from '../../../test/support/media-rig.ts';
import { decodeG711, silenceByte } from '../audio/g711.ts';
import { opusModule } from '../audio/opus-module.ts';
import { newBridgeEnds } from './far-side.ts';
import type { StreamCore } from './stream-core.ts';

const never = new AbortController().signal;

const isSilent = ({ payload }: ReceivedPacket): boolean => payload.every((code) => code === silenceByte.PCMU);

function across(one: StreamCore, two: StreamCore): void {
  const [here, there] = newBridgeEnds();
  one.bridgeAcross(here);
  two.bridgeAcross(there);
}

/** Two calls that are up and joined by messages, as those of two threads are. */
const bridged = (left = {}, right = {}) => bridgedCalls(left, right, across);

describe('a bridge of streams of two threads', () => {
  it('passes the packets of each side to the other as they are, one source, with its gaps', async () => {
    const { rig, one, two } = await bridged();
    for (const frame of [1, 2, 3, 5, 6]) {
      if (frame === 5) {
        one.peer.sequence++;
        one.peer.timestamp += 160;
        await rig.clock.advance(20);
      }
      one.peer.sendAudio(one.stream.local, frame);
      two.peer.sendAudio(two.stream.local, frame + 100);
      await rig.clock.advance(20);
    }
    const heard = two.peer.received.filter((packet) => !isSilent(packet));
    expect(heard.map(({ payload }) => payload[0])).toEqual([1, 2, 3, 5, 6]);
    const [first] = heard;
    expect(heard.map(({ timestamp }) => (timestamp - (first?.timestamp ?? 0)) >>> 0)).toEqual([0, 160, 320, 640, 800]);
    expect(heard.map(({ sequence }) => (sequence - (first?.sequence ?? 0)) & 0xffff)).toEqual([0, 1, 2, 4, 5]);
    expect(one.peer.received.filter((packet) => !isSilent(packet)).map(({ payload }) => payload[0])).toEqual([101, 102, 103, 105, 106]);
    await nothingLeftOf(rig);
  });

  it('encodes anew where the codecs differ', async () => {
    const { rig, one, two } = await bridged({ codec: 'PCMU', payloadType: 0 }, { codec: 'PCMA', payloadType: 8 });
    await one.peer.speak(one.stream.local, 100, 0x20);
    await rig.clock.advance(20);
    const heard = two.peer.received.filter(({ payload }) => payload.some((byte) => byte !== silenceByte.PCMA));
    expect(heard.length).toBe(5);
    const [expected, got] = [new Int16Array(1), new Int16Array(1)];
    decodeG711('PCMU', Uint8Array.of(0x20), expected);
    decodeG711('PCMA', Uint8Array.of(heard[3]?.payload[7] ?? 0), got);
    expect(Math.abs((got[0] ?? 0) - (expected[0] ?? 0))).toBeLessThan(Math.abs(expected[0] ?? 0) * 0.04);
    await nothingLeftOf(rig);
  });

  it('presses on one side what is pressed on the other, and still collects it', async () => {
    const { rig, one, two } = await bridged();
    const digits = one.stream.collect({ max: 2, terminators: '', firstMs: 5000, betweenMs: 5000 }, never);
    await one.peer.press(one.stream.local, '42');
    await rig.clock.advance(500);
    expect(await digits).toMatchObject({ digits: '42' });
    const events = two.peer.received.filter(({ payloadType, marker }) => payloadType === TELEPHONE_EVENT && marker);
    expect(events.map(({ payload }) => payload[0])).toEqual([4, 2]);
    await nothingLeftOf(rig);
  });

  it.each([
    ['unbridge', 'one'],
    ['unbridge', 'two'],
    ['close', 'one'],
  ] as const)('ends with %s of stream %s: then there is silence, without a gap', async (how, which) => {
    const { rig, one, two } = await bridged();
    await one.peer.speak(one.stream.local, 100, 7);
    await { one, two }[which].stream[how]();
    await rig.clock.advance(40);
    two.peer.received.length = 0;
    await one.peer.speak(one.stream.local, 200, 8);
    expect(two.peer.received.length).toBeGreaterThanOrEqual(9);
    expect(two.peer.received.every(isSilent)).toBe(true);
    await nothingLeftOf(rig);
  });

  it('ends those that either stream was in before, and is ended by others', async () => {
    const { rig, one, two } = await bridged();
    const three = await rig.call();
    await rig.clock.advance(40);
    across(three.stream, two.stream);
    one.peer.received.length = 0;
    await three.peer.speak(three.stream.local, 100, 3);
    await two.peer.speak(two.stream.local, 100, 2);
    expect(one.peer.received.every(isSilent)).toBe(true);
    expect(two.peer.received.some(({ payload }) => payload[0] === 3)).toBe(true);
    expect(three.peer.received.some(({ payload }) => payload[0] === 2)).toBe(true);
    one.stream.bridge(two.stream);
    await rig.clock.advance(20);
    three.peer.received.length = 0;
    await two.peer.speak(two.stream.local, 100, 4);
    expect(three.peer.received.every(isSilent)).toBe(true);
    expect(one.peer.received.some(({ payload }) => payload[0] === 4)).toBe(true);
    await nothingLeftOf(rig);
  });

  it('ends the stay of either stream in a room', async () => {
    const { rig, one, two } = await bridgedCalls({}, {}, () => {});
    for (const { stream } of [one, two]) stream.joinRoom(rig.media.openRoom(), false);
    expect(rig.media.openRooms).toBe(2);
    across(one.stream, two.stream);
    expect(rig.media.openRooms).toBe(0);
    await one.peer.speak(one.stream.local, 100, 7);
    await rig.clock.advance(20);
    expect(two.peer.received.filter(({ payload }) => payload[0] === 7).length).toBe(5);
    await nothingLeftOf(rig);
  });

  it('loses what comes faster than the other thread takes it, and goes on', async () => {
    const [here, there] = newBridgeEnds();
    const { rig, one, two } = await bridgedCalls({}, {}, () => {});
    one.stream.bridgeAcross(here);
    // Until the other end is taken, it is a thread that is held up.
    for (let packet = 0; packet < 500; packet++) one.peer.sendAudio(one.stream.local, 6);
    await rig.clock.advance(20);
    two.stream.bridgeAcross(there);
    await rig.clock.advance(20);
    expect(two.peer.received.filter(({ payload }) => payload[0] === 6).length).toBe(50);
    await one.peer.speak(one.stream.local, 100, 7);
    await rig.clock.advance(20);
    expect(two.peer.received.filter(({ payload }) => payload[0] === 7).length).toBe(5);
    await nothingLeftOf(rig);
  });

  it.each(['one', 'two'] as const)('gives the memory of the codecs back on both sides when stream %s leaves it', async (which) => {
    const before = opusModule().liveStates;
    const { rig, one, two } = await bridged({}, { codec: 'opus', payloadType: 111 });
    await rig.clock.advance(100);
    const alone = opusModule().liveStates;
    await one.peer.speak(one.stream.local, 100, 0x20);
    const encoded = two.peer.received.at(-1);
    if (!encoded) throw new Error('nothing was heard');
    two.peer.sendRaw(two.stream.local, 111, 1, 960, encoded.payload);
    await rig.clock.advance(20);
    // What stream two sends is encoded there, and what it hears is decoded there for itself, and at the end of the bridge that stream one has.
    expect(opusModule().liveStates).toBe(alone + 3);
    ({ one, two })[which].stream.unbridge();
    await rig.clock.advance(20);
    expect(opusModule().liveStates).toBe(alone + 1);
    await nothingLeftOf(rig);
    expect(opusModule().liveStates).toBe(before);
  });

  it('is silent from the moment that it is left, whatever is still under way', async () => {
    const [here, there] = newBridgeEnds();
    const { rig, two } = await bridgedCalls({}, {}, () => {});
    let delivered = 0;
    there.port.on('message', () => {
      if (++delivered === 2) two.stream.unbridge();
    });
    two.stream.bridgeAcross(there);
    const payload = new Uint8Array(160).fill(6);
    for (let sequence = 1; sequence < 5; sequence++) {
      here.port.postMessage({ kind: 'audio', codec: 'PCMU', payload, timestamp: sequence * 160, sequence, newest: true });
    }
    await rig.clock.advance(40);
    expect(two.peer.received.filter((packet) => !isSilent(packet))).toHaveLength(1);
    here.port.close();
    await nothingLeftOf(rig);
  });

  it('takes the payload of a packet to the other thread, and nothing else that is in its memory', async () => {
    const [here, there] = newBridgeEnds();
    const { rig, one } = await bridgedCalls({}, {}, () => {});
    one.stream.bridgeAcross(here);
    const passed = new Promise<{ payload: Uint8Array }>((resolve) => there.port.once('message', resolve));
    one.peer.sendAudio(one.stream.local, 6);
    await rig.clock.advance(20);
    const { payload } = await passed;
    expect([payload.length, payload.buffer.byteLength]).toEqual([160, 160]);
    there.port.close();
    await nothingLeftOf(rig);
  });

  it('cannot be made with a stream that is closed', async () => {
    const { rig, one } = await bridged();
    const [here, there] = newBridgeEnds();
    await one.stream.close();
    expect(() => one.stream.bridgeAcross(here)).toThrow();
    there.port.close();
    await nothingLeftOf(rig);
  });
});
