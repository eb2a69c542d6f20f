import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CsvError, type Options, parse } from 'csv-parse';
import { FormatError } from './format.ts';
import { readJsvMember } from './jsv-read.ts';
import { checkItems, checkLength, limits } from './limits.ts';
import { misfit } from './misfit.ts';
import { fromRows, rowLayoutOf } from './rows.ts';
import { type Member, memberNamed, type RootShape } from './shape.ts';
import { readAlongTrail, type Trail } from './trail.ts';

/** Columns that a row does not reach are absent. */
const options: Options = { bom: true, record_delimiter: ['\r\n', '\n', '\r'], relax_column_count_less: true, skip_empty_lines: true };

/** Bytes that are parsed before other work gets its turn: about 1 ms on a slow machine. */
const SLICE_BYTES = 16 * 1024;

/**
 * The value of a CSV text (servicestack.md 2.4): a line of names without regard to case, of which unknown ones are ignored, and a line for
 * each row. An empty cell is an absent value.
 * @throws FormatError when the text is not CSV, does not fit the shape, or exceeds the limits.
 */
export async function readCsv(text: string, shape: RootShape): Promise<unknown> {
  checkLength(text);
  const { row, isList } = rowLayoutOf(shape);
  if (row.kind !== 'object') throw misfit(row);
  const [header, ...rows] = await linesOf(text);
  if (!header) throw new FormatError('The body has no line of names');
  const columns = header.map((name) => memberNamed(row, name.trim()));
  return readAlongTrail((trail) => {
    const objects = rows.map((cells, index) => {
      if (isList) trail.push(index);
      const object = readRow(cells, columns, trail);
      if (isList) trail.pop();
      return object;
    });
    return fromRows(objects, shape);
  });
}

async function linesOf(text: string): Promise<string[][]> {
  const lines: string[][] = [];
  const collect = async (parsed: AsyncIterable<string[]>) => {
    for await (const cells of parsed) {
      if (cells.length > limits.columns) throw new FormatError(`The body has more than ${limits.columns} columns`);
      checkItems(lines.length);
      lines.push(cells);
    }
  };
  try {
    await pipeline(slicesOf(text), parse(options), collect);
  } catch (error) {
    // The parser's own words quote the body, which may hold what no log or answer should repeat.
    throw error instanceof CsvError ? new FormatError('The body is not CSV') : error;
  }
  return lines;
}

/** In bytes, because a character may have two units of text and a cut between them would lose it. */
async function* slicesOf(text: string): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += SLICE_BYTES) {
    if (from > 0) await nextTurn();
    yield bytes.subarray(from, from + SLICE_BYTES);
  }
}

function readRow(cells: readonly string[], columns: readonly (Member | undefined)[], trail: Trail): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [index, cell] of cells.entries()) {
    const member = columns[index];
    if (!member || cell === '') continue;
    trail.push(member.name);
    const value = readJsvMember(cell, member.shape, trail);
    if (value !== undefined) object[member.jsonName] = value;
    trail.pop();
  }
  return object;
}
