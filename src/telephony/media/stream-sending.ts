import type { Random } from '../../kernel/random.ts';
import type { Endpoint } from '../../wire/wire.ts';
import type { Prompt } from '../audio/prompt.ts';
import type { RtpSocket } from '../rtp/rtp-socket.ts';
import { type BridgedStream, BridgeSide } from './bridge-side.ts';
import type { CallRecorder } from './call-recorder.ts';
import { DigitOutput } from './digit-output.ts';
import { DigitTones } from './digit-tones.ts';
import type { Latch } from './latch.ts';
import type { AgreedMedia, PlayRules } from './media-port.ts';
import { type FramePlayer, Player } from './player.ts';
import { RtpSender } from './rtp-sender.ts';
import type { StreamWatch } from './stream-watch.ts';

interface Parts {
  readonly socket: RtpSocket;
  readonly random: Random;
  readonly latch: Latch;
  readonly watch: StreamWatch;
  /** Has the stream send its first packet, if it has not yet. */
  readonly begin: () => void;
  /** Takes a digit of the other side of a bridge for a peer that is told digits beside its stream. */
  readonly onDigitForPeer: (digit: string) => void;
}

/**
 * What one stream sends in each frame: digits before prompts, both before the room that it is in, and silence when there is nothing else. What the
 * other side of its bridge says is sent when it comes, while there is neither digit nor prompt, and in its pauses the noise that it says is there.
 */
export class StreamSending implements BridgedStream {
  readonly sender: RtpSender;
  readonly watch: StreamWatch;
  readonly side: BridgeSide;
  /** The recording of the whole call that goes on. */
  callRecorder: CallRecorder | undefined;
  readonly #latch: Latch;
  readonly #begin: () => void;
  readonly #onDigitForPeer: (digit: string) => void;
  readonly #player = new Player();
  readonly #digits = new DigitOutput();
  readonly #tones = new DigitTones();
  /** What the room that it is in gives it to send. */
  #room: FramePlayer | undefined;
  #agreed: AgreedMedia | undefined;
  /** Whether the agreement lets us send. */
  #maySend = false;
  #hasBegun = false;

  constructor(parts: Parts) {
    this.#latch = parts.latch;
    this.#begin = parts.begin;
    this.#onDigitForPeer = parts.onDigitForPeer;
    this.watch = parts.watch;
    this.sender = new RtpSender(parts.socket, parts.random);
    this.side = new BridgeSide(this);
  }

  /** Whether a prompt is being played. */
  get plays(): boolean {
    return this.#player.active;
  }

  get open(): AgreedMedia | undefined {
    if (!this.#hasBegun && this.#agreed) {
      this.#hasBegun = true;
      this.#begin();
    }
    return this.#maySend && !this.#player.active && !this.#digits.active ? this.#agreed : undefined;
  }

  get to(): Endpoint | undefined {
    return this.#latch.target;
  }

  /** The agreement begins or changes. */
  agree(agreed: AgreedMedia): void {
    this.#agreed = agreed;
    this.#maySend = agreed.direction === 'sendrecv' || agreed.direction === 'sendonly';
    this.sender.use(agreed.codec, agreed.payloadType, agreed.telephoneEventRate);
  }

  /** See MediaStream.play. */
  play(prompt: Prompt, rules: PlayRules, signal: AbortSignal): Promise<'finished' | 'barged'> {
    return this.#player.play(prompt, rules, signal);
  }

  /** A key was pressed: ends every prompt that it may interrupt. */
  barge(): void {
    this.#player.barge();
  }

  /** See MediaStream.sendDigits. */
  async sendDigits(digits: string, signal: AbortSignal): Promise<void> {
    await this.#digits.send(digits, signal);
  }

  /** From now on a room gives what is sent while there is neither digit nor prompt; undefined: none does. */
  listenTo(room: FramePlayer | undefined): void {
    this.#room = room;
  }

  press(digit: string): void {
    if (this.#agreed?.digitsBeside) this.#onDigitForPeer(digit);
    else if (this.#agreed?.telephoneEvent !== undefined) this.#digits.pass(digit);
  }

  /** Sends the next frame, `lateMs` after it was due. */
  send(lateMs: number, nowMs: number): void {
    const { sender } = this;
    const agreed = this.#agreed;
    const to = this.#latch.target;
    if (!agreed || !to) return;
    const digit = this.#digits.next();
    if (!this.#maySend) {
      sender.mute(digit ? undefined : this.#player);
      return;
    }
    // What the other side of a bridge says is sent when it comes.
    if (!digit && !this.#player.active && this.side.speaks(nowMs)) {
      sender.skip(1);
      return;
    }
    if (digit?.kind === 'event' && agreed.telephoneEvent !== undefined) {
      sender.sendEvent(agreed.telephoneEvent, digit.event, digit.first, to);
    } else {
      if (digit) this.#tones.next(digit);
      const player = digit ? this.#tones : this.#player.active ? this.#player : (this.#room ?? this.side.noisePlayer ?? this.#player);
      const timestamp = sender.sendAudio(player, to);
      this.callRecorder?.sent(agreed.codec, sender.sentSamples(), timestamp, nowMs);
    }
    this.watch.sent(lateMs, nowMs);
  }

  /** The stream is about to be closed: the bridge is over, and so nothing more is passed on to its peer. */
  leave(): void {
    this.side.leave();
  }

  /** Rejects whatever waits to be sent. */
  close(error: unknown): void {
    this.#player.close(error);
    this.#digits.close(error);
    this.sender.close();
  }
}
