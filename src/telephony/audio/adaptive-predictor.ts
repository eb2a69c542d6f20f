/**
 * The adaptive predictor of one sub-band of G.722 (ITU-T G.722, 2012, block 4: two poles, six zeros), in the integer arithmetic that the
 * recommendation prescribes, so that coder and decoder stay alike bit for bit.
 */
export class AdaptivePredictor {
  /** The predicted value of the next sample. */
  prediction = 0;
  #ofZeros = 0;
  #pole1 = 0;
  #pole2 = 0;
  readonly #zeros = new Int32Array(ZEROS);
  /** The latest differences, the newest first. */
  readonly #differences = new Int32Array(ZEROS);
  #reconstructed1 = 0;
  #reconstructed2 = 0;
  /** Whether the latest two partly reconstructed values were negative: 0 or -1. */
  #sign1 = 0;
  #sign2 = 0;

  /** The next sample was so much off the prediction, as far as the receiver is told. */
  update(difference: number): void {
    const reconstructed = saturate(this.prediction + difference);
    const sign = saturate(this.#ofZeros + difference) >> 15;
    this.#adaptPoles(sign);
    this.#adaptZeros(difference);
    this.#reconstructed2 = this.#reconstructed1;
    this.#reconstructed1 = reconstructed;
    this.#sign2 = this.#sign1;
    this.#sign1 = sign;
    this.#predict();
  }

  /** UPPOL2 and UPPOL1. */
  #adaptPoles(sign: number): void {
    const before = saturate(this.#pole1 * 4);
    const turned = Math.min(sign === this.#sign1 ? -before : before, 32_767);
    const second = (sign === this.#sign2 ? 128 : -128) + (turned >> 7) + ((this.#pole2 * 32_512) >> 15);
    const pole2 = second > 12_288 ? 12_288 : second < -12_288 ? -12_288 : second;
    const first = saturate((sign === this.#sign1 ? 192 : -192) + ((this.#pole1 * 32_640) >> 15));
    const most = 15_360 - pole2;
    this.#pole1 = first > most ? most : first < -most ? -most : first;
    this.#pole2 = pole2;
  }

  /** UPZERO and DELAYA. */
  #adaptZeros(difference: number): void {
    const zeros = this.#zeros;
    const differences = this.#differences;
    const step = difference === 0 ? 0 : 128;
    const sign = difference >> 15;
    for (let index = ZEROS - 1; index >= 0; index--) {
      const delayed = differences[index] ?? 0;
      zeros[index] = saturate((delayed >> 15 === sign ? step : -step) + (((zeros[index] ?? 0) * 32_640) >> 15));
      if (index + 1 < ZEROS) differences[index + 1] = delayed;
    }
    differences[0] = difference;
  }

  /** FILTEP, FILTEZ and PREDIC. */
  #predict(): void {
    const poles = ((this.#pole1 * saturate(2 * this.#reconstructed1)) >> 15) + ((this.#pole2 * saturate(2 * this.#reconstructed2)) >> 15);
    let zeros = 0;
    for (let index = 0; index < ZEROS; index++) {
      zeros += ((this.#zeros[index] ?? 0) * saturate(2 * (this.#differences[index] ?? 0))) >> 15;
    }
    this.#ofZeros = saturate(zeros);
    this.prediction = saturate(saturate(poles) + this.#ofZeros);
  }
}

const ZEROS = 6;

/** The nearest value that 16 bits hold. */
export function saturate(value: number): number {
  return value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
}
