import { describe, expect, it } from 'vitest';
import { bridgedCalls, nothingLeftOf } from '../../../test/support/bridged-calls.ts';
import { agreedWith, type ReceivedPacket } from '../../../test/support/media-rig.ts';
import { sentWhile } from '../../../test/support/sent-while.ts';
import { silenceByte } from '../audio/g711.ts';
import { opusModule } from '../audio/opus-module.ts';

const never = new AbortController().signal;
const PCMA = { codec: 'PCMA', payloadType: 8 } as const;
const OPUS = { codec: 'opus', payloadType: 111 } as const;
const LOUD = 0x20;

/** Two calls that are up and bridged, in silence since a moment. */
async function bridged(left = {}, right = {}) {
  const calls = await bridgedCalls(left, right);
  const statesLeft = async () => {
    await nothingLeftOf(calls.rig);
    return opusModule().liveStates;
  };
  return { ...calls, statesLeft };
}

const audible = (silence: number) => (packet: ReceivedPacket) =>
  packet.payloadType < 100 && packet.payload.some((code) => code !== silence);

describe('a bridge of two codecs', () => {
  it('encodes as its other side asks for from now on, and gives the memory of every codec back', async () => {
    const before = opusModule().liveStates;
    const { one, two, statesLeft } = await bridged({}, OPUS);
    await one.peer.speak(one.stream.local, 200, LOUD);
    const first = two.peer.received.splice(0);
    expect(first.every(({ payloadType, payload }) => payloadType === 111 && payload.length !== 160)).toBe(true);
    two.stream.start(agreedWith(two.peer, PCMA));
    await one.peer.speak(one.stream.local, 200, LOUD);
    const second = two.peer.received.splice(0);
    expect(second.map(({ payloadType, payload }) => [payloadType, payload.length])).toEqual(Array(10).fill([8, 160]));
    two.stream.start(agreedWith(two.peer, OPUS));
    await one.peer.speak(one.stream.local, 200, LOUD);
    const third = two.peer.received.splice(0);
    expect(third.every(({ payloadType, payload }) => payloadType === 111 && payload.length !== 160)).toBe(true);
    expect(await statesLeft()).toBe(before);
  });

  it('gives the memory of its codec back when it ends, not with the call only', async () => {
    const { rig, one, two, statesLeft } = await bridged({}, OPUS);
    one.stream.unbridge();
    await rig.clock.advance(100);
    const alone = opusModule().liveStates;
    one.stream.bridge(two.stream);
    await one.peer.speak(one.stream.local, 100, LOUD);
    expect(opusModule().liveStates).toBe(alone + 1);
    one.stream.unbridge();
    expect(opusModule().liveStates).toBe(alone);
    await statesLeft();
  });

  it('is recorded on both sides', async () => {
    const { rig, one, two, statesLeft } = await bridged({}, PCMA);
    const sent = await sentWhile(two.stream, () => one.peer.speak(one.stream.local, 400, LOUD));
    expect(sent.filter((sample) => Math.abs(sample) > 1000).length / 8).toBeGreaterThanOrEqual(360);
    await statesLeft();
    expect(rig.network.openPorts).toBe(2);
  });
});

describe('a bridge', () => {
  it('is not heard any more by whom it was joined with before', async () => {
    const { rig, one, two, statesLeft } = await bridged();
    const three = await rig.call();
    const four = await rig.call();
    three.stream.bridge(four.stream);
    await rig.clock.advance(40);
    two.stream.bridge(three.stream);
    two.peer.received.length = 0;
    three.peer.received.length = 0;
    await one.peer.speak(one.stream.local, 100, 1);
    await four.peer.speak(four.stream.local, 100, 4);
    const heard = [...two.peer.received, ...three.peer.received];
    expect(heard.filter(audible(silenceByte.PCMU))).toEqual([]);
    await statesLeft();
  });

  it('passes no audio into a digit that is being sent to its other side', async () => {
    const { rig, one, two, statesLeft } = await bridged();
    const pressed = two.stream.sendDigits('5', never);
    await one.peer.speak(one.stream.local, 300, LOUD);
    await rig.clock.advance(200);
    await pressed;
    const types = two.peer.received.map(({ payloadType }) => payloadType);
    const event = types.slice(types.indexOf(101), types.lastIndexOf(101) + 1);
    expect(event.length).toBeGreaterThan(3);
    expect(new Set(event)).toEqual(new Set([101]));
    await statesLeft();
  });
});
