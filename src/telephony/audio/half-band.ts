const LENGTH = 47;
/** The shape of the Kaiser window: 60 dB of attenuation. */
const BETA = 5.65;

/**
 * A low-pass filter of a quarter of the sample rate, for doubling or halving the rate: at 16000 Hz flat within 0.1 dB up to 3400 Hz, and 55 dB
 * down from 4600 Hz on (a sinc under a Kaiser window, 47 taps). Its gain at 0 Hz is 1.
 */
export function halfBandTaps(): Float64Array {
  const middle = (LENGTH - 1) / 2;
  const taps = Float64Array.from({ length: LENGTH }, (_, index) => {
    const distance = index - middle;
    const sinc = distance === 0 ? 0.5 : Math.sin((Math.PI * distance) / 2) / (Math.PI * distance);
    return sinc * (besselI0(BETA * Math.sqrt(1 - (distance / (middle + 1)) ** 2)) / besselI0(BETA));
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}

/** The modified Bessel function of order zero, by its series. */
function besselI0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let index = 1; index < 30; index++) {
    term *= (x / (2 * index)) ** 2;
    sum += term;
  }
  return sum;
}
