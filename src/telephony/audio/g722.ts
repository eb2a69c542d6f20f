import { type AudioDecoder, type AudioEncoder, MAX_PACKET_SAMPLES } from './codec-interface.ts';
import { LowerBand, UpperBand } from './g722-bands.ts';
import { BAND_TAPS, joiningFilters, splittingFilters } from './g722-filters.ts';

const splitting = splittingFilters();
const joining = joiningFilters();
/** Samples that are worked on at once. */
const BLOCK = 160;

/** G.722 at 64 kbit/s (ITU-T G.722, 2012) out of audio of 8000 samples per second: one byte for each sample. */
export class G722Encoder implements AudioEncoder {
  readonly #lower = new LowerBand();
  readonly #upper = new UpperBand();
  /** What the filters still need of the past, and then the frame. */
  readonly #line = new Float64Array(BAND_TAPS - 1 + BLOCK);

  encode(frame: Int16Array, target: Uint8Array, at: number): number {
    const line = this.#line;
    line.set(frame, BAND_TAPS - 1);
    for (let index = 0; index < frame.length; index++) {
      let lower = 0;
      let upper = 0;
      for (let tap = 0; tap < BAND_TAPS; tap++) {
        const sample = line[index + BAND_TAPS - 1 - tap] ?? 0;
        lower += sample * (splitting.lower[tap] ?? 0);
        upper += sample * (splitting.upper[tap] ?? 0);
      }
      target[at + index] = (this.#upper.encode(Math.round(upper)) << 6) | this.#lower.encode(Math.round(lower));
    }
    line.copyWithin(0, frame.length, frame.length + BAND_TAPS - 1);
    return frame.length;
  }

  close(): void {}
}

/** The other way, from packets of any length. */
export class G722Decoder implements AudioDecoder {
  readonly #lower = new LowerBand();
  readonly #upper = new UpperBand();
  readonly #lowerLine = new Float64Array(BAND_TAPS - 1 + BLOCK);
  readonly #upperLine = new Float64Array(BAND_TAPS - 1 + BLOCK);

  decode(payload: Uint8Array, target: Int16Array): number {
    const length = payload.length;
    if (length > MAX_PACKET_SAMPLES) return 0;
    for (let at = 0; at < length; at += BLOCK) this.#decodeBlock(payload, at, Math.min(BLOCK, length - at), target);
    return length;
  }

  close(): void {}

  #decodeBlock(payload: Uint8Array, at: number, length: number, target: Int16Array): void {
    const lowerLine = this.#lowerLine;
    const upperLine = this.#upperLine;
    for (let index = 0; index < length; index++) {
      const code = payload[at + index] ?? 0;
      lowerLine[BAND_TAPS - 1 + index] = this.#lower.decode(code & 0x3f);
      upperLine[BAND_TAPS - 1 + index] = this.#upper.decode(code >> 6);
      let sample = 0;
      for (let tap = 0; tap < BAND_TAPS; tap++) {
        const place = index + BAND_TAPS - 1 - tap;
        sample += (lowerLine[place] ?? 0) * (joining.lower[tap] ?? 0) + (upperLine[place] ?? 0) * (joining.upper[tap] ?? 0);
      }
      target[at + index] = Math.max(-32_768, Math.min(32_767, Math.round(sample)));
    }
    lowerLine.copyWithin(0, length, length + BAND_TAPS - 1);
    upperLine.copyWithin(0, length, length + BAND_TAPS - 1);
  }
}
