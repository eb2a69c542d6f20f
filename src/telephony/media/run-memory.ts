/** The longest that packets wait to be handed on together: more than comes in the 400 ms between two times. */
export const MOST_RUN_SAMPLES = 560 * 8;
export const MOST_RUN_PACKETS = 56;

/** Numbers of 32 bits for each place: a few for the whole, and behind them, from `LATE_AT` on, one of 16 bits for each packet. */
export const RUN_NUMBERS = 48;
/** Counted in numbers of 16 bits. */
export const LATE_AT = 16;
const FIRST_PLACES = 64;

/**
 * What waits of all runs of a thread, in places of one size. A run that is an object with arrays of its own is spread over ten lines of memory, and
 * between two packets of a call all other calls have pushed them out of the caches; of a place a packet touches its own bytes and one or two more.
 */
export const runMemory = {
  bytes: new Uint8Array(FIRST_PLACES * MOST_RUN_SAMPLES),
  numbers: new Int32Array(FIRST_PLACES * RUN_NUMBERS),
  late: new Int16Array(0),
};
runMemory.late = new Int16Array(runMemory.numbers.buffer);

const free = Array.from({ length: FIRST_PLACES }, (_, place) => place);
let places = FIRST_PLACES;

/** A place, the one that was given back last if there is. */
export function takeRunPlace(): number {
  if (free.length === 0) doublePlaces();
  return free.pop() ?? 0;
}

/** Nobody may use the place from now on. */
export function giveBackRunPlace(place: number): void {
  free.push(place);
}

/** How many places are in use. */
export function runPlacesInUse(): number {
  return places - free.length;
}

function doublePlaces(): void {
  const { bytes, numbers } = runMemory;
  runMemory.bytes = new Uint8Array(2 * bytes.length);
  runMemory.bytes.set(bytes);
  runMemory.numbers = new Int32Array(2 * numbers.length);
  runMemory.numbers.set(numbers);
  runMemory.late = new Int16Array(runMemory.numbers.buffer);
  for (let place = places; place < 2 * places; place++) free.push(place);
  places *= 2;
}
