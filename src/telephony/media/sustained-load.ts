/** So many looks in a row make a difference. */
const LOOKS = 4;

/** Whether somebody has had too much to do for some time, and not only for a moment. Pure: it is told what is seen at each look. */
export class SustainedLoad {
  #isOver = false;
  #othersInRow = 0;

  get isOver(): boolean {
    return this.#isOver;
  }

  /** It was looked, and this is how it was. Answers whether that changed what is said of it. */
  look(isOver: boolean): boolean {
    if (isOver === this.#isOver) {
      this.#othersInRow = 0;
      return false;
    }
    if (++this.#othersInRow < LOOKS) return false;
    this.#othersInRow = 0;
    this.#isOver = isOver;
    return true;
  }
}
