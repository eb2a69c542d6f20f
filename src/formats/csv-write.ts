import { writeJsv } from './jsv-write.ts';
import { rowLayoutOf, rowsOf } from './rows.ts';
import { type Member, memberNamed, type ObjectShape, type Shape } from './shape.ts';

const NEW_LINE = '\r\n';

/** A cell with one of these anywhere, or with a bracket at its begin, is put in quotes. */
const SPECIAL = /[",\r\n]|^[{[]/;

/**
 * CSV as ServiceStack writes it (servicestack.md 2.4): a line of PascalCase names and a line for each row; what is no single value is JSV.
 * An error is its `ResponseStatus` alone. Absent values and empty texts look the same.
 */
export function writeCsv(value: unknown, shape: Shape): string {
  const layout = rowLayoutOf(shape);
  const rows = rowsOf(value, layout);
  const { row } = layout;
  if (row.kind !== 'object') return rows.map((item) => line([cell(item, row)])).join('');
  const columns = columnsOf(value, row);
  let text = line(columns.map((member) => member.name));
  for (const item of rows) {
    const object = Object(item);
    text += line(columns.map((member) => cell(Reflect.get(object, member.jsonName), member.shape)));
  }
  return text;
}

function columnsOf(value: unknown, row: ObjectShape): readonly Member[] {
  const status = memberNamed(row, 'responseStatus');
  const isError = status !== undefined && Reflect.get(Object(value), status.jsonName) !== undefined;
  return isError ? [status] : row.members;
}

function cell(value: unknown, shape: Shape): string {
  if (value === undefined || value === null) return '';
  const text = shape.kind === 'text' ? String(value) : writeJsv(value, shape);
  return SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A row of nothing gets the quotes of an empty cell, because readers pass over an empty line. */
function line(cells: readonly string[]): string {
  return (cells.join(',') || '""') + NEW_LINE;
}
