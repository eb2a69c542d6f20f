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
  // A parser costs more to make than a short document to read. One that has refused a document is not used again.
  const builder = idle.pop() ?? new TreeBuilder();
  for (let from = 0; from < text.length; from += SLICE_LENGTH) {
    if (from > 0) await nextTurn();
    builder.write(text.slice(from, from + SLICE_LENGTH));
  }
  const root = builder.end();
  if (idle.length < MOST_IDLE) idle.push(builder);
  return root;
}

const idle: TreeBuilder[] = [];
const MOST_IDLE = 4;

/** Makes the elements of one document after the other. */
class TreeBuilder {
  readonly #parser = new SaxesParser({ xmlns: true });
  readonly #open: XmlElement[] = [];
  #root: XmlElement | undefined;
  #counted = 0;

  constructor() {
    const parser = this.#parser;
    parser.on('error', () => {
      throw new FormatError(`The body is not well-formed XML (line ${parser.line}, column ${parser.column})`);
    });
    parser.on('doctype', () => {
      throw new FormatError('A document type definition (DTD) is not allowed');
    });
    parser.on('attribute', () => this.#count());
    parser.on('opentag', (tag) => this.#openElement(tag));
    parser.on('closetag', () => {
      this.#open.pop();
    });
    parser.on('text', (part) => this.#addText(part));
    parser.on('cdata', (part) => this.#addText(part));
  }

  write(part: string): void {
    this.#parser.write(part);
  }

  /** The root of the document that was written. After it the next document can be. */
  end(): XmlElement {
    this.#parser.close();
    const root = this.#root;
    if (!root) throw new FormatError('The body has no element');
    this.#root = undefined;
    this.#counted = 0;
    return root;
  }

  #count(): void {
    if (++this.#counted > limits.elements) throw new FormatError(`The body has more than ${limits.elements} elements and attributes`);
  }

  #openElement(tag: SaxesTagNS): void {
    this.#count();
    if (this.#open.length >= limits.depth) throw tooDeep();
    const element = toElement(tag);
    const parent = this.#open.at(-1);
    if (parent) parent.children.push(element);
    else this.#root = element;
    this.#open.push(element);
  }

  #addText(part: string): void {
    const element = this.#open.at(-1);
    if (element) element.text += part;
  }
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
