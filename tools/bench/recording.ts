import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { MediaStream } from '../../src/telephony/media/media-port.ts';
import { measureBridges } from './bridge.ts';
import { addedInTurns } from './turns.ts';

/** After the start of recordings their files are open, and later still their memory is cleared away that is not used any more. */
const SETTLED_MS = 300;
const GOING_ON_MS = 1000;
/** Long enough that the beginning leaves no trace. */
const ROUND_MS = 8000;

/**
 * What the recording of both sides, in stereo, adds to a bridged PCMU call and second while it goes on, in ms of CPU: what turns
 * with it cost beside those without, for each round after one to warm up. The far ends run in another process; the disk is that of the temporary folder.
 */
export async function measureRecording(rounds: number): Promise<number[]> {
  return inFolder(async (startIn) => {
    let recording: Promise<unknown>[] = [];
    const alternate = async (turn: number, streams: readonly MediaStream[]): Promise<void> => {
      if (turn % 2 === 1) {
        recording = streams.map(startIn);
      } else {
        await stop(streams, recording);
        recording = [];
      }
      await pause(GOING_ON_MS);
    };
    const turns = await measureBridges(2 * (rounds + 1), { before: alternate, roundMs: ROUND_MS });
    return addedInTurns(turns);
  });
}

/** What it costs once, in ms of CPU, that such a recording begins and ends, with its file: the difference of two turns in the same way. */
export async function measureRecordingOnce(rounds: number): Promise<number[]> {
  return inFolder(async (startIn) => {
    const once: number[] = [];
    const startAndStop = async (_: number, streams: readonly MediaStream[]): Promise<void> => {
      const before = process.cpuUsage();
      const startMs = performance.now();
      await pause(SETTLED_MS);
      const idle = process.cpuUsage(before);
      const idleMs = performance.now() - startMs;
      const begun = process.cpuUsage();
      const begunMs = performance.now();
      await stop(streams, streams.map(startIn));
      await pause(SETTLED_MS);
      const { user, system } = process.cpuUsage(begun);
      const calls = ((idle.user + idle.system) / idleMs) * (performance.now() - begunMs);
      once.push((user + system - calls) / 1000 / streams.length);
    };
    await measureBridges(rounds + 1, { before: startAndStop });
    return once.slice(1);
  });
}

async function inFolder<T>(measure: (startIn: (stream: MediaStream) => Promise<unknown>) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ringflow-bench-'));
  let files = 0;
  try {
    return await measure((stream) => stream.recordCall(join(folder, `${files++}.wav`), 'stereo'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function stop(streams: readonly MediaStream[], recording: readonly Promise<unknown>[]): Promise<void> {
  for (const stream of streams) stream.controlRecording('stop');
  await Promise.all(recording);
}
