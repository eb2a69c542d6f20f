import { readCsv } from './csv-read.ts';
import { writeCsv } from './csv-write.ts';
import type { WireFormat } from './format.ts';
import { json } from './json.ts';
import { shapeOf } from './shape.ts';
import { typedRead } from './typed-read.ts';

/** CSV (servicestack.md 2.4). The metadata pages show its samples as JSON (servicestack.md 5.1). */
export const csv = {
  name: 'csv',
  suffix: '.csv',
  contentTypes: ['text/csv'],
  answerType: 'text/csv',
  isDownload: true,
  sample: { contentType: 'text/csv', write: json.sample.write },
  write: (value, schema) => writeCsv(value, shapeOf(schema)),
  read: typedRead(readCsv),
} satisfies WireFormat;
