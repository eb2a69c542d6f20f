import { toLegalText } from './xml-write.ts';

/** Text that is markup already. Only the template `markup` should make it: then whatever comes into a page is escaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: text, which is escaped, and markup, which is not. */
export type Part = string | number | Markup | readonly Part[];

/**
 * Markup from a template: `` markup`<p>${text}</p>` ``. What is put in is escaped, unless it is markup itself; lists are joined without
 * anything between. The templates keep to what HTML and XML have in common, so a page can be read with either parser.
 */
export function markup(pieces: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = '';
  for (let index = 0; index < pieces.length; index++) {
    text += pieces[index];
    const part = parts[index];
    if (part !== undefined) text += textOf(part);
  }
  return new Markup(text);
}

export const nothing = new Markup('');

function textOf(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(textOf).join('');
  return escapeHtml(String(part));
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** `text` as the text of an element or the value of an attribute in quotes. */
export function escapeHtml(text: string): string {
  return toLegalText(text).replace(/[&<>"']/g, (character) => escapes[character] ?? character);
}
