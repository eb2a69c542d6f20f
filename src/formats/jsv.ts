import type { WireFormat } from './format.ts';
import { layOutJsv } from './jsv-layout.ts';
import { readJsv } from './jsv-read.ts';
import { writeJsv } from './jsv-write.ts';
import { shapeOf } from './shape.ts';
import { typedRead } from './typed-read.ts';

/** JSV, the text format of ServiceStack (servicestack.md 2.3). */
export const jsv = {
  name: 'jsv',
  suffix: '.jsv',
  contentTypes: ['application/jsv', 'text/jsv'],
  answerType: 'application/jsv',
  sample: { contentType: 'text/jsv', write: (value, schema) => layOutJsv(writeJsv(value, shapeOf(schema))) },
  write: (value, schema) => writeJsv(value, shapeOf(schema)),
  read: typedRead(readJsv),
} satisfies WireFormat;
