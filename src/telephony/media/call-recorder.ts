import { SampleTimestamps } from '../rtp/sample-timestamps.ts';
import { DecodedAudio } from './decoded-audio.ts';
import { FRAME_MS, FRAME_SAMPLES } from './frame-clock.ts';
import { type AudioCodec, type CallRecorded, clockRates, type RecordingLayout } from './media-port.ts';
import { PacketRun } from './packet-run.ts';
import { RecordingFile } from './recording-file.ts';
import { type RecordedAudio, RecordingWindow } from './recording-window.ts';

const SAMPLES_PER_MS = FRAME_SAMPLES / FRAME_MS;
/** Until then everything has come out of the jitter buffer. */
const REORDER_SAMPLES = 240 * SAMPLES_PER_MS;
/** What is taken in one go. */
const TAKEN_SAMPLES = 10 * FRAME_SAMPLES;
/** A WAV file of two channels could hold a day and a half. */
const LONGEST_MS = 24 * 3_600_000;

/** The sides, as the channels of a stereo file. */
const SENT = 0;
const HEARD = 1;

/** Both sides of one call in one WAV file: in stereo, on the left what we send, on the right what we hear. */
export class CallRecorder {
  /** Packets that were sent and wait to be put in. It stands first, since each packet needs it and nothing else. */
  readonly #run = new PacketRun();
  readonly #path: string;
  readonly #startMs: number;
  readonly #file: RecordingFile;
  readonly #audio: RecordingWindow;
  readonly #timestamps = new SampleTimestamps();
  readonly #decoded = new DecodedAudio();
  /** Where pauses begin and end, in turn: positions that nothing was taken out beyond. */
  readonly #edges: number[] = [];
  #paused = false;
  /** Whether what is taken out now goes into the file. */
  #keeping = true;
  /** Resolves when the file is complete, after `end`. Rejects with the error of the disk, as soon as there is one. */
  readonly recorded: Promise<CallRecorded>;
  #complete: (recorded: Promise<CallRecorded>) => void = () => {};
  #ended = false;

  /** Begins at `startMs`. */
  constructor(path: string, layout: RecordingLayout, startMs: number) {
    this.#path = path;
    this.#startMs = startMs;
    this.#file = new RecordingFile(path, layout === 'stereo' ? 2 : 1, (error) => this.#fail(error));
    this.#audio = new RecordingWindow(this.#file, 2);
    this.recorded = new Promise((resolve) => {
      this.#complete = resolve;
    });
  }

  /** A frame of audio was sent, encoded in `codec`: its samples, which may be used again afterwards, and its RTP timestamp. */
  sent(codec: AudioCodec, samples: Int16Array, timestamp: number, nowMs: number): void {
    this.#catchUp();
    this.#putSent(codec, samples, timestamp, nowMs);
  }

  /** A packet of audio was sent: its payload, likewise. */
  sentPacket(codec: AudioCodec, payload: Uint8Array, timestamp: number, nowMs: number): void {
    if (this.#run.add(codec, payload, 0, timestamp, nowMs)) return;
    this.#catchUp();
    if (this.#run.begin(codec, payload, 0, timestamp, nowMs)) return;
    this.#decoded.take(codec, payload);
    this.#putSent(codec, this.#decoded.samples(), timestamp, nowMs);
  }

  /** Audio came at `arrivalMs`, likewise; its timestamp counts samples of the sender. */
  heard(audio: RecordedAudio, timestamp: number, arrivalMs: number): void {
    this.#audio.put(HEARD, audio, timestamp, this.#positionAt(arrivalMs));
  }

  /** The timestamps of the peer begin anew. */
  restart(): void {
    this.#audio.restart(HEARD);
  }

  /** What is said from now on is left out of the file, which goes on without a gap after `resume`. Idempotent. */
  pause(nowMs: number): void {
    this.#setPaused(true, nowMs);
  }

  /** Ends a pause. Idempotent. */
  resume(nowMs: number): void {
    this.#setPaused(false, nowMs);
  }

  /** Writes what belongs in the file. To be called about once per second. */
  write(): void {
    this.#audio.write();
  }

  /** Time has passed: takes audio that nothing can come before any more. */
  tick(nowMs: number): void {
    const until = this.#positionAt(nowMs) - REORDER_SAMPLES;
    if (this.#audio.taken + TAKEN_SAMPLES <= until) this.#catchUp();
    while (this.#audio.taken + TAKEN_SAMPLES <= until) this.#take(TAKEN_SAMPLES);
  }

  /** Ends the recording at `nowMs`: when `last` resolves, what came until then has been handed in. Idempotent. */
  end(nowMs: number, last?: Promise<void>): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#complete(last === undefined ? this.#finish(nowMs) : last.then(() => this.#finish(nowMs)));
  }

  async #finish(nowMs: number): Promise<CallRecorded> {
    this.#catchUp();
    this.#decoded.close();
    const until = this.#positionAt(nowMs);
    while (this.#audio.taken < until) this.#take(Math.min(TAKEN_SAMPLES, until - this.#audio.taken));
    this.#audio.close();
    const { samples } = this.#file;
    const bytes = await this.#file.finish(samples);
    const lostMs = Math.round(this.#file.lost / SAMPLES_PER_MS);
    return { path: this.#path, durationMs: Math.round(samples / SAMPLES_PER_MS), bytes, ...(lostMs > 0 && { lostMs }) };
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#run.clear();
    this.#decoded.close();
    this.#complete(Promise.reject(error));
  }

  #catchUp(): void {
    const run = this.#run;
    if (run.isEmpty) return;
    this.#putSent(run.codec, run, run.timestamp, run.firstMs);
    run.clear();
  }

  #putSent(codec: AudioCodec, audio: RecordedAudio, timestamp: number, nowMs: number): void {
    this.#audio.put(SENT, audio, this.#timestamps.of(timestamp, clockRates[codec]), this.#positionAt(nowMs));
  }

  #setPaused(paused: boolean, nowMs: number): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    this.#edges.push(this.#positionAt(nowMs));
  }

  /** Takes out as many samples, and keeps those that are not in a pause. */
  #take(samples: number): void {
    let left = samples;
    while (left > 0) {
      const edge = this.#edges[0] ?? Number.POSITIVE_INFINITY;
      const count = Math.min(left, edge - this.#audio.taken);
      if (count > 0) {
        if (this.#keeping) this.#audio.keep(count);
        else this.#audio.drop(count);
      }
      left -= count;
      if (this.#audio.taken < edge) continue;
      this.#edges.shift();
      this.#keeping = !this.#keeping;
    }
  }

  #positionAt(nowMs: number): number {
    return Math.round(Math.min(LONGEST_MS, nowMs - this.#startMs) * SAMPLES_PER_MS);
  }
}
