import { describe, expect, it } from 'vitest';
import { RecordingTimeline } from './recording-timeline.ts';

const SILENT = 0;

/** Samples that are no silence, a different value for each number. */
const loud = (number: number, length: number): Int16Array => new Int16Array(length).fill(1 + number);
const frame = (number: number): Int16Array => loud(number, 160);

/** Takes whole frames out and names each by the number of what was put in; 'mixed' when its samples differ. */
function takeFrames(timeline: RecordingTimeline, count: number): (number | 'silent' | 'mixed')[] {
  return Array.from({ length: count }, () => {
    const samples = timeline.take();
    if (new Set(samples).size !== 1) return 'mixed';
    return samples[0] === SILENT ? 'silent' : (samples[0] ?? 0) - 1;
  });
}

describe('RecordingTimeline', () => {
  it('puts packets in the order of their timestamps, and silence where none came', () => {
    const timeline = new RecordingTimeline();
    for (const number of [0, 2, 1, 5]) timeline.put(frame(number), 1000 + number * 160, number !== 1, number * 160);
    expect(takeFrames(timeline, 7)).toEqual([0, 1, 2, 'silent', 'silent', 5, 'silent']);
  });

  it('places the first packet at the time it came', () => {
    const timeline = new RecordingTimeline();
    timeline.put(frame(3), 0xffff_ff00, true, 320);
    timeline.put(frame(4), 0xffff_ff00 + 160 - 2 ** 32, true, 480);
    expect(takeFrames(timeline, 4)).toEqual(['silent', 'silent', 3, 4]);
  });

  it('goes on over the wrap of the timestamp', () => {
    const timeline = new RecordingTimeline();
    for (let number = 0; number < 6; number++) timeline.put(frame(number), (0xffff_fe00 + number * 160) >>> 0, true, number * 160);
    expect(takeFrames(timeline, 6)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('takes packets of other lengths', () => {
    const timeline = new RecordingTimeline();
    timeline.put(loud(1, 240), 0, true, 0);
    timeline.put(loud(1, 240), 240, true, 240);
    timeline.put(loud(2, 80), 480, true, 480);
    timeline.put(loud(2, 80), 560, true, 560);
    expect(takeFrames(timeline, 4)).toEqual([1, 1, 1, 2]);
  });

  it('drops what comes after its place was taken', () => {
    const timeline = new RecordingTimeline();
    timeline.put(frame(0), 0, true, 0);
    takeFrames(timeline, 5);
    timeline.put(frame(1), 160, false, 800);
    timeline.put(frame(6), 6 * 160, true, 960);
    expect(takeFrames(timeline, 3)).toEqual(['silent', 6, 'silent']);
  });

  it('ties timestamps that jump to the time of arrival', () => {
    for (const jump of [1_000_000, -1_000_000]) {
      const timeline = new RecordingTimeline();
      timeline.put(frame(0), 5_000_000, true, 0);
      for (let number = 1; number < 40; number++) {
        takeFrames(timeline, 1);
        timeline.put(frame(number), 5_000_000 + jump + number * 160, true, number * 160);
      }
      expect(takeFrames(timeline, 1)).toEqual([39]);
    }
  });

  it('begins anew with another source', () => {
    const timeline = new RecordingTimeline();
    timeline.put(frame(0), 0, true, 0);
    timeline.restart();
    timeline.put(frame(1), 3_000_000_000, true, 160);
    expect(takeFrames(timeline, 2)).toEqual([0, 1]);
  });

  it('ignores more than a packet could hold, and empty ones', () => {
    const timeline = new RecordingTimeline();
    timeline.put(loud(1, 60_000), 0, true, 0);
    timeline.put(new Int16Array(0), 0, true, 0);
    expect(takeFrames(timeline, 1)).toEqual(['silent']);
  });

  it('takes fewer samples than a frame', () => {
    const timeline = new RecordingTimeline();
    timeline.put(loud(7, 160), 0, true, 0);
    expect(timeline.take(10)).toHaveLength(10);
    expect(timeline.taken).toBe(10);
    expect([...timeline.take(150)]).toEqual(Array(150).fill(8));
  });

  it('has nothing of what another had when it was closed, which takes and gives nothing any more', () => {
    const before = new RecordingTimeline();
    for (let number = 0; number < 20; number++) before.put(frame(number), number * 160, true, number * 160);
    before.close();
    const after = [new RecordingTimeline(), new RecordingTimeline()];
    before.put(frame(1), 20 * 160, true, 20 * 160);
    for (const timeline of after) expect(takeFrames(timeline, 30)).toEqual(Array(30).fill('silent'));
  });

  it('is taken out in turn with another, over the end of its memory, and dropped', () => {
    const [left, right] = [new RecordingTimeline(), new RecordingTimeline()];
    const both = new Int16Array(2 * 1600 + 2);
    for (let number = 0; number < 300; number++) {
      left.put(frame(number), number * 160, true, number * 160);
      right.put(frame(1000 + number), number * 160, true, number * 160);
      if (number % 10 < 9) continue;
      const place = number % 100 < 50 ? 1600 : 0;
      if (place === 0) {
        left.drop(1600);
        right.drop(1600);
        continue;
      }
      left.interleaveTo(both, 2, right, place);
      const expected = Array.from({ length: 1600 }, (_, at) => [number - 8 + Math.floor(at / 160), 992 + number + Math.floor(at / 160)]);
      expect([...both.subarray(2)]).toEqual(expected.flat());
    }
    expect([left.taken, right.taken]).toEqual([48_000, 48_000]);
  });
});
