import { describe, expect, it } from 'vitest';
import { MediaRig } from '../../test/support/media-rig.ts';
import { LegMedia } from './leg-media.ts';
import { diagnose } from './media/diagnose.ts';

const answer = (direction: string): string =>
  ['v=0', 'o=- 9 1 IN IP4 10.0.1.1', 's=-', 'c=IN IP4 10.0.1.1', 't=0 0', 'm=audio 4000 RTP/AVP 0', `a=${direction}`, ''].join('\r\n');

/**
 * What is said of half a minute after the last of these answers, in which the peer speaks if `speaks`; `holds` is what our offers say, and
 * `lastsMs` how long each answer but the last holds.
 */
async function problemsAfter(
  exchanges: readonly { readonly holds: boolean; readonly answer: string; readonly lastsMs?: number }[],
  speaks = false,
) {
  const rig = new MediaRig();
  const peer = rig.peer({ address: '10.0.1.1', port: 4000 });
  const stream = await rig.open();
  const { address, port } = stream.local;
  const media = new LegMedia(stream, { address, port, sessionId: '7', version: 1, codecs: ['PCMU'], telephoneEvent: 101 });
  const passes = (durationMs: number) => (speaks ? peer.speak(stream.local, durationMs, 0x10) : rig.clock.advance(durationMs));
  for (const [nth, { holds, answer, lastsMs = 0 }] of exchanges.entries()) {
    media.offer(holds);
    expect(media.answered(answer)).toBe(true);
    if (nth === 0) stream.answered();
    await passes(lastsMs);
  }
  await passes(30_000);
  const problems = diagnose(await stream.close()).map(({ problem }) => problem);
  peer.close();
  await rig.media.close();
  await rig.clock.advance(0);
  expect([rig.clock.pendingTimers, rig.media.openStreams, rig.network.openPorts]).toEqual([0, 0, 0]);
  return problems;
}

describe('the report of a call that is on hold from its answer on', () => {
  it.each(['recvonly', 'inactive'])('says so when the answer of the other side is %s', async (direction) => {
    expect(await problemsAfter([{ holds: false, answer: answer(direction) }])).toEqual(['HeldThroughout']);
  });

  it('does not when it is we who hold it', async () => {
    expect(await problemsAfter([{ holds: true, answer: answer('recvonly') }])).toEqual([]);
  });

  it('does when the other side does not let audio through after our hold', async () => {
    const exchanges = [
      { holds: true, answer: answer('recvonly') },
      { holds: false, answer: answer('inactive') },
    ];
    expect(await problemsAfter(exchanges)).toEqual(['HeldThroughout']);
  });
});

describe('the report of a call whose other side speaks and lets nobody speak to it', () => {
  it('says so when its answer is sendonly and stays so', async () => {
    expect(await problemsAfter([{ holds: false, answer: answer('sendonly') }], true)).toEqual(['HeldThroughout']);
  });

  it('does when it was inactive at first', async () => {
    const exchanges = [
      { holds: false, answer: answer('inactive'), lastsMs: 3000 },
      { holds: false, answer: answer('sendonly') },
    ];
    expect(await problemsAfter(exchanges, true)).toEqual(['HeldThroughout', 'LateStart']);
  });

  it('does not when it takes audio after a while, or did before', async () => {
    const exchanges = [
      { holds: false, answer: answer('sendonly'), lastsMs: 10_000 },
      { holds: false, answer: answer('sendrecv'), lastsMs: 3_000 },
    ];
    expect(await problemsAfter(exchanges, true)).toEqual([]);
    expect(await problemsAfter(exchanges.toReversed(), true)).toEqual([]);
  });

  it('does not when it is we who hold it', async () => {
    expect(await problemsAfter([{ holds: true, answer: answer('inactive') }], true)).toEqual([]);
  });
});
