import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { linearOf } from '../../src/telephony/audio/g711.ts';
import { RTP_HEADER_BYTES } from '../../src/telephony/rtp/packet.ts';
import { BRIDGES, measureBareRelays } from './bridge.ts';
import { addedInTurns } from './turns.ts';

const GOING_ON_MS = 1000;
const ROUND_MS = 8000;
const SECOND_SAMPLES = 2 * 8000;
/** A second, and what comes before the next write. */
const ROOM_SAMPLES = SECOND_SAMPLES + 2 * 1600;

const linear = Int16Array.from({ length: 256 }, (_, code) => linearOf('PCMU', code));

/** What is said on both sides of one call, one sample of each in turn, and nothing more: no order, no time, no loss. */
class BareRecording {
  readonly #file: FileHandle;
  /** One is written while the other is filled. */
  readonly #buffers = [new Int16Array(ROOM_SAMPLES), new Int16Array(ROOM_SAMPLES)] as const;
  #current: 0 | 1 = 0;
  readonly #filled: [number, number] = [0, 1];
  #at = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  heard(side: 0 | 1, packet: Uint8Array): void {
    const samples = this.#buffers[this.#current];
    let at = this.#filled[side];
    for (let index = RTP_HEADER_BYTES; index < packet.length; index++, at += 2) samples[at] = linear[packet[index] ?? 0] ?? 0;
    this.#filled[side] = at;
  }

  async write(): Promise<void> {
    const samples = this.#buffers[this.#current];
    const bytes = 2 * Math.min(ROOM_SAMPLES, ...this.#filled);
    this.#current = this.#current === 0 ? 1 : 0;
    this.#filled[0] = 0;
    this.#filled[1] = 1;
    const at = this.#at;
    this.#at += bytes;
    await this.#file.write(new Uint8Array(samples.buffer, 0, bytes), 0, bytes, at);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/**
 * What it adds to the same datagrams between bare sockets, in ms of CPU per call and second, that their audio is decoded where it comes and written each
 * second, with nothing else done: what Node and the system take of a recording. Measured in turns as `measureRecording` is.
 */
export async function measureBareRecording(rounds: number): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ringflow-bench-'));
  let recordings: readonly BareRecording[] = [];
  const timer = setInterval(() => {
    for (const recording of recordings) void recording.write();
  }, 1000);
  const alternate = async (turn: number): Promise<void> => {
    const ended = recordings;
    const names = turn % 2 === 1 ? Array.from({ length: BRIDGES }, (_, index) => join(folder, `${turn}-${index}`)) : [];
    recordings = await Promise.all(names.map(async (name) => new BareRecording(await open(name, 'w'))));
    await pause(GOING_ON_MS);
    await Promise.all(ended.map((one) => one.close()));
  };
  try {
    const heard = (index: number, packet: Uint8Array): void => recordings[index >> 1]?.heard(index % 2 === 0 ? 0 : 1, packet);
    const turns = await measureBareRelays(2 * (rounds + 1), { before: alternate, roundMs: ROUND_MS, heard });
    return addedInTurns(turns);
  } finally {
    clearInterval(timer);
    await Promise.all(recordings.map((one) => one.close()));
    await rm(folder, { recursive: true });
  }
}
