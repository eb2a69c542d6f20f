import type { Static, TSchema } from 'typebox';
import type { WireFormat } from './format.ts';
import { readJson } from './json-read.ts';
import { writeJson } from './json-write.ts';
import { objectShapeOf, shapeOf } from './shape.ts';

/** JSON (servicestack.md 2.1). */
export const json = {
  name: 'json',
  suffix: '.json',
  contentTypes: ['application/json', 'text/json'],
  answerType: 'application/json; charset=utf-8',
  sample: { contentType: 'application/json', write: (value, schema) => writeJson(value, shapeOf(schema)) },
  write: (value, schema) => writeJson(value, shapeOf(schema)),
  // The reader builds exactly what the shape of this very schema says.
  read: async <Schema extends TSchema>(text: string, schema: Schema) => readJson(text, objectShapeOf(schema)) as Static<Schema>,
} satisfies WireFormat;
