import { describe, expect, it } from 'vitest';
import { agreedWith, MediaRig } from '../../../test/support/media-rig.ts';
import { diagnose, isOneWay } from './diagnose.ts';
import type { MediaReport } from './media-report.ts';

const problemsOf = (report: MediaReport) => diagnose(report).map(({ problem }) => problem);

/** A stream that was started by the SDP of a 183, and what came while it rang. */
async function ringing(ringMs: number, code?: number) {
  const rig = new MediaRig();
  const { stream, peer } = await rig.call();
  if (code === undefined) await rig.clock.advance(ringMs);
  else await peer.speak(stream.local, ringMs, code);
  stream.start(agreedWith(peer));
  stream.answered();
  return { rig, stream, peer };
}

describe('the report of a call with early media', () => {
  it('counts from the answer when nothing came before it', async () => {
    const { rig, stream, peer } = await ringing(8_000);
    await rig.clock.advance(40);
    await peer.speak(stream.local, 6_000, 0x10);
    const report = await stream.close();
    expect(report).toMatchObject({ receivedEarly: 0, firstReceivedMs: 40, sendingMs: 6_040, receivingMs: 6_040, longestGapMs: 20 });
    expect(report.firstSentMs).toBeLessThanOrEqual(20);
    expect(problemsOf(report)).toEqual([]);
    await rig.media.close();
    await rig.clock.advance(0);
    expect([rig.network.openPorts, rig.clock.pendingTimers]).toEqual([1, 0]);
  });

  it('has nothing to say of a call that is hung up right after the answer', async () => {
    const { rig, stream } = await ringing(8_000);
    await rig.clock.advance(300);
    const report = await stream.close();
    expect([problemsOf(report), isOneWay(report)]).toEqual([[], false]);
    await rig.media.close();
  });

  it('tells of silence after the answer, whatever was heard before', async () => {
    const { rig, stream, peer } = await ringing(4_000, 0x10);
    await peer.speak(stream.local, 20_000, 0xff);
    const report = await stream.close();
    expect(report).toMatchObject({ received: 1_200, receivedEarly: 200, audible: false });
    expect(problemsOf(report)).toEqual(['OnlySilence']);
    await rig.media.close();
  });

  it('tells that nothing came after the answer, though audio came before it', async () => {
    const { rig, stream } = await ringing(4_000, 0x10);
    await rig.clock.advance(20_000);
    const report = await stream.close();
    expect(isOneWay(report)).toBe(true);
    expect(diagnose(report)).toMatchObject([
      { problem: 'NothingReceived', advice: expect.stringMatching(/^Audio came while it rang, and none.*RINGFLOW_RTP_PORTS/) },
    ]);
    await rig.media.close();
  });

  it('still tells of audio that begins long after the answer', async () => {
    const { rig, stream, peer } = await ringing(4_000, 0x10);
    await rig.clock.advance(2_500);
    await peer.speak(stream.local, 4_000, 0x10);
    const report = await stream.close();
    expect(report).toMatchObject({ firstReceivedMs: 2_500 });
    expect(problemsOf(report)).toEqual(['LateStart']);
    await rig.media.close();
  });
});
