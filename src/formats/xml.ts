import type { WireFormat } from './format.ts';
import { shapeOf } from './shape.ts';
import { typedRead } from './typed-read.ts';
import { readXml } from './xml-read.ts';
import { writeXml, writeXmlSample } from './xml-write.ts';

/** XML in the manner of .NET data contracts (servicestack.md 2.2). */
export const xml = {
  name: 'xml',
  suffix: '.xml',
  contentTypes: ['application/xml', 'text/xml'],
  answerType: 'application/xml',
  sample: { contentType: 'application/xml', write: (value, schema) => writeXmlSample(value, shapeOf(schema)) },
  write: (value, schema) => writeXml(value, shapeOf(schema)),
  read: typedRead(readXml),
} satisfies WireFormat;
