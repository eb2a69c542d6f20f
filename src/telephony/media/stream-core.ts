import type { Clock, Timer } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import type { Endpoint } from '../../wire/wire.ts';
import type { Prompt } from '../audio/prompt.ts';
import type { DigitChange } from '../rtp/digit-receiver.ts';
import type { RtpSocket } from '../rtp/rtp-socket.ts';
import { isRtcp } from '../rtp/srtcp-packet.ts';
import { SrtpSession } from '../rtp/srtp-session.ts';
import { SrtpSocket } from '../rtp/srtp-socket.ts';
import { type BridgedStream, BridgeSide } from './bridge-side.ts';
import { DecodedAudio } from './decoded-audio.ts';
import { DigitCollector } from './digit-collector.ts';
import { DigitOutput } from './digit-output.ts';
import { DigitTones } from './digit-tones.ts';
import { DoubledDigits } from './doubled-digits.ts';
import type { BridgeEnd } from './far-side.ts';
import type { FrameClock, FrameSource } from './frame-clock.ts';
import { Latch } from './latch.ts';
import type {
  AgreedMedia,
  AudioCodec,
  AudioRoom,
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
import type { MediaReport } from './media-report.ts';
import { FOCUS_FRAMES, PeerFocus } from './peer-focus.ts';
import { PlainPackets } from './plain-packets.ts';
import { Player } from './player.ts';
import type { RoomStream } from './room-member.ts';
import { RtcpExchange } from './rtcp-exchange.ts';
import { type Heard, RtpReceiver } from './rtp-receiver.ts';
import { RtpSender } from './rtp-sender.ts';
import { StreamListeners } from './stream-listeners.ts';
import { StreamWatch } from './stream-watch.ts';
import type { Membership, ThreadRooms } from './thread-rooms.ts';
import { streamClosed } from './wait.ts';

interface Parts {
  readonly socket: RtpSocket;
  readonly rtcpSocket: RtpSocket;
  readonly clock: Clock;
  readonly frameClock: FrameClock;
  readonly rooms: ThreadRooms;
  readonly random: Random;
  /** Called once, when the socket is closed; `files` resolves when every recording is complete, or given up. */
  readonly onClosed: (files: Promise<void>) => void;
}

/** One audio stream over one socket. The same code runs in the media workers and, for tests and the simulator, in process. */
export class StreamCore implements MediaStream, FrameSource, RoomStream, Heard {
  readonly local: Endpoint;
  onDigitForPeer: ((digit: string) => void) | undefined;
  readonly #parts: Parts;
  readonly #srtp = new SrtpSession();
  readonly #socket: SrtpSocket;
  readonly #plain = new PlainPackets();
  readonly #rtcp: RtcpExchange;
  readonly #latch = new Latch();
  readonly #focus = new PeerFocus(this.#latch);
  readonly #player = new Player();
  readonly #output = new DigitOutput();
  readonly #tones = new DigitTones();
  readonly #doubled = new DoubledDigits();
  readonly #collector: DigitCollector;
  readonly #sender: RtpSender;
  readonly #receiver: RtpReceiver;
  readonly #watch = new StreamWatch();
  readonly #decoded = new DecodedAudio();
  readonly #side: BridgeSide;
  readonly #listeners: StreamListeners;
  /** The room that it is in: then the room has its beat. */
  #membership: Membership | undefined;
  #agreed: AgreedMedia | undefined;
  /** Whether the agreement lets us send, and the peer. */
  #maySend = false;
  #mayHear = false;
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
    this.#listeners = new StreamListeners(parts.clock, (change) => this.digit(change, parts.clock.now()));
    this.#socket = new SrtpSocket(parts.socket, this.#srtp, (bytes) =>
      this.#watch.dropped(this.#plain.refused(bytes, this.#agreed) ? 'unencrypted' : 'unauthentic'),
    );
    this.#sender = new RtpSender(this.#socket, parts.random);
    this.#side = new BridgeSide(this.#bridged());
    this.#receiver = new RtpReceiver(this.#latch, this, (why) => this.#watch.dropped(why));
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
    this.#maySend = agreed.direction === 'sendrecv' || agreed.direction === 'sendonly';
    this.#mayHear = agreed.direction === 'sendrecv' || agreed.direction === 'recvonly';
    const nowMs = this.#parts.clock.now();
    this.#watch.agree(agreed, nowMs);
    if (agreed.srtp) this.#srtp.secure(agreed.srtp);
    this.#sender.use(agreed.codec, agreed.payloadType, agreed.telephoneEventRate);
    this.#rtcp.agree(agreed);
    this.#listeners.agree(agreed);
    if (this.#latch.aim(agreed.remote, agreed.rtpSource === 'offered') || !this.#latch.isHeard(nowMs)) {
      this.#focus.restart();
      this.#lookForPeer();
    }
    if (!first) return;
    this.#firstTimer = this.#parts.clock.after(0, () => this.begin());
    if (this.#player.active) this.begin();
  }

  answered(): void {
    this.#watch.answered(this.#parts.clock.now());
  }

  /** Sends the first packet now, if `start` was called and it has not left yet: the caller knows that no `play` follows at once. */
  begin(): void {
    if (!this.#firstTimer) return;
    this.#firstTimer.cancel();
    this.#firstTimer = undefined;
    if (!this.#membership) this.#parts.frameClock.add(this);
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

  pressed(digit: string): void {
    const nowMs = this.#parts.clock.now();
    if (this.#closed || !this.#doubled.isNew(digit, 'beside', nowMs)) return;
    this.#press(digit, nowMs);
    this.#collector.released();
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
    return this.#listeners.record(rules, signal);
  }

  async recordCall(path: string, layout: RecordingLayout): Promise<CallRecorded> {
    if (this.#closed) throw streamClosed;
    return this.#listeners.recordCall(path, layout);
  }

  controlRecording(action: RecordingAction): void {
    this.#listeners.controlRecording(action);
  }

  bridge(other: MediaStream): void {
    if (!(other instanceof StreamCore) || other === this || other.#parts.frameClock !== this.#parts.frameClock) {
      throw new Error('The streams are not of one thread');
    }
    if (this.#closed || other.#closed) throw streamClosed;
    this.leaveRoom();
    other.leaveRoom();
    this.#side.join(other.#side);
  }

  /** Joins this stream with one of another thread, which gets the other end. */
  bridgeAcross(end: BridgeEnd): void {
    if (this.#closed) throw streamClosed;
    this.leaveRoom();
    this.#side.joinAcross(end, this.#parts.clock);
  }

  unbridge(): void {
    this.#side.leave();
  }

  joinRoom(room: AudioRoom, muted: boolean): void {
    if (this.#closed) throw streamClosed;
    this.begin();
    this.#side.leave();
    this.#membership?.leave();
    this.#parts.frameClock.remove(this);
    this.#membership = this.#parts.rooms.join(room, this, muted);
    this.#listeners.speakInRoom(!muted);
  }

  muteInRoom(muted: boolean): void {
    if (!this.#membership) return;
    this.#membership.member.muted = muted;
    this.#listeners.speakInRoom(!muted);
  }

  leaveRoom(): void {
    if (!this.#membership) return;
    this.#membership.leave();
    this.#membership = undefined;
    this.#listeners.speakInRoom(false);
    if (!this.#closed && this.#agreed && !this.#firstTimer) this.#parts.frameClock.add(this);
  }

  /** It lives in the thread that asks. */
  onLost(): void {}

  close(): Promise<MediaReport> {
    this.#closing ??= Promise.resolve(this.#close());
    return this.#closing;
  }

  frame(lateMs: number, nowMs: number): void {
    this.hear(nowMs);
    this.send(lateMs, nowMs);
  }

  hear(nowMs: number): Int16Array | undefined {
    if (this.#keyHeld) this.#receiver.tick(nowMs);
    return this.#listeners.listens ? this.#listeners.frame(nowMs) : undefined;
  }

  send(lateMs: number, nowMs: number): void {
    this.#rtcp.tick(nowMs);
    if (--this.#framesToFocus <= 0) this.#lookForPeer();
    const agreed = this.#agreed;
    const to = this.#latch.target;
    if (!agreed || !to) return;
    const digit = this.#output.next();
    if (!this.#maySend) {
      this.#sender.mute(digit ? undefined : this.#player);
      return;
    }
    // What the other side of a bridge says is sent when it comes.
    if (!digit && !this.#player.active && this.#side.speaks(nowMs)) {
      this.#sender.skip(1);
      return;
    }
    if (digit?.kind === 'event' && agreed.telephoneEvent !== undefined) {
      this.#sender.sendEvent(agreed.telephoneEvent, digit.event, digit.first, to);
    } else {
      if (digit) this.#tones.next(digit);
      const player = digit ? this.#tones : this.#player.active ? this.#player : (this.#membership?.member ?? this.#player);
      const timestamp = this.#sender.sendAudio(player, to);
      this.#listeners.callRecorder?.sent(this.#sender.sentSamples(), this.#sender.sampleTimestamp(timestamp), nowMs);
    }
    this.#watch.sent(lateMs, nowMs);
  }

  skip(frames: number): void {
    this.#sender.skip(frames);
    this.#listeners.skip(frames);
  }

  digit(change: DigitChange, nowMs: number): void {
    this.#keyHeld = change.kind === 'pressed';
    if (change.kind === 'released') {
      this.#collector.released();
      return;
    }
    if (this.#doubled.isNew(change.digit, 'stream', nowMs)) this.#press(change.digit, nowMs);
  }

  #press(digit: string, nowMs: number): void {
    this.#digits++;
    this.#side.pressed(digit);
    if (this.#listeners.pressed(digit, nowMs)) return;
    this.#collector.pressed(digit);
    this.#player.barge();
  }

  audio(codec: AudioCodec, payload: Uint8Array, timestamp: number, newest: boolean, nowMs: number, sequence: number): void {
    this.#decoded.take(codec, payload);
    this.#side.heard(codec, payload, timestamp, sequence, newest, this.#decoded, nowMs);
    if (!this.#watch.audible) this.#watch.sound(this.#decoded.samples());
    if (this.#listeners.listens) this.#listeners.audio(codec, payload, timestamp, newest, nowMs, sequence);
  }

  noise(payload: Uint8Array, timestamp: number, newest: boolean, nowMs: number, sequence: number): void {
    if (newest) this.#side.heardOther(sequence);
    this.#listeners.noise(payload, timestamp, newest, nowMs, sequence);
  }

  event(newest: boolean, sequence: number): void {
    if (newest) this.#side.heardOther(sequence);
    this.#listeners.event();
  }

  restarted(): void {
    this.#side.restarted();
    this.#listeners.restarted();
  }

  #receive(bytes: Uint8Array, from: Endpoint): void {
    const agreed = this.#agreed;
    if (isRtcp(bytes)) {
      this.#rtcp.receive(bytes, from);
      return;
    }
    if (!agreed || this.#closed || !this.#mayHear) return;
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
      get open() {
        core.begin();
        return core.#maySend && !core.#player.active && !core.#output.active ? core.#agreed : undefined;
      },
      get to() {
        return core.#latch.target;
      },
      get callRecorder() {
        return core.#listeners.callRecorder;
      },
      press: (digit) => {
        if (this.#closed) return;
        if (this.#agreed?.digitsBeside) this.onDigitForPeer?.(digit);
        else if (this.#agreed?.telephoneEvent !== undefined) this.#output.pass(digit);
      },
    };
  }

  #lookForPeer(): void {
    this.#framesToFocus = FOCUS_FRAMES;
    this.#socket.only(this.#focus.next(this.#parts.clock.now()));
  }

  #close(): MediaReport {
    this.#closed = true;
    this.#side.leave();
    this.leaveRoom();
    const { clock, frameClock, onClosed } = this.#parts;
    this.#firstTimer?.cancel();
    this.#firstTimer = undefined;
    frameClock.remove(this);
    const watched = this.#watch.end(clock.now());
    this.#rtcp.close();
    this.#socket.close();
    this.#player.close(streamClosed);
    this.#collector.close(streamClosed);
    this.#output.close(streamClosed);
    this.#sender.close();
    this.#decoded.close();
    // The port is free, and the call over, whatever the disk does.
    onClosed(this.#listeners.close());
    const heard = this.#listeners.counts;
    return {
      ...watched,
      ...this.#receiver.reception,
      ...this.#rtcp.seen,
      ...(heard && { buffer: heard }),
      sent: this.#sender.sent,
      digits: this.#digits,
      ...(this.#srtp.isSecure && { unauthentic: this.#socket.refused - this.#plain.count, unencrypted: this.#plain.count }),
    };
  }
}
