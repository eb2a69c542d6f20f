import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyValue } from '../../test/support/any-value.ts';
import '../../test/support/every-contract.ts';
import { allDtos, dtoByName, dtoInfo } from '../contracts/dto.ts';
import { FormatError, type ReadableFormat } from './format.ts';
import { json } from './json.ts';
import { objectShapeOf, shapeOf } from './shape.ts';
import { xml } from './xml.ts';
import { toLegalText } from './xml-write.ts';

/** What a value is after XML, which cannot carry every character. */
function asXmlCarriesIt(value: unknown): unknown {
  if (typeof value === 'string') return toLegalText(value);
  if (Array.isArray(value)) return value.map(asXmlCarriesIt);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [toLegalText(key), asXmlCarriesIt(entry)]));
}

const types = allDtos().map((schema) => ({ name: dtoInfo(schema)?.name ?? '', schema }));

describe.each(types)('$name', ({ schema }) => {
  const values = anyValue(objectShapeOf(schema));

  it('is read from JSON as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        expect(await json.read(json.write(value, schema), schema)).toEqual(value);
      }),
      { seed: 1, numRuns: 25 },
    );
  });

  it('is read from XML as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        expect(await xml.read(xml.write(value, schema), schema)).toEqual(asXmlCarriesIt(value));
      }),
      { seed: 2, numRuns: 25 },
    );
  });
});

describe.each([json, xml])('a damaged $name text', (format: ReadableFormat) => {
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

  it('that is no text of the format at all is refused with a FormatError', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (text) => {
        await expect(format.read(text, schema)).rejects.toThrow(FormatError);
      }),
      { seed: 4, numRuns: 200 },
    );
  });
});
