import fc from 'fast-check';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { anyValue } from '../../test/support/any-value.ts';
import '../../test/support/every-contract.ts';
import { allDtos, dtoByName, dtoInfo } from '../contracts/dto.ts';
import { FormatError, isReadable } from './format.ts';
import { wireFormats } from './formats.ts';
import { rowLayoutOf, rowsOf } from './rows.ts';
import { objectShapeOf, type Shape, shapeOf } from './shape.ts';
import { toLegalText } from './xml-write.ts';

type Carried = (value: unknown, shape: Shape) => unknown;

/** What is left of a value after formats that cannot carry everything. */
const carriedBy: Readonly<Record<string, Carried>> = { xml: carriedByXml, csv: carriedByCsv, jsonl: carriedByRows };

/** XML has no place for every character. */
function carriedByXml(value: unknown): unknown {
  if (typeof value === 'string') return toLegalText(value);
  if (Array.isArray(value)) return value.map(carriedByXml);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [toLegalText(key), carriedByXml(entry)]));
}

/** Of a page only the items are written. */
function carriedByRows(value: unknown, shape: Shape): unknown {
  const layout = rowLayoutOf(shape);
  return layout.page ? { [layout.page.jsonName]: rowsOf(value, layout) } : value;
}

/** Besides that, an empty text in a cell is no text, and an error is nothing but its status. */
function carriedByCsv(value: unknown, shape: Shape): unknown {
  const cells = (row: unknown) => Object.fromEntries(Object.entries(Object(row)).filter(([, entry]) => entry !== ''));
  const { page, isList } = rowLayoutOf(shape);
  const rows = rowsOf(value, rowLayoutOf(shape)).map(cells);
  if (page) return { [page.jsonName]: rows };
  if (isList) return rows;
  const [{ responseStatus, ...row } = {}] = rows;
  return responseStatus === undefined ? row : { responseStatus };
}

const readable = wireFormats.filter(isReadable);

it('is tested for every format that is read', () => {
  expect(readable.map((format) => format.name)).toEqual(['json', 'xml', 'jsv', 'csv', 'jsonl']);
});

describe.each(readable)('a value of any type in $name', (format) => {
  const carried = carriedBy[format.name] ?? ((value: unknown) => value);

  it.each(allDtos().map((schema) => dtoInfo(schema)?.name ?? ''))('is read as it was written: %s', async (name) => {
    const schema = dtoByName(name);
    const shape = objectShapeOf(schema);
    const list = Type.Array(schema);
    await fc.assert(
      fc.asyncProperty(anyValue(shape), anyValue(shape), async (one, other) => {
        expect(await format.read(format.write(one, schema), schema)).toEqual(carried(one, shape));
        const both = [one, other];
        expect(await format.read(format.write(both, list), list)).toEqual(carried(both, shapeOf(list)));
      }),
      { seed: 1, numRuns: 25 },
    );
  });
});

describe.each(readable)('a damaged $name text', (format) => {
  const schema = dtoByName('NewFlow');
  const documents = anyValue(shapeOf(schema)).map((value) => format.write(value, schema));
  const pieces = fc.constantFrom(
    '',
    '<',
    '>',
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    '&',
    '&#0;',
    ']]>',
    '<!--',
    '<?',
    '\u0000',
    '\\u',
    '1e',
    'xmlns=',
  );

  it('is read or refused with a FormatError, whatever was done to it', async () => {
    await fc.assert(
      fc.asyncProperty(
        documents,
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 20 }), pieces), { minLength: 1, maxLength: 4 }),
        async (text, edits) => {
          let damaged = text;
          for (const [at, length, piece] of edits) {
            const from = at % (damaged.length + 1);
            damaged = damaged.slice(0, from) + piece + damaged.slice(from + length);
          }
          try {
            const read = await format.read(damaged, schema);
            // Whatever was read is of the type, so writing and reading it again changes nothing.
            expect(await format.read(format.write(read, schema), schema)).toEqual(read);
          } catch (error) {
            if (!(error instanceof FormatError)) throw error;
            expect(error.message).not.toBe('');
          }
        },
      ),
      { seed: 3, numRuns: 400 },
    );
  });
});

describe.each(readable)('a text that is not $name at all', (format) => {
  it('is refused, or has nothing that the type knows', async () => {
    const schema = dtoByName('NewFlow');
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (text) => {
        const read = await format.read(text, schema).catch((error: unknown) => error);
        // Almost any text is CSV, with names that nobody knows.
        if (format.name !== 'csv' || read instanceof Error) expect(read).toBeInstanceOf(FormatError);
        else expect(read).toEqual({});
      }),
      { seed: 4, numRuns: 200 },
    );
  });
});
