import { FormatError } from './format.ts';
import type { Member, RootShape, Shape } from './shape.ts';

/** How the formats that have a row for each item see a type. */
export interface RowLayout {
  readonly row: Shape;
  /** The list whose items are the rows, when the type is a page of a list. Nothing else of the page is written. */
  readonly page: Member | undefined;
  /** Whether there may be any number of rows, not just one. */
  readonly isList: boolean;
}

/**
 * The rows of a list are its items, those of a page (`ListResponse<SessionInfo>`) the items of the page, and any other value is one row
 * (servicestack.md 2.4). A page is a type that begins with a list of objects.
 */
export function rowLayoutOf(shape: Shape): RowLayout {
  if (shape.kind === 'list') return { row: shape.item, page: undefined, isList: true };
  const [first] = shape.kind === 'object' ? shape.members : [];
  if (first?.shape.kind === 'list' && first.shape.item.kind === 'object') return { row: first.shape.item, page: first, isList: true };
  return { row: shape, page: undefined, isList: false };
}

/** The rows of a value of this layout. */
export function rowsOf(value: unknown, { page, isList }: RowLayout): readonly unknown[] {
  const list: unknown = page && typeof value === 'object' && value !== null ? Reflect.get(value, page.jsonName) : value;
  if (isList) return Array.isArray(list) ? list : [];
  return [value];
}

/** The value that has these rows. @throws FormatError when there is not exactly one where there has to be. */
export function fromRows(rows: readonly unknown[], shape: RootShape): unknown {
  const { page, isList } = rowLayoutOf(shape);
  if (page) return { [page.jsonName]: rows };
  if (isList) return rows;
  if (rows.length !== 1) throw new FormatError(`The body has ${rows.length} rows where one belongs`);
  return rows[0];
}
