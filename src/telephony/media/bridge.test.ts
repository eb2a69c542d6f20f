import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bridgedCalls, nothingLeftOf } from '../../../test/support/bridged-calls.ts';
import { agreedWith, countingPrompt, type ReceivedPacket, TELEPHONE_EVENT } from '../../../test/support/media-rig.ts';
import { decodeG711, silenceByte } from '../audio/g711.ts';

const never = new AbortController().signal;

const isSilent = ({ payload }: ReceivedPacket): boolean => payload.every((code) => code === silenceByte.PCMU);

describe('a bridge of two streams', () => {
  it('passes the packets of each side to the other as they are, one source, without a gap', async () => {
    const { rig, one, two } = await bridgedCalls();
    for (let frame = 0; frame < 10; frame++) {
      one.peer.sendAudio(one.stream.local, frame + 1);
      two.peer.sendAudio(two.stream.local, frame + 101);
      await rig.clock.advance(20);
    }
    const heard = two.peer.received.filter((packet) => !isSilent(packet));
    expect(heard.map(({ payload }) => payload[0])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(one.peer.received.filter((packet) => !isSilent(packet)).map(({ payload }) => payload[0])).toEqual([
      101, 102, 103, 104, 105, 106, 107, 108, 109, 110,
    ]);
    const [first] = two.peer.received;
    two.peer.received.forEach(({ sequence, timestamp, ssrc }, index) => {
      expect((sequence - (first?.sequence ?? 0)) & 0xffff).toBe(index);
      expect((timestamp - (first?.timestamp ?? 0)) >>> 0).toBe(index * 160);
      expect(ssrc).toBe(first?.ssrc);
    });
    await nothingLeftOf(rig);
  });

  it('sends a side silence when the other says nothing, and goes on from there', async () => {
    const { rig, one, two } = await bridgedCalls();
    await one.peer.speak(one.stream.local, 200, 1);
    await rig.clock.advance(400);
    const quiet = two.peer.received.filter(isSilent).length;
    expect(quiet).toBeGreaterThanOrEqual(14);
    two.peer.received.length = 0;
    one.peer.timestamp += 5 * 8000;
    await one.peer.speak(one.stream.local, 100, 2);
    const timestamps = two.peer.received.map(({ timestamp }) => timestamp);
    const steps = timestamps.slice(1).map((timestamp, index) => (timestamp - (timestamps[index] ?? 0)) >>> 0);
    expect(new Set(steps)).toEqual(new Set([160]));
    await nothingLeftOf(rig);
  });

  it('keeps the gaps of what was lost', async () => {
    const { rig, one, two } = await bridgedCalls();
    await one.peer.speak(one.stream.local, 60, 1);
    one.peer.timestamp += 320;
    one.peer.sequence += 2;
    await rig.clock.advance(40);
    await one.peer.speak(one.stream.local, 40, 2);
    const heard = two.peer.received.filter((packet) => !isSilent(packet));
    expect(heard.map(({ payload }) => payload[0])).toEqual([1, 1, 1, 2, 2]);
    expect(((heard[3]?.timestamp ?? 0) - (heard[2]?.timestamp ?? 0)) >>> 0).toBe(480);
    await nothingLeftOf(rig);
  });

  it('encodes anew where the codecs differ, whatever the length of packets', async () => {
    const { rig, one, two } = await bridgedCalls({ codec: 'PCMU', payloadType: 0 }, { codec: 'PCMA', payloadType: 8 });
    const code = 0x20;
    for (let packet = 0; packet < 4; packet++) {
      one.peer.sendRaw(one.stream.local, 0, one.peer.sequence++, one.peer.timestamp, new Uint8Array(240).fill(code));
      one.peer.timestamp += 240;
      await rig.clock.advance(30);
    }
    const heard = two.peer.received.filter(({ payload }) => payload.some((byte) => byte !== silenceByte.PCMA));
    expect(heard.map(({ payloadType, payload }) => [payloadType, payload.length])).toEqual(Array(6).fill([8, 160]));
    const [expected, got] = [new Int16Array(1), new Int16Array(1)];
    decodeG711('PCMU', Uint8Array.of(code), expected);
    decodeG711('PCMA', Uint8Array.of(heard[3]?.payload[7] ?? 0), got);
    expect(Math.abs((got[0] ?? 0) - (expected[0] ?? 0))).toBeLessThan(Math.abs(expected[0] ?? 0) * 0.04);
    await nothingLeftOf(rig);
  });

  it('presses on one side what is pressed on the other, and still collects it', async () => {
    const { rig, one, two } = await bridgedCalls();
    const digits = one.stream.collect({ max: 2, terminators: '', firstMs: 5000, betweenMs: 5000 }, never);
    await one.peer.press(one.stream.local, '42');
    await rig.clock.advance(500);
    expect(await digits).toMatchObject({ digits: '42' });
    const events = two.peer.received.filter(({ payloadType, marker }) => payloadType === TELEPHONE_EVENT && marker);
    expect(events.map(({ payload }) => payload[0])).toEqual([4, 2]);
    await nothingLeftOf(rig);
  });

  it('passes packets of any length as they are, one after the other', async () => {
    const { rig, one, two } = await bridgedCalls();
    for (const [index, length] of [240, 80, 160, 1].entries()) {
      one.peer.sendRaw(one.stream.local, 0, 7000 + index, index * 240, new Uint8Array(length).fill(index + 1));
      await rig.clock.advance(20);
    }
    const passed = two.peer.received.filter((packet) => !isSilent(packet));
    expect(passed.map(({ payload }) => [payload[0], payload.length])).toEqual([
      [1, 240],
      [2, 80],
      [3, 160],
      [4, 1],
    ]);
    await nothingLeftOf(rig);
  });

  it('lets a prompt to one side come first', async () => {
    const { rig, one, two } = await bridgedCalls();
    const played = two.stream.play(countingPrompt('a', 800), { interruptible: false }, never);
    await one.peer.speak(one.stream.local, 200, 99);
    expect(await played).toBe('finished');
    const codes = two.peer.received.map(({ payload }) => payload[0]);
    expect(codes.slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
    expect(codes.slice(5)).toContain(99);
    await nothingLeftOf(rig);
  });

  it('lets digits to one side come first: nothing is said between their packets', async () => {
    const { rig, one, two } = await bridgedCalls();
    await one.peer.speak(one.stream.local, 100, 99);
    two.peer.received.length = 0;
    const sent = two.stream.sendDigits('1', never);
    await one.peer.speak(one.stream.local, 300, 99);
    await sent;
    const types = two.peer.received.map(({ payloadType }) => payloadType);
    const from = types.indexOf(TELEPHONE_EVENT);
    expect(types.slice(from, from + 7)).toEqual(Array(7).fill(TELEPHONE_EVENT));
    expect(types.slice(from + 7)).not.toContain(TELEPHONE_EVENT);
    expect(two.peer.received.at(-1)?.payload[0]).toBe(99);
    await nothingLeftOf(rig);
  });

  it.each(['unbridge', 'close'] as const)('ends with %s of either side: then there is silence, without a gap', async (how) => {
    const { rig, one, two } = await bridgedCalls();
    await one.peer.speak(one.stream.local, 100, 7);
    await one.stream[how]();
    two.peer.received.length = 0;
    await one.peer.speak(one.stream.local, 200, 8);
    expect(two.peer.received.length).toBeGreaterThanOrEqual(9);
    expect(two.peer.received.every(isSilent)).toBe(true);
    await nothingLeftOf(rig);
  });

  it('ends those that either stream was in before', async () => {
    const { rig, one, two } = await bridgedCalls();
    const three = await rig.call();
    await rig.clock.advance(40);
    two.stream.bridge(three.stream);
    one.peer.received.length = 0;
    await three.peer.speak(three.stream.local, 100, 3);
    await two.peer.speak(two.stream.local, 100, 2);
    expect(one.peer.received.every(isSilent)).toBe(true);
    expect(two.peer.received.some(({ payload }) => payload[0] === 3)).toBe(true);
    await nothingLeftOf(rig);
  });

  it('says nothing to a side that may not be sent to', async () => {
    const { rig, one, two } = await bridgedCalls();
    two.stream.start({ ...agreedWith(two.peer), direction: 'inactive' });
    await one.peer.speak(one.stream.local, 100, 5);
    expect(two.peer.received).toEqual([]);
    await nothingLeftOf(rig);
  });

  it('cannot be made of a stream with itself, or with one that is closed', async () => {
    const { rig, one, two } = await bridgedCalls();
    expect(() => one.stream.bridge(one.stream)).toThrow(/one thread/);
    await two.stream.close();
    expect(() => one.stream.bridge(two.stream)).toThrow();
    await nothingLeftOf(rig);
  });

  it('keeps sequence and time in order whatever comes, and however the bridge changes', async () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('audio' as const),
        skip: fc.nat(3),
        jump: fc.constantFrom(0, 0, 0, 8000, -40_000),
        length: fc.constantFrom(160, 80, 240),
      }),
      fc.record({ kind: fc.constant('pause' as const), frames: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ kind: fc.constantFrom('unbridge' as const, 'bridge' as const, 'source' as const, 'digit' as const, 'prompt' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { rig, one, two } = await bridgedCalls();
        for (const each of steps) {
          switch (each.kind) {
            case 'audio':
              one.peer.sequence += each.skip;
              one.peer.timestamp = (one.peer.timestamp + each.skip * 160 + each.jump) >>> 0;
              one.peer.sendRaw(one.stream.local, 0, one.peer.sequence++, one.peer.timestamp, new Uint8Array(each.length).fill(1));
              one.peer.timestamp += each.length;
              await rig.clock.advance(20);
              break;
            case 'pause':
              await rig.clock.advance(each.frames * 20);
              break;
            case 'bridge':
              one.stream.bridge(two.stream);
              break;
            case 'unbridge':
              two.stream.unbridge();
              break;
            case 'source':
              one.peer.ssrc++;
              break;
            case 'digit':
              await one.peer.press(one.stream.local, '1');
              break;
            case 'prompt':
              void two.stream.play(countingPrompt('p', 480), { interruptible: false }, never).catch(() => undefined);
              break;
          }
        }
        const { received } = two.peer;
        received.slice(1).forEach(({ sequence, ssrc }, index) => {
          // What was lost before us is missing behind us too, and nothing else is.
          const step = (sequence - (received[index]?.sequence ?? 0)) & 0xffff;
          expect(step).toBeGreaterThanOrEqual(1);
          expect(step).toBeLessThanOrEqual(1 + 3);
          expect(ssrc).toBe(received[0]?.ssrc);
        });
        await nothingLeftOf(rig);
      }),
      { numRuns: 60, seed: 4 },
    );
  });
});
