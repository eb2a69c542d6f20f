import type { WireFormat } from './format.ts';
import { readJson } from './json-read.ts';
import { writeJson } from './json-write.ts';
import { shapeOf } from './shape.ts';
import { typedRead } from './typed-read.ts';

/** JSON (servicestack.md 2.1). */
export const json = {
  name: 'json',
  suffix: '.json',
  contentTypes: ['application/json', 'text/json'],
  answerType: 'application/json; charset=utf-8',
  sample: { contentType: 'application/json', write: (value, schema) => writeJson(value, shapeOf(schema)) },
  write: (value, schema) => writeJson(value, shapeOf(schema)),
  read: typedRead(readJson),
} satisfies WireFormat;
