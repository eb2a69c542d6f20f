import { describe, expect, it } from 'vitest';
import { bridgedCalls, nothingLeftOf } from '../../../test/support/bridged-calls.ts';
import { countingPrompt, type ReceivedPacket } from '../../../test/support/media-rig.ts';
import { sentWhile } from '../../../test/support/sent-while.ts';
import { silenceByte } from '../audio/g711.ts';

const never = new AbortController().signal;
const SAMPLES_PER_MS = 8;

const isSilent = ({ payload }: ReceivedPacket): boolean => payload.every((code) => code === silenceByte.PCMU);

/** From the first of the packets to the last, by the clock of the one who hears them and by their timestamps. */
function spans(packets: readonly ReceivedPacket[]): { elapsedMs: number; stampedMs: number } {
  const [first, last] = [packets[0], packets.at(-1)];
  if (!first || !last) throw new Error('nothing was heard');
  return { elapsedMs: last.atMs - first.atMs, stampedMs: ((last.timestamp - first.timestamp) >>> 0) / SAMPLES_PER_MS };
}

/** Two calls that are up and bridged, in silence since a moment. */
async function bridged(left = {}, right = {}) {
  const { rig, one, two } = await bridgedCalls(left, right);
  await rig.clock.advance(200);
  two.peer.received.length = 0;
  /** The left side speaks, and then sends nothing, as telephones do that leave silence out. */
  const speakAndPause = async (speakMs: number, pauseMs: number, code: number): Promise<void> => {
    await one.peer.speak(one.stream.local, speakMs, code);
    await rig.clock.advance(pauseMs);
    one.peer.timestamp += pauseMs * SAMPLES_PER_MS;
  };
  return { rig, one, two, speakAndPause };
}

describe('the time of what a bridge sends', () => {
  it.each([
    ['of the same codec', {}],
    ['of another codec', { codec: 'PCMA', payloadType: 8 }],
  ])('does not fall behind when the other side, %s, leaves its silence out', async (_, left) => {
    const { rig, two, one, speakAndPause } = await bridged(left);
    await rig.clock.advance(60);
    for (let spurt = 0; spurt < 25; spurt++) {
      await one.peer.speak(one.stream.local, 200, 1, 'payloadType' in left ? 8 : 0);
      await speakAndPause(0, 300, 1);
    }
    const quiet = two.peer.received.filter(isSilent);
    const { elapsedMs, stampedMs } = spans(quiet);
    expect(elapsedMs).toBeGreaterThan(12_000);
    expect(stampedMs).toBe(elapsedMs);
    await nothingLeftOf(rig);
  });

  it('does not fall behind in pauses shorter than its patience that a prompt or a digit of ours ends', async () => {
    const { rig, one, two, speakAndPause } = await bridged();
    await rig.clock.advance(60);
    for (let round = 0; round < 20; round++) {
      await speakAndPause(100, 90, 1);
      const played = two.stream.play(countingPrompt('x', 320), { interruptible: false }, never);
      await rig.clock.advance(60);
      await played;
      await speakAndPause(100, 70, 1);
      const pressed = two.stream.sendDigits('5', never);
      await rig.clock.advance(400);
      await pressed;
      one.peer.timestamp += 460 * SAMPLES_PER_MS;
    }
    await rig.clock.advance(200);
    const quiet = two.peer.received.filter((packet) => packet.payloadType === 0 && isSilent(packet));
    const { elapsedMs, stampedMs } = spans(quiet);
    expect(stampedMs).toBe(elapsedMs);
    await nothingLeftOf(rig);
  });

  it('does not run away when packets come now late and now early', async () => {
    const { rig, one, two } = await bridged();
    await rig.clock.advance(60);
    for (let spurt = 0; spurt < 50; spurt++) {
      // The first comes up to 60 ms late, the others in time.
      const lateMs = (spurt * 37) % 61;
      await rig.clock.advance(lateMs);
      for (let dueMs = 0; dueMs < lateMs; dueMs += 20) one.peer.sendAudio(one.stream.local, 1);
      await rig.clock.advance((20 - (lateMs % 20)) % 20);
      await one.peer.speak(one.stream.local, 200, 1);
      await rig.clock.advance(300);
      one.peer.timestamp += 300 * SAMPLES_PER_MS;
    }
    const { elapsedMs, stampedMs } = spans(two.peer.received.filter(isSilent));
    expect(stampedMs).toBe(elapsedMs);
    await nothingLeftOf(rig);
  });

  it('goes on when the clock was held up while the other side spoke', async () => {
    const { rig, one, two } = await bridged();
    await one.peer.speak(one.stream.local, 200, 1);
    const held = two.peer.received.length;
    two.stream.skip(5);
    await one.peer.speak(one.stream.local, 200, 1);
    const after = two.peer.received.slice(held - 1);
    const steps = after.slice(1).map(({ timestamp }, index) => (timestamp - (after[index]?.timestamp ?? 0)) >>> 0);
    expect(new Set(steps)).toEqual(new Set([160]));
    await nothingLeftOf(rig);
  });

  it('lets a recording of the call keep every talk spurt whole', async () => {
    const world = await bridged();
    const sent = await sentWhile(world.two.stream, async () => {
      for (let spurt = 0; spurt < 12; spurt++) await world.speakAndPause(400, 300, 0x90);
    });
    for (let spurt = 0; spurt < 12; spurt++) {
      const from = spurt * 700 * SAMPLES_PER_MS;
      const loud = sent.subarray(from, from + 700 * SAMPLES_PER_MS).filter((sample) => Math.abs(sample) > 1000).length;
      expect(loud / SAMPLES_PER_MS).toBe(400);
    }
    await nothingLeftOf(world.rig);
  });

  it.each([
    [
      'a prompt and then the other side',
      async ({ rig, one, two }: Awaited<ReturnType<typeof bridged>>) => {
        const prompt = countingPrompt('x', 1600);
        new Uint8Array(prompt.pcmu).fill(0x90);
        const played = two.stream.play(prompt, { interruptible: false }, never);
        await one.peer.speak(one.stream.local, 600, 0xa0);
        await played;
        await rig.clock.advance(40);
      },
    ],
    [
      'the other side and then a prompt',
      async ({ rig, one, two }: Awaited<ReturnType<typeof bridged>>) => {
        await one.peer.speak(one.stream.local, 600, 0xa0);
        const prompt = countingPrompt('x', 1600);
        new Uint8Array(prompt.pcmu).fill(0x90);
        const played = two.stream.play(prompt, { interruptible: false }, never);
        await rig.clock.advance(300);
        await played;
      },
    ],
  ])('has %s follow each other in a recording as they were sent', async (_, during) => {
    const world = await bridged();
    const sent = await sentWhile(world.two.stream, () => during(world));
    const codes = new Map<number, number>();
    for (const sample of sent) codes.set(sample, (codes.get(sample) ?? 0) + 1);
    const heard = new Map<number, number>();
    for (const packet of world.two.peer.received) heard.set(packet.payload[0] ?? 0, (heard.get(packet.payload[0] ?? 0) ?? 0) + 160);
    const loud = [...codes].filter(([sample]) => sample !== 0).map(([, count]) => count);
    expect(loud.sort()).toEqual([heard.get(0x90), heard.get(0xa0)].sort());
    await nothingLeftOf(world.rig);
  });
});
