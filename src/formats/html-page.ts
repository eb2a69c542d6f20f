import { createHash } from 'node:crypto';
import { Markup, markup } from './html-markup.ts';
import { styleSheet } from './html-style.ts';

export interface Page {
  /** For the tab of a browser. */
  readonly title: string;
  /** What stands in the body: a `header`, a `main`. */
  readonly body: Markup;
}

/**
 * A whole page for people, as text. It needs nothing else: no script, no font, no picture. It reads on a phone, wide tables scroll inside
 * an element of the class `scroll`, and it is light or dark as the reader's device is.
 */
export function htmlPage({ title, body }: Page): string {
  const { text } = markup`<head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>${title}</title><link rel="icon" href="data:,"/>${style}</head>
<body>
${body}
</body>`;
  return `<!DOCTYPE html>\n<html lang="en">\n${text}\n</html>\n`;
}

// The text of a style element is not escaped.
const style = new Markup(`<style>${styleSheet}</style>`);

const hash = createHash('sha256').update(styleSheet).digest('base64');

/**
 * The `Content-Security-Policy` of every page: it runs no script, loads nothing but its own style sheet, sends forms to this server only,
 * and shows in no frame.
 */
export const pagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${hash}'`,
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');
