import { SaxesParser } from 'saxes';

export interface ReadElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** With that of the elements inside. */
  readonly text: string;
}

export interface ReadPage {
  /** In the order in which they begin. */
  readonly elements: readonly ReadElement[];
  /** What a reader sees in its lines, without navigation; white space is one space, cells of a row stand side by side. */
  readonly lines: readonly string[];
}

interface OpenElement {
  name: string;
  attributes: Record<string, string>;
  text: string;
}

const unseen = new Set(['head', 'nav', 'script', 'title']);
const inline = new Set(['a', 'abbr', 'b', 'code', 'td', 'th', 'time', 'span', 'strong']);

/** Reads a page as XML, which our pages are too. @throws Error when an element is not closed, or anything else is not well-formed. */
export function readPage(html: string): ReadPage {
  const elements: OpenElement[] = [];
  const open: OpenElement[] = [];
  let seen = '';
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes: { ...attributes }, text: '' };
    elements.push(element);
    open.push(element);
    if (!inline.has(name)) seen += '\n';
  });
  parser.on('text', (text) => {
    for (const element of open) element.text += text;
    if (!open.some(({ name }) => unseen.has(name))) seen += text;
  });
  parser.on('closetag', ({ name }) => {
    open.pop();
    if (!inline.has(name)) seen += '\n';
  });
  parser.write(html).close();
  return { elements, lines: linesOf(seen) };
}

/** The lines of a text that are not blank, with one space for any white space. */
export function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter((line) => line !== '');
}
