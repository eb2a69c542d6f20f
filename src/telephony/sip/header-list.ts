import { type HeaderName, headerName } from './header-name.ts';

/**
 * The headers of one message, in order. Names are matched without regard to case and compact forms stand for the long ones,
 * so `first('v')` is `first('Via')`. A value is one header line, unfolded and trimmed; a line may hold several values with
 * commas between them: see `listValues`. Nothing is checked here: `writeMessage` refuses what would break out of a line.
 */
export class HeaderList {
  readonly #names: HeaderName[] = [];
  readonly #values: string[] = [];

  constructor(entries: Iterable<readonly [name: string, value: string]> = []) {
    for (const [name, value] of entries) this.add(name, value);
  }

  /** How many header lines there are. */
  get size(): number {
    return this.#names.length;
  }

  /** The topmost line of this name. */
  first(name: string): string | undefined {
    return this.#values[this.#indexOf(headerName(name).key)];
  }

  /** Every line of this name, topmost first. */
  all(name: string): string[] {
    const { key } = headerName(name);
    const found: string[] = [];
    for (let index = 0; index < this.#names.length; index++) {
      if (this.#names[index]?.key === key) found.push(this.#values[index] ?? '');
    }
    return found;
  }

  /** Appends a line below all others. */
  add(name: string, value: string): void {
    this.append(headerName(name), value);
  }

  /** `add` for a name that is resolved already. */
  append(name: HeaderName, value: string): void {
    this.#names.push(name);
    this.#values.push(value);
  }

  /** Puts a line above all others, as a Via is added (RFC 3261 section 8.1.1.7). */
  prepend(name: string, value: string): void {
    this.#names.unshift(headerName(name));
    this.#values.unshift(value);
  }

  /** Makes `value` the only line of this name: in the place of the topmost one, at the end when there was none. */
  set(name: string, value: string): void {
    const wanted = headerName(name);
    const index = this.#indexOf(wanted.key);
    if (index === -1) {
      this.append(wanted, value);
      return;
    }
    this.#values[index] = value;
    this.#removeFrom(index + 1, wanted.key);
  }

  /** Removes every line of this name. */
  remove(name: string): void {
    this.#removeFrom(0, headerName(name).key);
  }

  /** Name (known ones in their usual spelling) and value of each line, in order. */
  *entries(): Generator<readonly [name: string, value: string]> {
    for (const [index, name] of this.#names.entries()) yield [name.text, this.#values[index] ?? ''];
  }

  #indexOf(key: string): number {
    const names = this.#names;
    for (let index = 0; index < names.length; index++) {
      if (names[index]?.key === key) return index;
    }
    return -1;
  }

  #removeFrom(start: number, key: string): void {
    for (let index = this.#names.length - 1; index >= start; index--) {
      if (this.#names[index]?.key !== key) continue;
      this.#names.splice(index, 1);
      this.#values.splice(index, 1);
    }
  }
}
