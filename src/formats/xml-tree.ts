import { setImmediate as nextTurn } from 'node:timers/promises';
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { FormatError } from './format.ts';
import { checkLength, limits, tooDeep } from './limits.ts';
import { instanceNamespace } from './xml-names.ts';

export interface XmlElement {
  /** Without its prefix. */
  readonly name: string;
  readonly namespace: string;
  /** Whether `i:nil` says that there is no value. */
  readonly nil: boolean;
  readonly children: XmlElement[];
  /** The text directly inside, without that of the children. */
  text: string;
}

/** Characters that are parsed before other work gets its turn: about 2 ms on a slow machine. */
const SLICE_LENGTH = 8 * 1024;

/**
 * The elements of an XML document. Prefixes are resolved; comments and processing instructions are ignored; no entity but the five
 * that XML predefines is known.
 * @throws FormatError when the document is not well-formed, has a DTD (servicestack.md 10, D5), or exceeds the limits.
 */
export async function parseXml(text: string): Promise<XmlElement> {
  checkLength(text);
  const parser = new SaxesParser({ xmlns: true });
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  let counted = 0;
  const count = () => {
    if (++counted > limits.elements) throw new FormatError(`The body has more than ${limits.elements} elements and attributes`);
  };
  parser.on('error', () => {
    throw new FormatError(`The body is not well-formed XML (line ${parser.line}, column ${parser.column})`);
  });
  parser.on('doctype', () => {
    throw new FormatError('A document type definition (DTD) is not allowed');
  });
  parser.on('attribute', count);
  parser.on('opentag', (tag) => {
    count();
    const element = toElement(tag);
    if (open.length >= limits.depth) throw tooDeep();
    if (open.length === 0) root = element;
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  const addText = (part: string) => {
    const element = open.at(-1);
    if (element) element.text += part;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  for (let from = 0; from < text.length; from += SLICE_LENGTH) {
    if (from > 0) await nextTurn();
    parser.write(text.slice(from, from + SLICE_LENGTH));
  }
  parser.close();
  if (!root) throw new FormatError('The body has no element');
  return root;
}

function toElement(tag: SaxesTagNS): XmlElement {
  return { name: tag.local, namespace: tag.uri, nil: isNil(tag), children: [], text: '' };
}

function isNil(tag: SaxesTagNS): boolean {
  for (const name in tag.attributes) {
    const attribute = tag.attributes[name];
    if (attribute?.uri === instanceNamespace && attribute.local === 'nil') return attribute.value === 'true' || attribute.value === '1';
  }
  return false;
}
