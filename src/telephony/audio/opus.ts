import type { AudioDecoder, AudioEncoder } from './codec-interface.ts';
import { opusModule, PACKET_ROOM, SAMPLE_ROOM } from './opus-module.ts';

// Opus (RFC 6716) for audio of 8000 samples per second. libopus changes the rate itself, whatever the other side sends: it codes narrowband out
// of our frames, and decodes any packet, of any bandwidth and with two channels too, to 8000 Hz mono.

const SAMPLE_RATE = 8000;
const VOICE_OVER_IP = 2048;
const SET_BITRATE = 4002;
const SET_COMPLEXITY = 4010;
const SET_INBAND_FEC = 4012;
const SET_PACKET_LOSS = 4014;

/** Enough for narrowband speech (RFC 7587 section 3.1.1 says 8 to 12 kbit/s) and a second, coarser copy of each frame. */
const BITRATE = 20_000;
/** Of 10. Beyond it a call costs twice the CPU for what nobody hears at 8000 Hz. */
const COMPLEXITY = 3;
const CONCEALED_STEP = 20;
const nothing = new Uint8Array(0);
/** So much loss the copies are made for. */
const EXPECTED_LOSS_PERCENT = 10;

/** Encodes narrowband speech, each packet with a coarser copy of the frame before it (in-band FEC). */
export class OpusEncoder implements AudioEncoder {
  readonly #opus = opusModule();
  #state: number;

  constructor() {
    const { lib } = this.#opus;
    this.#state = this.#opus.take(lib.opus_encoder_get_size(1));
    const settings = [
      [SET_BITRATE, BITRATE],
      [SET_COMPLEXITY, COMPLEXITY],
      [SET_INBAND_FEC, 1],
      [SET_PACKET_LOSS, EXPECTED_LOSS_PERCENT],
    ] as const;
    const code = lib.opus_encoder_init(this.#state, SAMPLE_RATE, 1, VOICE_OVER_IP);
    if (code !== 0) throw new Error(`libopus made no encoder: ${code}`);
    for (const [request, value] of settings) lib.opus_encoder_ctl_set(this.#state, request, value);
  }

  encode(frame: Int16Array, target: Uint8Array, at: number): number {
    if (this.#state === 0) return 0;
    const { lib, samples, samplesAt, packetAt } = this.#opus;
    samples.set(frame);
    const room = Math.min(PACKET_ROOM, target.length - at);
    const length = Math.max(0, lib.opus_encode(this.#state, samplesAt, frame.length, packetAt, room));
    const { packet } = this.#opus;
    for (let index = 0; index < length; index++) target[at + index] = packet[index] ?? 0;
    return length;
  }

  close(): void {
    if (this.#state !== 0) this.#opus.giveBack(this.#state);
    this.#state = 0;
  }
}

/** Decodes whatever bandwidth and number of channels comes. */
export class OpusDecoder implements AudioDecoder {
  readonly #opus = opusModule();
  #state: number;

  constructor() {
    const { lib } = this.#opus;
    this.#state = this.#opus.take(lib.opus_decoder_get_size(1));
    const code = lib.opus_decoder_init(this.#state, SAMPLE_RATE, 1);
    if (code !== 0) throw new Error(`libopus made no decoder: ${code}`);
  }

  decode(payload: Uint8Array, target: Int16Array): number {
    return payload.length === 0 ? 0 : this.#decode(payload, SAMPLE_ROOM, 0, target);
  }

  conceal(missing: number, next: Uint8Array | undefined, target: Int16Array): number {
    // libopus makes up what is lost in steps of 2.5 ms; of the copy of a frame it wants to know how long that was.
    const wanted = Math.min(missing - (missing % CONCEALED_STEP), SAMPLE_ROOM);
    return wanted === 0 ? 0 : this.#decode(next ?? nothing, wanted, next === undefined ? 0 : 1, target);
  }

  close(): void {
    if (this.#state !== 0) this.#opus.giveBack(this.#state);
    this.#state = 0;
  }

  #decode(payload: Uint8Array, most: number, useFec: 0 | 1, target: Int16Array): number {
    const { lib, packet, packetAt, samplesAt } = this.#opus;
    if (this.#state === 0 || payload.length > PACKET_ROOM) return 0;
    packet.set(payload);
    // Without a packet libopus makes the samples up.
    const from = payload.length === 0 ? 0 : packetAt;
    const count = Math.max(0, lib.opus_decode(this.#state, from, payload.length, samplesAt, most, useFec));
    const { samples } = this.#opus;
    for (let index = 0; index < count; index++) target[index] = samples[index] ?? 0;
    return count;
  }
}
