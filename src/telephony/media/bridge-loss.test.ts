import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bridgedCalls, nothingLeftOf } from '../../../test/support/bridged-calls.ts';
import { agreedWith, countingPrompt, type ReceivedPacket, TELEPHONE_EVENT } from '../../../test/support/media-rig.ts';
import { silenceByte } from '../audio/g711.ts';
import type { AgreedMedia } from './media-port.ts';

const never = new AbortController().signal;
const COMFORT_NOISE = 13;

const isSilent = ({ payload }: ReceivedPacket): boolean => payload.every((code) => code === silenceByte.PCMU);

/** Two calls that are up and bridged; the left side has begun to speak. */
async function bridged(right: Partial<AgreedMedia> = {}) {
  const accepts = [
    { payloadType: 0, codec: 'PCMU' },
    { payloadType: 8, codec: 'PCMA' },
  ] as const;
  const { rig, one, two } = await bridgedCalls({ accepts }, right);
  await one.peer.speak(one.stream.local, 100, 1);
  two.peer.received.length = 0;
  /** The left side's packets of these places, one every 20 ms. */
  const send = async (places: readonly number[]): Promise<void> => {
    for (const place of places) {
      const { sequence, timestamp } = one.peer;
      one.peer.sendRaw(one.stream.local, 0, sequence + place, timestamp + place * 160, new Uint8Array(160).fill(10 + place));
      await rig.clock.advance(20);
    }
  };
  return { rig, one, two, send };
}

/** What each packet says, and where it stands after the first one, by its number and by its timestamp in frames. */
function placesOf(packets: readonly ReceivedPacket[]): [code: number | undefined, sequence: number, frames: number][] {
  const first = packets[0];
  return packets.map(({ payload, sequence, timestamp }) => [
    payload[0],
    (((sequence - (first?.sequence ?? 0)) & 0xffff) << 16) >> 16,
    ((timestamp - (first?.timestamp ?? 0)) | 0) / 160,
  ]);
}

describe('what comes to a bridge with losses and out of order', () => {
  it('is passed on with both: a loss is a loss behind it too, and what comes late has its place', async () => {
    const { rig, two, send } = await bridged();
    await send([0, 1, 3, 2, 4, 6, 7]);
    expect(placesOf(two.peer.received)).toEqual([
      [10, 0, 0],
      [11, 1, 1],
      [13, 3, 3],
      [12, 2, 2],
      [14, 4, 4],
      [16, 6, 6],
      [17, 7, 7],
    ]);
    expect(two.peer.received.some(({ marker }) => marker)).toBe(false);
    await nothingLeftOf(rig);
  });

  it('is not passed on when it comes after audio of ours has taken its number', async () => {
    const { rig, one, two, send } = await bridged();
    await send([0, 1]);
    const played = two.stream.play(countingPrompt('x', 160), { interruptible: false }, never);
    await rig.clock.advance(40);
    await played;
    await send([4, 3, 2, 5]);
    const numbers = two.peer.received.map(({ sequence }) => sequence);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(two.peer.received.filter((packet) => !isSilent(packet)).map(({ payload }) => payload[0])).toEqual([10, 11, 0, 14, 15]);
    await one.stream.close();
    await nothingLeftOf(rig);
  });

  it.each([
    ['comfort noise', COMFORT_NOISE],
    ['a digit that the other phone cannot take', TELEPHONE_EVENT],
  ])('has no loss where the other side sent %s', async (_, payloadType) => {
    const { rig, one, two, send } = await bridged();
    const { telephoneEvent: _taken, ...withoutDigits } = agreedWith(two.peer);
    two.stream.start(withoutDigits);
    await send([0, 1]);
    const { sequence, timestamp } = one.peer;
    one.peer.sendRaw(one.stream.local, payloadType, sequence + 2, timestamp + 320, new Uint8Array([5, 0x0a, 0, 160]));
    await rig.clock.advance(20);
    await send([3, 5]);
    expect(placesOf(two.peer.received)).toEqual([
      [10, 0, 0],
      [11, 1, 1],
      [13, 2, 3],
      [15, 4, 5],
    ]);
    await nothingLeftOf(rig);
  });

  it.each([
    ['comfort noise', COMFORT_NOISE],
    ['a digit', TELEPHONE_EVENT],
  ])('keeps its numbers when %s comes late: a place is left out at its time only', async (_, payloadType) => {
    const { rig, one, two, send } = await bridged();
    const { telephoneEvent: _taken, ...withoutDigits } = agreedWith(two.peer);
    two.stream.start(withoutDigits);
    await send([0, 1, 3]);
    const { sequence, timestamp } = one.peer;
    one.peer.sendRaw(one.stream.local, payloadType, sequence + 2, timestamp + 320, new Uint8Array([5, 0x0a, 0, 160]));
    await send([4, 5]);
    expect(placesOf(two.peer.received)).toEqual([
      [10, 0, 0],
      [11, 1, 1],
      [13, 3, 3],
      [14, 4, 4],
      [15, 5, 5],
    ]);
    await nothingLeftOf(rig);
  });

  it('is passed on once, though it comes twice', async () => {
    const { rig, two, send } = await bridged();
    await send([0, 1, 1, 0, 2]);
    expect(placesOf(two.peer.received).map(([code, sequence]) => [code, sequence])).toEqual([
      [10, 0],
      [11, 1],
      [12, 2],
    ]);
    await nothingLeftOf(rig);
  });

  it('is not passed on either when it is the first that comes after audio of ours', async () => {
    const { rig, two, send } = await bridged();
    await send([0, 1, 3]);
    const played = two.stream.play(countingPrompt('x', 160), { interruptible: false }, never);
    await rig.clock.advance(40);
    await played;
    await send([2, 4]);
    expect(two.peer.received.filter((packet) => !isSilent(packet)).map(({ payload }) => payload[0])).toEqual([10, 11, 13, 0, 14]);
    await nothingLeftOf(rig);
  });

  it('does not keep silence away when it is late: only the newest shows that the other side speaks', async () => {
    const { rig, two, send } = await bridged();
    await send([0, 1, 3]);
    await rig.clock.advance(60);
    await send([2]);
    await rig.clock.advance(40);
    expect(two.peer.received.filter(isSilent).length).toBeGreaterThan(0);
    await nothingLeftOf(rig);
  });

  it('goes on without a gap when the other side begins its numbers anew', async () => {
    const { rig, one, two, send } = await bridged();
    await send([0, 1]);
    one.peer.sequence += 20_000;
    await send([2, 3, 4]);
    expect(placesOf(two.peer.received).map(([code, sequence]) => [code, sequence])).toEqual([
      [10, 0],
      [11, 1],
      [13, 2],
      [14, 3],
    ]);
    await nothingLeftOf(rig);
  });

  it.each([
    ['of the same codec', {}],
    ['of another codec', { codec: 'PCMA', payloadType: 8 }],
    ['of a codec that remembers', { codec: 'G722', payloadType: 9 }],
  ] as const)('never has two packets with one number, whatever comes and whatever we send, to a side %s', async (_, right) => {
    const step = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          kind: fc.constant('audio' as const),
          ahead: fc.integer({ min: -6, max: 6 }),
          payloadType: fc.constantFrom(0, 0, 0, 8),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constantFrom('noise' as const, 'event' as const), ahead: fc.integer({ min: -3, max: 4 }) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('jump' as const), by: fc.constantFrom(2500, 2999, 3001, 20_000, -90, -150, -30_000) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('pause' as const), frames: fc.integer({ min: 1, max: 8 }) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constantFrom('prompt' as const, 'digits' as const, 'source' as const, 'rebridge' as const, 'late' as const),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { rig, one, two } = await bridged(right);
        let at = 0;
        for (const each of steps) {
          switch (each.kind) {
            case 'audio':
            case 'noise':
            case 'event': {
              at += each.ahead;
              const payloadType = each.kind === 'audio' ? each.payloadType : each.kind === 'noise' ? COMFORT_NOISE : TELEPHONE_EVENT;
              const payload = each.kind === 'audio' ? new Uint8Array(160).fill(1) : new Uint8Array([5, 0x0a, 0, 160]);
              one.peer.sendRaw(one.stream.local, payloadType, one.peer.sequence + at, one.peer.timestamp + at * 160, payload);
              await rig.clock.advance(10);
              break;
            }
            case 'jump':
              at += each.by;
              break;
            case 'pause':
              await rig.clock.advance(each.frames * 20);
              break;
            case 'prompt':
              void two.stream.play(countingPrompt('p', 320), { interruptible: false }, never).catch(() => undefined);
              break;
            case 'digits':
              void two.stream.sendDigits('1', never).catch(() => undefined);
              break;
            case 'source':
              one.peer.ssrc++;
              break;
            case 'rebridge':
              two.stream.unbridge();
              one.stream.bridge(two.stream);
              break;
            case 'late':
              two.stream.skip(3);
              break;
          }
        }
        let turns = 0;
        let highest = two.peer.received[0]?.sequence ?? 0;
        const numbers = two.peer.received.map(({ sequence }) => {
          const ahead = (((sequence - highest) & 0xffff) << 16) >> 16;
          if (ahead > 0) {
            if (sequence < highest) turns++;
            highest = sequence;
          }
          return (ahead < 0 && sequence > highest ? turns - 1 : turns) * 0x1_0000 + sequence;
        });
        expect(new Set(numbers).size).toBe(numbers.length);
        await nothingLeftOf(rig);
      }),
      { numRuns: 150, seed: 8 },
    );
  });
});
