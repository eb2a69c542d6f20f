import { FormatError } from './format.ts';
import { endOfBare, endOfName, endOfQuoted, sign, skipBlanks, trimBlanks, unquote } from './jsv-text.ts';
import { checkItems, checkLength, limits, tooDeep, tooMany } from './limits.ts';
import { checkKey, misfit } from './misfit.ts';
import { readScalar } from './scalar.ts';
import { type ListShape, type MapShape, memberNamed, type ObjectShape, type RootShape, type ScalarShape, type Shape } from './shape.ts';
import { readAlongTrail, type Trail } from './trail.ts';

/**
 * The value of a JSV text (servicestack.md 2.3): names without regard to case, unknown members ignored, quotes where the sender likes.
 * Nothing between two signs is an absent value; the empty text is `""`.
 * @throws FormatError when the text is not JSV, does not fit the shape, or exceeds the limits.
 */
export function readJsv(text: string, shape: RootShape): unknown {
  return readAlongTrail((trail) => new Reader(text, trail).whole(shape));
}

/**
 * The value of a member that stands alone, in a query, form (servicestack.md 1.4) or cell of CSV (2.4): a text as it stands, `1,2` or
 * `[1,2]` for a list, JSV for the rest. Undefined for an empty number, flag or enum.
 * @param trail where the member is.
 * @throws FormatError, with `trail` at the place, when the text does not fit the shape or exceeds the limits.
 */
export function readJsvMember(text: string, shape: Shape, trail: Trail): unknown {
  switch (shape.kind) {
    case 'list': {
      const trimmed = trimBlanks(text);
      return new Reader(trimmed.startsWith('[') ? trimmed : `[${trimmed}]`, trail).whole(shape);
    }
    case 'map':
    case 'object':
      return new Reader(text, trail).whole(shape);
    default:
      return readScalar(shape, text);
  }
}

/** Reads one text from its begin to its end, in one pass. */
class Reader {
  readonly #text: string;
  readonly #trail: Trail;
  #at = 0;
  #depth = 0;
  #values = 0;

  constructor(text: string, trail: Trail) {
    checkLength(text);
    this.#text = text;
    this.#trail = trail;
  }

  whole(shape: ListShape | MapShape | ObjectShape): unknown {
    const opening = shape.kind === 'list' ? '[' : '{';
    this.#at = skipBlanks(this.#text, 0);
    if (this.#text[this.#at] !== opening) throw new FormatError(`The body does not begin with '${opening}'`);
    const value = this.#structure(shape);
    if (shape.kind === 'list' && Array.isArray(value)) checkItems(value.length);
    this.#at = skipBlanks(this.#text, this.#at);
    if (this.#at < this.#text.length) throw new FormatError('The body goes on behind its end');
    return value;
  }

  /** The value at this place, which ends before a comma or `closer`; undefined for none. */
  #value(shape: Shape, closer: number): unknown {
    switch (shape.kind) {
      case 'list':
      case 'map':
      case 'object':
        if (this.#endsHere(closer)) return undefined;
        return this.#structure(shape);
      default:
        return this.#scalar(shape, closer);
    }
  }

  #structure(shape: ListShape | MapShape | ObjectShape): unknown {
    const open = skipBlanks(this.#text, this.#at);
    if (this.#text.charCodeAt(open) !== (shape.kind === 'list' ? sign.openList : sign.openObject)) throw misfit(shape);
    return this.#enter(open, () => this.#content(shape));
  }

  #content(shape: ListShape | MapShape | ObjectShape): unknown {
    switch (shape.kind) {
      case 'list':
        return this.#list(shape);
      case 'map':
        return this.#map(shape);
      case 'object':
        return this.#object(shape);
    }
  }

  #list(shape: ListShape): unknown[] {
    const list: unknown[] = [];
    this.#each(sign.closeList, () => {
      this.#trail.push(list.length);
      const item = this.#value(shape.item, sign.closeList);
      if (item !== undefined) list.push(item);
      this.#trail.pop();
    });
    return list;
  }

  #map(shape: MapShape): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    this.#each(sign.closeObject, () => {
      const key = this.#name();
      checkKey(key);
      this.#trail.push(key);
      const entry = this.#value(shape.value, sign.closeObject);
      if (entry !== undefined) map[key] = entry;
      this.#trail.pop();
    });
    return map;
  }

  #object(shape: ObjectShape): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#each(sign.closeObject, () => {
      const member = memberNamed(shape, trimBlanks(this.#name()));
      if (!member) {
        this.#skip(sign.closeObject);
        return;
      }
      this.#trail.push(member.name);
      const read = this.#value(member.shape, sign.closeObject);
      if (read !== undefined) object[member.jsonName] = read;
      this.#trail.pop();
    });
    return object;
  }

  /** Calls `readOne` for each item up to `closer`, and goes behind that. */
  #each(closer: number, readOne: () => void): void {
    // White space is a text, and so an item; a name it cannot be.
    if (this.#endsAt(closer === sign.closeList ? this.#at : skipBlanks(this.#text, this.#at), closer)) return;
    for (;;) {
      if (++this.#values > limits.elements) throw tooMany();
      readOne();
      const end = skipBlanks(this.#text, this.#at);
      if (this.#endsAt(end, closer)) return;
      if (this.#text.charCodeAt(end) !== sign.comma) throw new FormatError(end < this.#text.length ? 'is not JSV' : 'is cut short');
      this.#at = end + 1;
    }
  }

  #endsAt(place: number, closer: number): boolean {
    if (this.#text.charCodeAt(place) !== closer) return false;
    this.#at = place + 1;
    return true;
  }

  #endsHere(closer: number): boolean {
    const code = this.#text.charCodeAt(skipBlanks(this.#text, this.#at));
    return code === sign.comma || code === closer;
  }

  /** A name and the colon behind it. */
  #name(): string {
    const start = skipBlanks(this.#text, this.#at);
    if (this.#text.charCodeAt(start) === sign.quote) {
      const end = endOfQuoted(this.#text, start);
      const colon = skipBlanks(this.#text, end);
      if (this.#text.charCodeAt(colon) !== sign.colon) throw new FormatError('has a name without a colon');
      this.#at = colon + 1;
      return unquote(this.#text, start, end);
    }
    const colon = endOfName(this.#text, this.#at);
    if (colon === -1) throw new FormatError('has a name without a colon');
    const name = this.#text.slice(this.#at, colon);
    this.#at = colon + 1;
    return name;
  }

  #scalar(shape: ScalarShape, closer: number): string | number | boolean | undefined {
    const start = skipBlanks(this.#text, this.#at);
    const code = this.#text.charCodeAt(start);
    if (code === sign.quote) {
      const end = endOfQuoted(this.#text, start);
      this.#at = end;
      return readScalar(shape, unquote(this.#text, start, end));
    }
    if (code === sign.openList || code === sign.openObject) throw misfit(shape);
    const end = endOfBare(this.#text, this.#at, closer);
    const bare = this.#text.slice(this.#at, end);
    this.#at = end;
    return bare === '' ? undefined : readScalar(shape, bare);
  }

  /** Passes over the value of a member that nobody knows. */
  #skip(closer: number): void {
    const start = skipBlanks(this.#text, this.#at);
    switch (this.#text.charCodeAt(start)) {
      case sign.quote:
        this.#at = endOfQuoted(this.#text, start);
        break;
      case sign.openList:
        this.#enter(start, () => this.#each(sign.closeList, () => this.#skip(sign.closeList)));
        break;
      case sign.openObject:
        this.#enter(start, () =>
          this.#each(sign.closeObject, () => {
            this.#name();
            this.#skip(sign.closeObject);
          }),
        );
        break;
      default:
        this.#at = endOfBare(this.#text, this.#at, closer);
    }
  }

  /** Reads what the bracket at `open` opens. */
  #enter<Value>(open: number, read: () => Value): Value {
    if (++this.#depth > limits.depth) throw tooDeep();
    this.#at = open + 1;
    const value = read();
    this.#depth--;
    return value;
  }
}
