import { describe, expect, it } from 'vitest';
import type { AgreedMedia } from './media-port.ts';
import { StreamWatch } from './stream-watch.ts';

const talking: AgreedMedia = { remote: { address: '10.0.0.2', port: 4000 }, codec: 'PCMU', payloadType: 0, direction: 'sendrecv' };
const held: AgreedMedia = { ...talking, direction: 'sendonly' };
const loud = new Int16Array(160).map((_, index) => (index % 2 === 0 ? 9000 : -9000));

/** A watch over a stream that is agreed on at 0 and answered at 1000. */
function answered(): StreamWatch {
  const watch = new StreamWatch();
  watch.agree(talking, 0);
  watch.answered(1000);
  return watch;
}

describe('what is seen of a stream', () => {
  it('is nothing of what was before the answer, but how many packets came', () => {
    const watch = new StreamWatch();
    watch.agree(held, 0);
    watch.agree(talking, 300);
    watch.sent(50, 310);
    watch.received(320);
    watch.received(720);
    watch.sound(loud);
    watch.dropped('unagreed');
    watch.received(900);
    watch.answered(1000);
    expect(watch.heard).toBe(false);
    expect(watch.end(1500)).toEqual({
      late: 0,
      receivedEarly: 3,
      audible: false,
      sendingMs: 500,
      receivingMs: 500,
      heldMs: 0,
      mutedMs: 0,
      codec: 'PCMU',
      clockRate: 8000,
      expectedFrom: talking.remote,
    });
  });

  it('are the longest gap since the answer, from packet to packet, and how long it was quiet at the end', () => {
    const watch = answered();
    watch.received(1500);
    watch.received(1520);
    watch.received(1920);
    watch.received(1940);
    expect(watch.end(2000)).toMatchObject({ firstReceivedMs: 500, longestGapMs: 400, quietMs: 60, receivingMs: 1000 });
  });

  it('is no quiet time when nothing was ever heard', () => {
    expect(answered().end(2000)).not.toHaveProperty('quietMs');
  });

  it('is silent since the last packet or report, the answer, or the end of a hold', () => {
    const watch = answered();
    expect(watch.silentMs(1500)).toBe(500);
    watch.received(1800);
    expect(watch.silentMs(2000)).toBe(200);
    watch.reported(2500);
    expect(watch.silentMs(2600)).toBe(100);
    watch.agree(held, 3000);
    expect(watch.silentMs(5000)).toBe(2500);
    watch.agree(talking, 6000);
    expect(watch.silentMs(6100)).toBe(100);
  });

  it('counts a frame as late when it leaves more than 10 ms after it was due', () => {
    const watch = answered();
    for (const lateMs of [0, 9, 10, 11, 12]) watch.sent(lateMs, 1100 + lateMs);
    expect(watch.end(2000)).toMatchObject({ late: 2, firstSentMs: 100 });
  });

  it('is no gap while the peer holds the call, and the hold is counted unless it is ours', () => {
    const watch = answered();
    watch.received(1100);
    watch.agree(held, 1200);
    watch.agree({ ...held, weHold: true }, 3200);
    watch.agree(talking, 6200);
    watch.received(6250);
    expect(watch.end(6300)).toMatchObject({ longestGapMs: 50, heldMs: 2000, receivingMs: 300, sendingMs: 5300 });
  });
});

describe('the time in which packets came and none was heard', () => {
  const deafOf = (watch: StreamWatch, nowMs: number) => watch.end(nowMs).deaf;

  it('is the longest of several, with what was dropped in it, and the first of two that are as long', () => {
    const watch = answered();
    for (const [from, to, why] of [
      [1000, 1500, 'refused'],
      [2000, 5000, 'unagreed'],
      [6000, 9000, 'unauthentic'],
      [9500, 9900, 'unencrypted'],
    ] as const) {
      watch.received(from);
      watch.dropped(why);
      watch.dropped(why);
      watch.received(to);
    }
    expect(deafOf(watch, 10_000)).toEqual({
      ms: 3000,
      ended: true,
      dropped: { refused: 0, unagreed: 2, unauthentic: 0, unencrypted: 0 },
    });
  });

  it('ends with a hold, in which nothing is expected and so nothing dropped counts', () => {
    const watch = answered();
    watch.received(2000);
    watch.dropped('refused');
    watch.agree(held, 3000);
    watch.dropped('refused');
    watch.agree(talking, 8000);
    expect(deafOf(watch, 9500)).toEqual({ ms: 1000, ended: true, dropped: { refused: 1, unagreed: 0, unauthentic: 0, unencrypted: 0 } });
  });

  it('begins with the answer when nothing is ever heard', () => {
    const watch = answered();
    watch.dropped('unencrypted');
    expect(deafOf(watch, 3000)).toMatchObject({ ms: 2000, ended: false });
  });

  it('goes on to the end of a call in which nothing is heard any more', () => {
    const watch = answered();
    watch.received(2000);
    watch.dropped('refused');
    expect(deafOf(watch, 9000)).toMatchObject({ ms: 7000, ended: false });
  });
});
