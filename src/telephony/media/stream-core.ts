import type { Clock, Timer } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import type { Endpoint } from '../../wire/wire.ts';
import type { Prompt } from '../audio/prompt.ts';
import type { DigitChange } from '../rtp/digit-receiver.ts';
import type { RtpSocket } from '../rtp/rtp-socket.ts';
import { SampleTimestamps } from '../rtp/sample-timestamps.ts';
import { isRtcp } from '../rtp/srtcp-packet.ts';
import { SrtpSession } from '../rtp/srtp-session.ts';
import { SrtpSocket } from '../rtp/srtp-socket.ts';
import { type BridgedStream, BridgeSide } from './bridge-side.ts';
import { CallRecording } from './call-recording.ts';
import { DecodedAudio } from './decoded-audio.ts';
import { DigitCollector } from './digit-collector.ts';
import { DigitOutput } from './digit-output.ts';
import { DigitTones } from './digit-tones.ts';
import type { FrameClock, FrameSource } from './frame-clock.ts';
import { HeardAudio } from './heard-audio.ts';
import { InbandDigits } from './inband-digits.ts';
import { Latch } from './latch.ts';
import type {
  AgreedMedia,
  AudioCodec,
  CallRecorded,
  Collected,
  CollectRules,
  MediaStream,
  PlayRules,
  Recorded,
  RecordingAction,
  RecordingLayout,
  RecordRules,
} from './media-port.ts';
import { clockRates } from './media-port.ts';
import type { MediaReport } from './media-report.ts';
import { FOCUS_FRAMES, PeerFocus } from './peer-focus.ts';
import { Player } from './player.ts';
import { Recorder } from './recorder.ts';
import { RtcpExchange } from './rtcp-exchange.ts';
import { type Heard, RtpReceiver } from './rtp-receiver.ts';
import { RtpSender } from './rtp-sender.ts';
import { SoundDetector } from './sound-detector.ts';
import { StreamWatch } from './stream-watch.ts';
import { streamClosed } from './wait.ts';

const neverAborted = new AbortController().signal;

interface Parts {
  readonly socket: RtpSocket;
  readonly rtcpSocket: RtpSocket;
  readonly clock: Clock;
  readonly frameClock: FrameClock;
  readonly random: Random;
  /** Called once, when the socket is closed. */
  readonly onClosed: () => void;
}

/** One audio stream over one socket. The same code runs in the media workers and, for tests and the simulator, in process. */
export class StreamCore implements MediaStream, FrameSource, Heard {
  readonly local: Endpoint;
  readonly #parts: Parts;
  readonly #srtp = new SrtpSession();
  readonly #socket: SrtpSocket;
  readonly #rtcp: RtcpExchange;
  readonly #latch = new Latch();
  readonly #focus = new PeerFocus(this.#latch);
  readonly #player = new Player();
  readonly #output = new DigitOutput();
  readonly #tones = new DigitTones();
  readonly #inband = new InbandDigits((change) => this.digit(change, this.#parts.clock.now()));
  readonly #collector: DigitCollector;
  readonly #sender: RtpSender;
  readonly #receiver: RtpReceiver;
  readonly #watch = new StreamWatch();
  readonly #sound = new SoundDetector();
  readonly #decoded = new DecodedAudio();
  readonly #heardTimestamps = new SampleTimestamps();
  readonly #side: BridgeSide;
  /** Made when somebody listens for the first time. */
  #heardAudio: HeardAudio | undefined;
  #listens = false;
  #recorder: Recorder | undefined;
  /** The last recording that ended; its file may not be complete yet. */
  #recorded: Promise<Recorded> | undefined;
  readonly #callRecording = new CallRecording();
  #agreed: AgreedMedia | undefined;
  /** Set between `start` and the first packet. */
  #firstTimer: Timer | undefined;
  #closed = false;
  #closing: Promise<MediaReport> | undefined;
  #keyHeld = false;
  #framesToFocus = FOCUS_FRAMES;
  #digits = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.local = parts.socket.local;
    this.#collector = new DigitCollector(parts.clock);
    this.#socket = new SrtpSocket(parts.socket, this.#srtp);
    this.#sender = new RtpSender(this.#socket, parts.random);
    this.#side = new BridgeSide(this.#bridged());
    this.#receiver = new RtpReceiver(this.#latch, this);
    this.#rtcp = new RtcpExchange({
      audio: this.#socket,
      own: new SrtpSocket(parts.rtcpSocket, this.#srtp),
      latch: this.#latch,
      clock: parts.clock,
      ssrc: this.#sender.ssrc,
      random: parts.random,
      sent: () => ({ packets: this.#sender.sent, bytes: this.#sender.payloadBytes, timestamp: this.#sender.timestamp }),
      heard: () => this.#receiver.source,
    });
    this.#socket.onReceive((bytes, from) => this.#receive(bytes, from));
  }

  start(agreed: AgreedMedia): void {
    if (this.#closed) return;
    const first = this.#agreed === undefined;
    this.#agreed = agreed;
    this.#watch.agree(agreed, this.#parts.clock.now());
    if (agreed.srtp) this.#srtp.secure(agreed.srtp);
    this.#sender.use(agreed.codec, agreed.payloadType, agreed.telephoneEventRate);
    this.#rtcp.agree(agreed);
    this.#inband.agree(agreed);
    this.#listen();
    if (this.#latch.aim(agreed.remote)) {
      this.#focus.restart();
      this.#lookForPeer();
    }
    if (!first) return;
    this.#firstTimer = this.#parts.clock.after(0, () => this.begin());
    if (this.#player.active) this.begin();
  }

  /** Sends the first packet now, if `start` was called and it has not left yet: the caller knows that no `play` follows at once. */
  begin(): void {
    if (!this.#firstTimer) return;
    this.#firstTimer.cancel();
    this.#firstTimer = undefined;
    this.#parts.frameClock.add(this);
    this.frame(0, this.#parts.clock.now());
  }

  play(prompt: Prompt, rules: PlayRules, signal: AbortSignal): Promise<'finished' | 'barged'> {
    if (this.#closed) return Promise.reject(streamClosed);
    if (rules.interruptible && this.#collector.buffered && !signal.aborted) return Promise.resolve('barged');
    const played = this.#player.play(prompt, rules, signal);
    this.begin();
    return played;
  }

  collect(rules: CollectRules, signal: AbortSignal): Promise<Collected> {
    return this.#closed ? Promise.reject(streamClosed) : this.#collector.collect(rules, signal);
  }

  clearDigits(): void {
    this.#collector.clear();
  }

  async sendDigits(digits: string, signal: AbortSignal): Promise<void> {
    if (this.#closed) throw streamClosed;
    await this.#output.send(digits, signal);
  }

  async record(rules: RecordRules, signal: AbortSignal): Promise<Recorded> {
    signal.throwIfAborted();
    if (this.#closed) throw streamClosed;
    if (this.#recorder) throw new Error('The stream is being recorded already');
    const { clock } = this.#parts;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => void recorder.end('aborted', clock.now());
      const recorder = new Recorder(
        rules,
        clock.now(),
        () => this.#drain(),
        (ended) => {
          signal.removeEventListener('abort', onAbort);
          this.#recorder = undefined;
          this.#recorded = ended;
          this.#listen();
          ended.then(resolve, reject);
        },
      );
      this.#recorder = recorder;
      this.#listen();
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  async recordCall(path: string, layout: RecordingLayout): Promise<CallRecorded> {
    if (this.#closed) throw streamClosed;
    const recorded = this.#callRecording.start(path, layout, this.#parts.clock.now());
    this.#listen();
    return recorded;
  }

  controlRecording(action: RecordingAction): void {
    const nowMs = this.#parts.clock.now();
    switch (action) {
      case 'pause':
        this.#callRecording.recorder?.pause(nowMs);
        return;
      case 'resume':
        this.#callRecording.recorder?.resume(nowMs);
        return;
      case 'stop':
        if (!this.#recorder) this.#heardAudio?.drain();
        this.#callRecording.stop(nowMs);
        this.#listen();
        return;
    }
  }

  bridge(other: MediaStream): void {
    if (!(other instanceof StreamCore) || other === this || other.#parts.frameClock !== this.#parts.frameClock) {
      throw new Error('The streams are not of one thread');
    }
    if (this.#closed || other.#closed) throw streamClosed;
    this.#side.join(other.#side);
  }

  unbridge(): void {
    this.#side.leave();
  }

  close(): Promise<MediaReport> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  frame(lateMs: number, nowMs: number): void {
    if (this.#keyHeld) this.#receiver.tick(nowMs);
    if (this.#listens) this.#hear(nowMs);
    this.#recorder?.tick(nowMs);
    this.#callRecording.recorder?.tick(nowMs);
    this.#rtcp.tick(nowMs);
    if (--this.#framesToFocus <= 0) this.#lookForPeer();
    const agreed = this.#agreed;
    const to = this.#latch.target;
    if (!agreed || !to) return;
    const digit = this.#output.next();
    if (agreed.direction === 'recvonly' || agreed.direction === 'inactive') {
      if (digit) this.#sender.skip(1);
      else this.#sender.mute(this.#player);
      return;
    }
    // What the other side of a bridge says is sent when it comes.
    if (!digit && !this.#player.active && this.#side.speaks(nowMs)) return;
    if (digit?.kind === 'event' && agreed.telephoneEvent !== undefined) {
      this.#sender.sendEvent(agreed.telephoneEvent, digit.event, digit.first, to);
    } else {
      if (digit) this.#tones.next(digit);
      this.#sender.sendAudio(digit ? this.#tones : this.#player, to);
      this.#callRecording.recorder?.sent(this.#sender.sentSamples(), this.#sender.sampleTimestamp(), nowMs);
    }
    this.#watch.sent(lateMs, nowMs);
  }

  skip(frames: number): void {
    this.#sender.skip(frames);
    if (this.#listens) this.#heardAudio?.skip(frames);
  }

  digit(change: DigitChange, nowMs: number): void {
    this.#keyHeld = change.kind === 'pressed';
    if (change.kind === 'released') {
      this.#collector.released();
      return;
    }
    this.#digits++;
    this.#side.pressed(change.digit);
    if (this.#recorder?.pressed(change.digit, nowMs)) return;
    this.#collector.pressed(change.digit);
    this.#player.barge();
  }

  audio(codec: AudioCodec, payload: Uint8Array, timestamp: number, newest: boolean, nowMs: number, sequence: number): void {
    this.#decoded.take(codec, payload);
    if (newest) this.#side.heard(codec, payload, timestamp, this.#decoded, nowMs);
    if (!this.#sound.audible) this.#sound.hear(this.#decoded.samples());
    if (this.#listens)
      this.#heardAudio?.put(codec, payload, sequence, this.#heardTimestamps.of(timestamp, clockRates[codec]), newest, nowMs);
  }

  noise(payload: Uint8Array, timestamp: number, newest: boolean, nowMs: number, sequence: number): void {
    if (this.#listens) this.#heardAudio?.putNoise(payload, sequence, this.#heardTimestamps.of(timestamp, clockRates.PCMU), newest, nowMs);
  }

  event(): void {
    this.#inband.eventCame();
    this.#listen();
    if (this.#listens) this.#heardAudio?.pause();
  }

  restarted(): void {
    this.#side.restarted();
    if (this.#listens) this.#heardAudio?.restart();
  }

  #hear(nowMs: number): void {
    const heard = this.#heardAudio;
    const frame = heard?.take(nowMs);
    if (heard && frame && this.#inband.listens) this.#inband.hear(frame, heard.isMadeUp);
  }

  /** Somebody begins or ends to listen. */
  #listen(): void {
    const listens = this.#inband.listens || this.#recorder !== undefined || this.#callRecording.recorder !== undefined;
    if (listens && !this.#listens) {
      this.#heardAudio ??= new HeardAudio({
        taken: (samples, position, arrivalMs) => {
          this.#recorder?.heard(samples, position, arrivalMs);
          this.#callRecording.recorder?.heard(samples, position, arrivalMs);
        },
        restarted: () => {
          this.#recorder?.restart();
          this.#callRecording.recorder?.restart();
        },
      });
      this.#heardAudio.restart();
    }
    this.#listens = listens;
  }

  /** A recording ends. What waits is for it, unless somebody else goes on listening. */
  #drain(): void {
    if (!(this.#callRecording.recorder || this.#inband.listens) || this.#closed) this.#heardAudio?.drain();
  }

  #receive(bytes: Uint8Array, from: Endpoint): void {
    const agreed = this.#agreed;
    if (isRtcp(bytes)) {
      this.#rtcp.receive(bytes, from);
      return;
    }
    if (!agreed || this.#closed || agreed.direction === 'sendonly' || agreed.direction === 'inactive') return;
    const nowMs = this.#parts.clock.now();
    if (!this.#receiver.receive(bytes, from, agreed, nowMs)) return;
    const first = !this.#watch.heard;
    this.#watch.received(nowMs);
    if (first) this.#lookForPeer();
  }

  /** This stream as the other side of a bridge speaks through it. */
  #bridged(): BridgedStream {
    const core = this;
    return {
      sender: this.#sender,
      watch: this.#watch,
      get opening() {
        core.begin();
        return core.#opening();
      },
      get callRecorder() {
        return core.#callRecording.recorder;
      },
      press: (digit) => {
        if (!this.#closed && this.#agreed?.telephoneEvent !== undefined) this.#output.send(digit, neverAborted).catch(() => undefined);
      },
    };
  }

  #opening(): BridgedStream['opening'] {
    const agreed = this.#agreed;
    const to = this.#latch.target;
    if (!agreed || !to || agreed.direction === 'recvonly' || agreed.direction === 'inactive') return undefined;
    return this.#player.active || this.#output.active ? undefined : { agreed, to };
  }

  #lookForPeer(): void {
    this.#framesToFocus = FOCUS_FRAMES;
    this.#socket.only(this.#focus.next());
  }

  async #close(): Promise<MediaReport> {
    this.#closed = true;
    this.#side.leave();
    const { clock, frameClock, onClosed } = this.#parts;
    this.#firstTimer?.cancel();
    this.#firstTimer = undefined;
    frameClock.remove(this);
    const watched = this.#watch.end(clock.now());
    this.#rtcp.close();
    this.#socket.close();
    const error = streamClosed;
    this.#player.close(error);
    this.#collector.close(error);
    this.#output.close(error);
    void this.#recorder?.end('aborted', clock.now());
    this.#drain();
    this.#callRecording.stop(clock.now());
    this.#sender.close();
    this.#decoded.close();
    this.#heardAudio?.close();
    // What the disk says comes out of `record` and `recordCall`; the port is free whatever it says.
    await Promise.allSettled([this.#recorded, this.#callRecording.complete()]);
    onClosed();
    return {
      ...watched,
      ...this.#receiver.reception,
      ...this.#rtcp.seen,
      ...(this.#heardAudio && { buffer: this.#heardAudio.counts }),
      sent: this.#sender.sent,
      digits: this.#digits,
      audible: this.#sound.audible,
      ...(this.#srtp.isSecure && { unauthentic: this.#socket.refused }),
    };
  }
}
