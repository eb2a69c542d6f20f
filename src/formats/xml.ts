import type { Static, TSchema } from 'typebox';
import type { WireFormat } from './format.ts';
import { objectShapeOf, shapeOf } from './shape.ts';
import { readXml } from './xml-read.ts';
import { writeXml } from './xml-write.ts';

/** XML in the manner of .NET data contracts (servicestack.md 2.2). */
export const xml = {
  name: 'xml',
  suffix: '.xml',
  contentTypes: ['application/xml', 'text/xml'],
  answerType: 'application/xml',
  write: (value, schema) => writeXml(value, shapeOf(schema)),
  // The reader builds exactly what the shape of this very schema says.
  read: async <Schema extends TSchema>(text: string, schema: Schema) => (await readXml(text, objectShapeOf(schema))) as Static<Schema>,
} satisfies WireFormat;
