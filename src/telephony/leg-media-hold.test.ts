import { describe, expect, it } from 'vitest';
import { MediaRig } from '../../test/support/media-rig.ts';
import { LegMedia } from './leg-media.ts';
import { diagnose } from './media/diagnose.ts';

const answer = (direction: string): string =>
  ['v=0', 'o=- 9 1 IN IP4 10.0.1.1', 's=-', 'c=IN IP4 10.0.1.1', 't=0 0', 'm=audio 4000 RTP/AVP 0', `a=${direction}`, ''].join('\r\n');

/** What is said of half a minute after the last of these answers; `holds` is what our offers say. */
async function problemsAfter(exchanges: readonly { readonly holds: boolean; readonly answer: string }[]) {
  const rig = new MediaRig();
  const stream = await rig.open();
  const { address, port } = stream.local;
  const media = new LegMedia(stream, { address, port, sessionId: '7', version: 1, codecs: ['PCMU'], telephoneEvent: 101 });
  for (const { holds, answer } of exchanges) {
    media.offer(holds);
    expect(media.answered(answer)).toBe(true);
  }
  stream.answered();
  await rig.clock.advance(30_000);
  const problems = diagnose(await stream.close()).map(({ problem }) => problem);
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
