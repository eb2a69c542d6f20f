const MOST_NUMBERS = 10;
const NUMBER = /^\+[0-9][0-9 ().-]{1,30}$/;

/** The numbers of a text that names one, or several divided by commas, as they are written; undefined when it is something else. */
export function dialledNumbers(text: string): readonly string[] | undefined {
  const numbers = text.split(',').map((number) => number.trim());
  return numbers.length <= MOST_NUMBERS && numbers.every((number) => NUMBER.test(number)) ? numbers : undefined;
}
