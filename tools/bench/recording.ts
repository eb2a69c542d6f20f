import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MediaStream } from '../../src/telephony/media/media-port.ts';
import { measureBridges } from './bridge.ts';

/**
 * What the recording of both sides, in stereo, adds to a bridged PCMU call and second, in ms of CPU: the difference of two turns, one with and
 * one without, for each round after one to warm up. The far ends run in another process; the disk is that of the temporary folder.
 */
export async function measureRecording(rounds: number): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ringflow-bench-'));
  let files = 0;
  let recording: Promise<unknown>[] = [];
  const start = (stream: MediaStream): Promise<unknown> => stream.recordCall(join(folder, `${files++}.wav`), 'stereo');
  const turns = await measureBridges(2 * (rounds + 1), async (turn, streams) => {
    if (turn % 2 === 1) recording = streams.map(start);
    else {
      for (const stream of streams) stream.controlRecording('stop');
      await Promise.all(recording);
      recording = [];
    }
  }).finally(() => rm(folder, { recursive: true, force: true }));
  const added = turns.flatMap((value, index) => (index % 2 === 0 ? [value - (turns[index + 1] ?? 0)] : []));
  return added.slice(1);
}
