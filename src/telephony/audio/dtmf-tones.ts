const SAMPLE_RATE = 8000;

/** The frequencies of a key: that of its row, then that of its column, in Hz (ITU-T Q.23). */
export const rowsHz = [697, 770, 852, 941] as const;
export const columnsHz = [1209, 1336, 1477, 1633] as const;
const KEYS = '123A456B789C*0#D';
/** The order of the event codes of RFC 4733. */
const EVENTS = '0123456789*#ABCD';

/** The key of a row and a column, each counted from 0. */
export function keyAt(row: number, column: number): string {
  return KEYS.charAt(row * columnsHz.length + column);
}

/** Where a key is; undefined for anything else. */
export function placeOfKey(key: string): { readonly row: number; readonly column: number } | undefined {
  const at = KEYS.indexOf(key);
  return at < 0 || key.length !== 1 ? undefined : { row: Math.floor(at / columnsHz.length), column: at % columnsHz.length };
}

/** Peak of each of the two, 9 dB below full scale; that of the column is 2 dB higher, since lines take more from it (ITU-T Q.23). */
const ROW_PEAK = 9200;
const COLUMN_PEAK = 11_600;
/** Without a ramp the beginning and the end are heard as clicks, and as other keys. */
const RAMP_SAMPLES = 16;

/** The tones of one key, frame by frame. Every call goes on where the one before ended, and `isLast` lets them fade out. */
export class DtmfTone {
  readonly #rowStep: number;
  readonly #columnStep: number;
  #at = 0;

  /** @throws RangeError when `event` is not the code of a key (RFC 4733: 0 to 15). */
  constructor(event: number) {
    const place = placeOfKey(EVENTS.charAt(event));
    if (!place) throw new RangeError('Not a key of a telephone');
    this.#rowStep = (2 * Math.PI * (rowsHz[place.row] ?? 0)) / SAMPLE_RATE;
    this.#columnStep = (2 * Math.PI * (columnsHz[place.column] ?? 0)) / SAMPLE_RATE;
  }

  /** Fills `frame` with the next samples. */
  fill(frame: Int16Array, isLast: boolean): void {
    for (let index = 0; index < frame.length; index++, this.#at++) {
      const fade = Math.min(1, (this.#at + 1) / RAMP_SAMPLES, isLast ? (frame.length - index) / RAMP_SAMPLES : 1);
      frame[index] = Math.round(
        fade * (ROW_PEAK * Math.sin(this.#at * this.#rowStep) + COLUMN_PEAK * Math.sin(this.#at * this.#columnStep)),
      );
    }
  }
}
