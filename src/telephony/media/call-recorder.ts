import { SampleTimestamps } from '../rtp/sample-timestamps.ts';
import { DecodedAudio } from './decoded-audio.ts';
import { FRAME_MS, FRAME_SAMPLES } from './frame-clock.ts';
import { type AudioCodec, type CallRecorded, clockRates, type RecordingLayout } from './media-port.ts';
import { mixSamples } from './mix-samples.ts';
import { PacketRun } from './packet-run.ts';
import { RecordingFile } from './recording-file.ts';
import { RecordingTimeline } from './recording-timeline.ts';

const SAMPLES_PER_MS = FRAME_SAMPLES / FRAME_MS;
/** Until then everything has come out of the jitter buffer. */
const REORDER_SAMPLES = 240 * SAMPLES_PER_MS;
/** What is moved into the file in one go. */
const MOVED_SAMPLES = 10 * FRAME_SAMPLES;
/** A WAV file of two channels could hold a day and a half. */
const LONGEST_MS = 24 * 3_600_000;

/** Both sides while they are mixed: the same memory for all, since it stays near. */
const mixed = new Int16Array(MOVED_SAMPLES);
const added = new Int16Array(MOVED_SAMPLES);

/** Both sides of one call in one WAV file: in stereo, on the left what we send, on the right what we hear. */
export class CallRecorder {
  readonly #path: string;
  readonly #layout: RecordingLayout;
  readonly #startMs: number;
  readonly #file: RecordingFile;
  readonly #sent = new RecordingTimeline();
  readonly #heard = new RecordingTimeline();
  readonly #timestamps = new SampleTimestamps();
  /** Packets that were sent and wait to be put in. */
  readonly #run = new PacketRun();
  readonly #decoded = new DecodedAudio();
  readonly #putBoth: (target: Int16Array, at: number, count: number) => void;
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
    this.#layout = layout;
    this.#startMs = startMs;
    this.#file = new RecordingFile(path, layout === 'stereo' ? 2 : 1, (error) => this.#fail(error));
    this.#putBoth = (target, at, count) => this.#sent.interleaveTo(target, at, this.#heard, count / 2);
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

  /** Audio came at `arrivalMs`: samples, likewise; their timestamp counts samples of the sender. */
  heard(samples: Int16Array, timestamp: number, arrivalMs: number): void {
    this.#heard.put(samples, timestamp, true, this.#positionAt(arrivalMs));
  }

  /** The timestamps of the peer begin anew. */
  restart(): void {
    this.#heard.restart();
  }

  /** What is said from now on is left out of the file, which goes on without a gap after `resume`. Idempotent. */
  pause(nowMs: number): void {
    this.#setPaused(true, nowMs);
  }

  /** Ends a pause. Idempotent. */
  resume(nowMs: number): void {
    this.#setPaused(false, nowMs);
  }

  /** Writes what has been moved into the file. To be called about once per second. */
  write(): void {
    this.#file.write();
  }

  /** Time has passed: moves audio that nothing can come before any more into the file. */
  tick(nowMs: number): void {
    const until = this.#positionAt(nowMs) - REORDER_SAMPLES;
    if (this.#heard.taken + MOVED_SAMPLES <= until) this.#catchUp();
    while (this.#heard.taken + MOVED_SAMPLES <= until) this.#take(MOVED_SAMPLES);
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
    while (this.#heard.taken < until) this.#take(Math.min(MOVED_SAMPLES, until - this.#heard.taken));
    this.#sent.close();
    this.#heard.close();
    const { samples } = this.#file;
    const bytes = await this.#file.finish(samples);
    const lostMs = Math.round(this.#file.lost / SAMPLES_PER_MS);
    return { path: this.#path, durationMs: Math.round(samples / SAMPLES_PER_MS), bytes, ...(lostMs > 0 && { lostMs }) };
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#decoded.close();
    this.#complete(Promise.reject(error));
  }

  #catchUp(): void {
    const run = this.#run;
    if (run.isEmpty) return;
    this.#putSent(run.codec, run.samples(), run.timestamp, run.firstMs);
    run.clear();
  }

  #putSent(codec: AudioCodec, samples: Int16Array, timestamp: number, nowMs: number): void {
    this.#sent.put(samples, this.#timestamps.of(timestamp, clockRates[codec]), true, this.#positionAt(nowMs));
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
      const count = Math.min(left, edge - this.#heard.taken);
      if (count > 0) this.#move(count);
      left -= count;
      if (this.#heard.taken < edge) continue;
      this.#edges.shift();
      this.#keeping = !this.#keeping;
    }
  }

  #move(samples: number): void {
    if (!this.#keeping) {
      this.#sent.drop(samples);
      this.#heard.drop(samples);
    } else if (this.#layout === 'stereo') this.#file.appendBy(2 * samples, this.#putBoth);
    else {
      this.#sent.moveTo(mixed, 0, samples);
      this.#heard.moveTo(added, 0, samples);
      mixSamples(mixed, added);
      this.#file.append(mixed.subarray(0, samples));
    }
  }

  #positionAt(nowMs: number): number {
    return Math.round(Math.min(LONGEST_MS, nowMs - this.#startMs) * SAMPLES_PER_MS);
  }
}
