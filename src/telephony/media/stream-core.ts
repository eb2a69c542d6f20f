import type { Clock, Timer } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import type { Endpoint } from '../../wire/wire.ts';
import type { Prompt } from '../audio/prompt.ts';
import type { RtpSocket } from '../rtp/rtp-socket.ts';
import { isRtcp } from '../rtp/srtcp-packet.ts';
import { SrtpSession } from '../rtp/srtp-session.ts';
import { SrtpSocket } from '../rtp/srtp-socket.ts';
import type { BridgeEnd } from './far-side.ts';
import type { FrameClock, FrameSource } from './frame-clock.ts';
import { Latch } from './latch.ts';
import type {
  AgreedMedia,
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
import type { RoomStream } from './room-member.ts';
import { RtcpExchange } from './rtcp-exchange.ts';
import { StreamListeners } from './stream-listeners.ts';
import { StreamReceiving } from './stream-receiving.ts';
import { StreamSending } from './stream-sending.ts';
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
export class StreamCore implements MediaStream, FrameSource, RoomStream {
  readonly local: Endpoint;
  onDigitForPeer: ((digit: string) => void) | undefined;
  readonly #parts: Parts;
  readonly #srtp = new SrtpSession();
  readonly #socket: SrtpSocket;
  readonly #plain = new PlainPackets();
  readonly #rtcp: RtcpExchange;
  readonly #latch = new Latch();
  readonly #focus = new PeerFocus(this.#latch);
  readonly #watch = new StreamWatch();
  readonly #listeners: StreamListeners;
  readonly #sending: StreamSending;
  readonly #receiving: StreamReceiving;
  /** The room that it is in: then the room has its beat. */
  #membership: Membership | undefined;
  #agreed: AgreedMedia | undefined;
  /** Set between `start` and the first packet. */
  #firstTimer: Timer | undefined;
  #closed = false;
  #closing: Promise<MediaReport> | undefined;
  #framesToFocus = FOCUS_FRAMES;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { clock, random } = parts;
    this.local = parts.socket.local;
    this.#socket = new SrtpSocket(parts.socket, this.#srtp, (bytes) =>
      this.#watch.dropped(this.#plain.refused(bytes, this.#agreed) ? 'unencrypted' : 'unauthentic'),
    );
    const shared = { latch: this.#latch, watch: this.#watch };
    this.#listeners = new StreamListeners(
      clock,
      (change) => this.#receiving.digit(change, clock.now()),
      (recorder) => {
        this.#sending.callRecorder = recorder;
      },
    );
    const sending = new StreamSending({
      ...shared,
      socket: this.#socket,
      random,
      begin: () => this.begin(),
      onDigitForPeer: (digit) => this.onDigitForPeer?.(digit),
    });
    this.#sending = sending;
    this.#receiving = new StreamReceiving({ ...shared, listeners: this.#listeners, clock, sending });
    const { sender } = sending;
    this.#rtcp = new RtcpExchange({
      audio: this.#socket,
      own: new SrtpSocket(parts.rtcpSocket, this.#srtp),
      latch: this.#latch,
      clock,
      ssrc: sender.ssrc,
      random,
      sent: () => ({ packets: sender.sent, bytes: sender.payloadBytes, timestamp: sender.timestamp }),
      heard: () => this.#receiving.source,
      reported: () => this.#watch.reported(clock.now()),
    });
    this.#socket.onReceive((bytes, from) => this.#receive(bytes, from));
  }

  start(agreed: AgreedMedia): void {
    if (this.#closed) return;
    const first = this.#agreed === undefined;
    this.#agreed = agreed;
    const nowMs = this.#parts.clock.now();
    this.#watch.agree(agreed, nowMs);
    if (agreed.srtp) this.#srtp.secure(agreed.srtp);
    else this.#srtp.clear();
    this.#sending.agree(agreed);
    this.#receiving.agree(agreed);
    this.#rtcp.agree(agreed);
    this.#listeners.agree(agreed);
    if (agreed.isAnother) this.#latch.leave();
    if (this.#latch.aim(agreed.remote, agreed.rtpSource === 'offered') || !this.#latch.isHeard(nowMs)) {
      this.#focus.restart();
      this.#lookForPeer();
    }
    if (!first) return;
    this.#firstTimer = this.#parts.clock.after(0, () => this.begin());
    if (this.#sending.plays) this.begin();
  }

  answered(): void {
    this.#watch.answered(this.#parts.clock.now());
    this.#rtcp.answered();
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
    if (rules.interruptible && this.#receiving.collector.buffered && !signal.aborted) return Promise.resolve('barged');
    const played = this.#sending.play(prompt, rules, signal);
    this.begin();
    return played;
  }

  collect(rules: CollectRules, signal: AbortSignal): Promise<Collected> {
    return this.#closed ? Promise.reject(streamClosed) : this.#receiving.collector.collect(rules, signal);
  }

  pressed(digit: string): void {
    if (!this.#closed) this.#receiving.pressedBeside(digit);
  }

  silentMs(): Promise<number> {
    return this.#closed ? Promise.reject(streamClosed) : Promise.resolve(this.#watch.silentMs(this.#parts.clock.now()));
  }

  clearDigits(): void {
    this.#receiving.collector.clear();
  }

  async sendDigits(digits: string, signal: AbortSignal): Promise<void> {
    if (this.#closed) throw streamClosed;
    await this.#sending.sendDigits(digits, signal);
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
    this.#sending.side.join(other.#sending.side);
  }

  /** Joins this stream with one of another thread, which gets the other end. */
  bridgeAcross(end: BridgeEnd): void {
    if (this.#closed) throw streamClosed;
    this.leaveRoom();
    this.#sending.side.joinAcross(end, this.#parts.clock);
  }

  unbridge(): void {
    this.#sending.side.leave();
  }

  joinRoom(room: AudioRoom, muted: boolean): void {
    if (this.#closed) throw streamClosed;
    this.begin();
    this.#sending.side.leave();
    this.#membership?.leave();
    this.#parts.frameClock.remove(this);
    this.#membership = this.#parts.rooms.join(room, this, muted);
    this.#sending.listenTo(this.#membership.member);
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
    this.#sending.listenTo(undefined);
    this.#listeners.speakInRoom(false);
    if (this.#agreed && !this.#firstTimer) this.#parts.frameClock.add(this);
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
    this.#receiving.tick(nowMs);
    return this.#listeners.listens ? this.#listeners.frame(nowMs) : undefined;
  }

  send(lateMs: number, nowMs: number): void {
    this.#rtcp.tick(nowMs);
    if (--this.#framesToFocus <= 0) this.#lookForPeer();
    this.#sending.send(lateMs, nowMs);
  }

  skip(frames: number): void {
    this.#sending.sender.skip(frames);
    this.#listeners.skip(frames);
  }

  #receive(bytes: Uint8Array, from: Endpoint): void {
    if (isRtcp(bytes)) this.#rtcp.receive(bytes, from);
    else if (this.#receiving.receive(bytes, from)) this.#lookForPeer();
  }

  #lookForPeer(): void {
    this.#framesToFocus = FOCUS_FRAMES;
    this.#socket.only(this.#focus.next(this.#parts.clock.now()));
  }

  #close(): MediaReport {
    this.#closed = true;
    this.#sending.leave();
    this.leaveRoom();
    const { clock, frameClock, onClosed } = this.#parts;
    this.#firstTimer?.cancel();
    this.#firstTimer = undefined;
    frameClock.remove(this);
    const watched = this.#watch.end(clock.now());
    this.#rtcp.close();
    this.#socket.close();
    this.#sending.close(streamClosed);
    this.#receiving.close(streamClosed);
    // The port is free, and the call over, whatever the disk does.
    onClosed(this.#listeners.close());
    const heard = this.#listeners.counts;
    return {
      ...watched,
      ...this.#receiving.seen,
      ...this.#rtcp.seen,
      ...(heard && { buffer: heard }),
      sent: this.#sending.sender.sent,
      ...(this.#srtp.isSecure && { unauthentic: this.#socket.refused - this.#plain.count, unencrypted: this.#plain.count }),
    };
  }
}
