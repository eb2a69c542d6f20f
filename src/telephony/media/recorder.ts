import { FRAME_MS, FRAME_SAMPLES } from './frame-clock.ts';
import type { Recorded, RecordRules } from './media-port.ts';
import { RecordingFile } from './recording-file.ts';
import { type RecordedAudio, RecordingWindow } from './recording-window.ts';
import { VoiceLevel } from './voice-level.ts';

const SAMPLES_PER_MS = FRAME_SAMPLES / FRAME_MS;
/** Until then everything has come out of the jitter buffer. */
const REORDER_SAMPLES = 240 * SAMPLES_PER_MS;
/** Kept before the first voice and after the last one when silence is trimmed, so that soft sounds are not cut. */
const MARGIN_SAMPLES = 100 * SAMPLES_PER_MS;
/** Fewer frames of voice than this are a click, not somebody speaking. */
const HEARD_FRAMES = 3;

/** One recording: from the frames that are received to a WAV file, until one of its rules ends it. */
export class Recorder {
  readonly #rules: RecordRules;
  readonly #startMs: number;
  readonly #lastAudio: () => Promise<void> | undefined;
  readonly #onEnd: (ended: Promise<Recorded>) => void;
  readonly #file: RecordingFile;
  readonly #audio: RecordingWindow;
  readonly #voice = new VoiceLevel();
  readonly #beforeVoice = new Int16Array(MARGIN_SAMPLES);
  #beforeVoiceCount = 0;
  #voicedFrames = 0;
  #silentSamples = 0;
  /** Samples in the file up to the last voice. */
  #voiceEnd = 0;
  #result: Promise<Recorded> | undefined;

  /**
   * Begins at `startMs`. `lastAudio` is called when it ends: what has come by then is to be handed in, at once or by the time at which what it answers
   * resolves. `onEnd` is called once, when a rule has ended it or `end` was called, with what `end` answers.
   */
  constructor(rules: RecordRules, startMs: number, lastAudio: () => Promise<void> | undefined, onEnd: (ended: Promise<Recorded>) => void) {
    this.#rules = rules;
    this.#startMs = startMs;
    this.#lastAudio = lastAudio;
    this.#onEnd = onEnd;
    this.#file = new RecordingFile(rules.path);
    this.#audio = new RecordingWindow(this.#file, 1);
  }

  /** Audio came at `arrivalMs`: which may be used again afterwards, and where it belongs, counted in samples. */
  heard(audio: RecordedAudio, timestamp: number, arrivalMs: number): void {
    this.#audio.put(0, audio, timestamp, Math.round((arrivalMs - this.#startMs) * SAMPLES_PER_MS));
  }

  /** The sender's timestamps begin anew. */
  restart(): void {
    this.#audio.restart(0);
  }

  /** A key was pressed. Answers whether it ended the recording, and so is used up. */
  pressed(digit: string, nowMs: number): boolean {
    if (!this.#rules.terminators.includes(digit)) return false;
    void this.end('terminator', nowMs);
    return true;
  }

  /** Time has passed: takes audio that nothing can come before any more, and looks whether a rule ends the recording. */
  tick(nowMs: number): void {
    const { maxMs, silenceMs } = this.#rules;
    if (nowMs - this.#startMs >= maxMs) {
      void this.end('max', this.#startMs + maxMs);
      return;
    }
    const until = this.#positionAt(nowMs) - REORDER_SAMPLES;
    while (this.#audio.taken + FRAME_SAMPLES <= until) this.#take(FRAME_SAMPLES);
    if (silenceMs > 0 && this.#silentSamples >= silenceMs * SAMPLES_PER_MS) void this.end('silence', nowMs);
  }

  /** Writes what belongs in the file. To be called about once per second. */
  write(): void {
    this.#audio.write();
  }

  /** Ends the recording. Resolves when the file is complete; idempotent. @throws the error of the disk. */
  end(why: Recorded['why'], nowMs: number): Promise<Recorded> {
    if (this.#result !== undefined) return this.#result;
    const last = this.#lastAudio();
    this.#result = last === undefined ? this.#end(why, nowMs) : last.then(() => this.#end(why, nowMs));
    this.#onEnd(this.#result);
    return this.#result;
  }

  async #end(why: Recorded['why'], nowMs: number): Promise<Recorded> {
    const until = this.#positionAt(nowMs);
    while (this.#audio.taken < until) this.#take(Math.min(FRAME_SAMPLES, until - this.#audio.taken));
    this.#audio.close();
    const heard = this.#voicedFrames >= HEARD_FRAMES;
    const all = this.#file.samples;
    const samples = this.#rules.trimSilence ? Math.min(all, heard ? this.#voiceEnd + MARGIN_SAMPLES : 0) : all;
    const bytes = await this.#file.finish(samples);
    return { path: this.#rules.path, durationMs: Math.round(samples / SAMPLES_PER_MS), bytes, why, heard };
  }

  #take(samples: number): void {
    const frame = this.#audio.next(samples);
    const voiced = this.#voice.hear(frame);
    if (voiced) this.#voicedFrames++;
    this.#silentSamples = voiced ? 0 : this.#silentSamples + samples;
    if (!this.#rules.trimSilence || this.#voicedFrames > 0) {
      if (voiced) this.#insertBeforeVoice();
      this.#audio.keep(samples);
      if (voiced) this.#voiceEnd = this.#audio.kept;
      return;
    }
    this.#beforeVoice.copyWithin(0, samples);
    this.#beforeVoice.set(frame, MARGIN_SAMPLES - samples);
    this.#beforeVoiceCount = Math.min(MARGIN_SAMPLES, this.#beforeVoiceCount + samples);
    this.#audio.drop(samples);
  }

  #insertBeforeVoice(): void {
    if (this.#beforeVoiceCount === 0) return;
    this.#audio.insert(this.#beforeVoice.subarray(MARGIN_SAMPLES - this.#beforeVoiceCount));
    this.#beforeVoiceCount = 0;
  }

  #positionAt(nowMs: number): number {
    return Math.max(0, Math.round((nowMs - this.#startMs) * SAMPLES_PER_MS));
  }
}
