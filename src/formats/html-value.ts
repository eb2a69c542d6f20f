import { type Markup, markup, nothing } from './html-markup.ts';
import type { Member, ObjectShape, Shape } from './shape.ts';

/** Characters of a value that a page shows at most, where a member counts as some: what the limit holds is written within milliseconds. */
const MAX_SHOWN = 100_000;
const COST_OF_VALUE = 20;
/** Items of a list that can be shown at most, whatever they are. */
const MAX_ITEMS = MAX_SHOWN / COST_OF_VALUE;

export interface ShownValue {
  readonly markup: Markup;
  /** Whether nothing was left out because there is so much. */
  readonly isWhole: boolean;
}

/** A value as tables and lists for people. Members that the shape does not declare are left out. */
export function showValue(value: unknown, shape: Shape): ShownValue {
  const printer = new Printer();
  const printed = printer.print(value, shape);
  return { markup: printed, isWhole: printer.isWhole };
}

class Printer {
  isWhole = true;
  #left = MAX_SHOWN;

  print(value: unknown, shape: Shape): Markup {
    this.#left -= COST_OF_VALUE;
    switch (shape.kind) {
      case 'list':
        return Array.isArray(value) ? this.#list(value, shape.item) : nothing;
      case 'map':
        return isObject(value) ? this.#map(value, shape.value) : nothing;
      case 'object':
        return isObject(value) ? this.#object(value, shape) : nothing;
      default:
        return value === undefined || value === null ? nothing : this.#text(String(value));
    }
  }

  #text(text: string): Markup {
    if (text.length > this.#left) this.isWhole = false;
    const shown = this.#left > 0 ? text.slice(0, this.#left) : '';
    this.#left -= shown.length;
    return shown.length === text.length ? markup`${text}` : markup`${shown}…`;
  }

  #list(items: readonly unknown[], shape: Shape): Markup {
    if (items.length === 0) return markup`none`;
    if (shape.kind === 'object') return this.#table(items, shape);
    return markup`<ol>${this.#each(items, (item) => markup`<li>${this.print(item, shape)}</li>`)}</ol>`;
  }

  /** A row for each item. Members that no item has get no column. */
  #table(items: readonly unknown[], shape: ObjectShape): Markup {
    const first = items.slice(0, MAX_ITEMS).filter(isObject);
    const columns = shape.members.filter((member) => first.some((item) => hasMember(item, member)));
    const rows = this.#each(items, (item) => {
      const shown = (member: Member) => (isObject(item) ? this.print(memberOf(item, member), member.shape) : nothing);
      return markup`<tr>${columns.map((member) => markup`<td>${shown(member)}</td>`)}</tr>`;
    });
    const heads = columns.map(({ jsonName }) => markup`<th scope="col">${jsonName}</th>`);
    return markup`<table><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table>`;
  }

  #map(map: object, shape: Shape): Markup {
    const entries = Object.entries(map).filter(([, value]) => value !== undefined && value !== null);
    return this.#rows(entries, ([key, value]) => row(this.#text(key), this.print(value, shape)));
  }

  #object(object: object, shape: ObjectShape): Markup {
    const members = shape.members.filter((member) => hasMember(object, member));
    return this.#rows(members, (member) => row(markup`${member.jsonName}`, this.print(memberOf(object, member), member.shape)));
  }

  #rows<Item>(items: readonly Item[], show: (item: Item) => Markup): Markup {
    return items.length === 0 ? markup`none` : markup`<table><tbody>${this.#each(items, show)}</tbody></table>`;
  }

  /** The items, until there is no room for more. */
  #each<Item>(items: readonly Item[], show: (item: Item) => Markup): readonly Markup[] {
    const shown: Markup[] = [];
    for (const item of items) {
      if (this.#left <= 0) {
        this.isWhole = false;
        break;
      }
      shown.push(show(item));
    }
    return shown;
  }
}

function row(name: Markup, value: Markup): Markup {
  return markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>`;
}

function hasMember(object: object, member: Member): boolean {
  const value = memberOf(object, member);
  return value !== undefined && value !== null;
}

function memberOf(object: object, { jsonName }: Member): unknown {
  return Reflect.get(object, jsonName);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
