import type { Clock } from '../../kernel/clock.ts';
import type { DigitChange } from '../rtp/digit-receiver.ts';
import type { CallRecorder } from './call-recorder.ts';
import { CallRecording } from './call-recording.ts';
import { HeardAudio } from './heard-audio.ts';
import { InbandDigits } from './inband-digits.ts';
import { LastAudio } from './last-audio.ts';
import type { AgreedMedia, AudioCodec, CallRecorded, Recorded, RecordingAction, RecordingLayout, RecordRules } from './media-port.ts';
import type { HeardCounts } from './media-report.ts';
import { Recorder } from './recorder.ts';

/** How often a recording of the whole call takes what came, when it is the only one that listens: in one go it costs a fraction. */
const GATHERED_FRAMES = 20;
/** How often recordings write, all of a thread at the same moment: to wake who writes for each of them costs more than the writing. */
const WRITE_MS = 1000;

/**
 * Who listens to the audio that one stream hears: a recording of the peer, one of the whole call, a detector of digits, a room. They share one jitter
 * buffer, which is made when somebody listens for the first time and costs nothing while nobody does.
 */
export class StreamListeners {
  // First what each frame looks at, close together.
  #listens = false;
  /** Whether somebody listens who needs each frame in its time, as all do but the recording of the whole call. */
  #plays = false;
  #heardAudio: HeardAudio | undefined;
  #framesToGather = 0;
  /** The second, of all time, in which was written last: unlike a time in ms it needs no memory of its own. */
  #writtenSecond = 0;
  readonly #clock: Clock;
  readonly #onCallRecorder: (recorder: CallRecorder | undefined) => void;
  readonly #inband: InbandDigits;
  readonly #callRecording = new CallRecording(() => this.#look());
  #recorder: Recorder | undefined;
  /** Recordings of the peer whose file is not complete yet. */
  readonly #finishing = new Set<Promise<unknown>>();
  readonly #last = new LastAudio();
  /** Whether a room hears it. */
  #speaksInRoom = false;
  #closed = false;

  /**
   * @param onDigit is told of digits that were found in the audio
   * @param onCallRecorder is told which recording of the whole call goes on, that it has to be told what is sent; undefined: none
   */
  constructor(clock: Clock, onDigit: (change: DigitChange) => void, onCallRecorder: (recorder: CallRecorder | undefined) => void) {
    this.#clock = clock;
    this.#onCallRecorder = onCallRecorder;
    this.#inband = new InbandDigits(onDigit);
  }

  /** Whether anybody listens now. */
  get listens(): boolean {
    return this.#listens;
  }

  /** What came of the packets that somebody listened to; undefined when nobody ever did. */
  get counts(): HeardCounts | undefined {
    return this.#heardAudio?.counts;
  }

  /** The agreement begins or changes. */
  agree(agreed: AgreedMedia): void {
    this.#inband.agree(agreed);
    this.#look();
  }

  /** See MediaStream.record. */
  record(rules: RecordRules, signal: AbortSignal): Promise<Recorded> {
    if (this.#recorder) throw new Error('The stream is being recorded already');
    return new Promise((resolve, reject) => {
      const onAbort = (): void => void recorder.end('aborted', this.#clock.now());
      const recorder = new Recorder(
        rules,
        this.#clock.now(),
        () => this.#lastAudioOf(recorder),
        (ended) => {
          signal.removeEventListener('abort', onAbort);
          this.#recorder = undefined;
          this.#finishing.add(ended);
          this.#look();
          ended.then(resolve, reject).finally(() => this.#finishing.delete(ended));
        },
      );
      this.#recorder = recorder;
      this.#look();
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** See MediaStream.recordCall. */
  recordCall(path: string, layout: RecordingLayout): Promise<CallRecorded> {
    const recorded = this.#callRecording.start(path, layout, this.#clock.now());
    this.#look();
    return recorded;
  }

  /** A room begins or ends to hear what is said. */
  speakInRoom(speaks: boolean): void {
    this.#speaksInRoom = speaks;
    this.#look();
  }

  /** See MediaStream.controlRecording. */
  controlRecording(action: RecordingAction): void {
    const nowMs = this.#clock.now();
    switch (action) {
      case 'pause':
        this.#callRecording.recorder?.pause(nowMs);
        return;
      case 'resume':
        this.#callRecording.recorder?.resume(nowMs);
        return;
      case 'stop':
        this.#callRecording.stop(nowMs, this.#callRecording.recorder && this.#lastAudioOf(this.#callRecording.recorder));
        this.#look();
        return;
    }
  }

  /** A packet of audio came that had not come before; `newest` is whether it is the latest of its sequence. */
  audio(codec: AudioCodec, payload: Uint8Array, timestamp: number, newest: boolean, nowMs: number, sequence: number): void {
    if (this.#listens) this.#heardAudio?.put(codec, payload, sequence, timestamp, newest, nowMs);
  }

  /** A packet came that says what noise to make in the pause that follows. */
  noise(payload: Uint8Array, timestamp: number, newest: boolean, nowMs: number, sequence: number): void {
    if (this.#listens) this.#heardAudio?.putNoise(payload, sequence, timestamp, newest, nowMs);
  }

  /** A packet of a digit came, in place of audio, unless audio that follows it has come already: then it is not the `newest`. */
  event(newest: boolean): void {
    this.#inband.eventCame();
    this.#look();
    if (this.#listens && newest) this.#heardAudio?.pause();
  }

  /** Another source speaks for the peer. */
  restarted(): void {
    if (this.#listens) this.#heardAudio?.restart();
  }

  /** A key was pressed. Answers whether it ended the recording, and so is used up. */
  pressed(digit: string, nowMs: number): boolean {
    return this.#recorder?.pressed(digit, nowMs) ?? false;
  }

  /** Takes the next frame, in samples that the next call overwrites; undefined when nobody needs it now. */
  frame(nowMs: number): Int16Array | undefined {
    if (!this.#listens) return undefined;
    const second = Math.floor(nowMs / WRITE_MS);
    if (second !== this.#writtenSecond) this.#write(second);
    const heard = this.#heardAudio;
    if (!this.#plays) {
      if (--this.#framesToGather > 0) return undefined;
      this.#framesToGather = GATHERED_FRAMES;
      heard?.gather(nowMs);
      this.#callRecording.recorder?.tick(nowMs);
      return undefined;
    }
    const frame = heard?.take(nowMs);
    if (heard && frame && this.#inband.listens) this.#inband.hear(frame, heard.isMadeUp);
    this.#recorder?.tick(nowMs);
    this.#callRecording.recorder?.tick(nowMs);
    if (this.#last.isAwaited) {
      this.#last.tick(nowMs, heard?.waits === true);
      this.#look();
    }
    return frame;
  }

  /** So many frames are left out. */
  skip(frames: number): void {
    if (this.#plays) this.#heardAudio?.skip(frames);
  }

  /** Ends what goes on. Resolves when every file is complete, or given up: what the disk says comes out of `record` and `recordCall`. */
  async close(): Promise<void> {
    this.#closed = true;
    const nowMs = this.#clock.now();
    void this.#recorder?.end('aborted', nowMs);
    this.#heardAudio?.drain();
    this.#last.close();
    this.#callRecording.stop(nowMs);
    this.#onCallRecorder(undefined);
    this.#listens = false;
    this.#plays = false;
    this.#heardAudio?.close();
    await Promise.allSettled([...this.#finishing, this.#callRecording.complete()]);
  }

  #write(second: number): void {
    this.#writtenSecond = second;
    this.#recorder?.write();
    this.#callRecording.recorder?.write();
  }

  /** Somebody begins or ends to listen. */
  #look(): void {
    this.#onCallRecorder(this.#callRecording.recorder);
    const plays = this.#isPlayedBesides(undefined);
    const listens = plays || this.#callRecording.recorder !== undefined;
    if (listens && !this.#listens) {
      this.#heardAudio ??= new HeardAudio({
        taken: (samples, position, arrivalMs) => {
          this.#recorder?.heard(samples, position, arrivalMs);
          this.#callRecording.recorder?.heard(samples, position, arrivalMs);
          if (this.#last.isAwaited) this.#last.taken(samples, position, arrivalMs);
        },
        restarted: () => {
          this.#recorder?.restart();
          this.#callRecording.recorder?.restart();
        },
      });
      this.#heardAudio.restart();
    } else if (plays && !this.#plays) this.#heardAudio?.hold(this.#clock.now());
    this.#listens = listens;
    this.#plays = plays;
  }

  /** Whether anybody who is not `ending` needs each frame in its time. */
  #isPlayedBesides(ending: Recorder | CallRecorder | undefined): boolean {
    return (
      this.#inband.listens || this.#speaksInRoom || this.#last.isAwaited || (this.#recorder !== undefined && this.#recorder !== ending)
    );
  }

  /** Whether anybody listens who is not `ending`. */
  #isHeardBesides(ending: Recorder | CallRecorder): boolean {
    const { recorder } = this.#callRecording;
    return this.#isPlayedBesides(ending) || (recorder !== undefined && recorder !== ending);
  }

  /** A recording ends. What waits is for it: at once, unless somebody else goes on listening and takes it in its time. */
  #lastAudioOf(ending: Recorder | CallRecorder): Promise<void> | undefined {
    const heard = this.#heardAudio;
    if (!heard?.waits) return undefined;
    if (!this.#closed && this.#isHeardBesides(ending)) return this.#last.handOver(ending, this.#clock.now());
    heard.drain();
    return undefined;
  }
}
