import type { TSchema } from 'typebox';
import type { Report, WireFormat } from './format.ts';
import { Markup, markup, nothing } from './html-markup.ts';
import { htmlPage } from './html-page.ts';
import { showValue } from './html-value.ts';
import { writeJson } from './json-write.ts';
import { type Shape, shapeOf } from './shape.ts';

/** What `others` are is what the page links to: the same answer in each. */
export type OtherFormats = readonly Pick<WireFormat, 'name'>[];

/**
 * A page about the answer of an operation (servicestack.md 2.5). The answer and the request are shown for people, and are in the page as
 * JSON for scripts that read pages: in the elements `response` and `request`.
 */
export function reportPage(value: unknown, schema: TSchema, report: Report, others: OtherFormats): string {
  const { operation, answeredAt, request } = report;
  const time = answeredAt.toISOString();
  const shownTime = `${time.slice(0, 19).replace('T', ' ')} UTC`;
  const body = markup`<header>
<h1>${operation}</h1>
<p class="soft">Answered by Ringflow at <time datetime="${time}">${shownTime}</time></p>
${linksTo(others, report)}
</header>
<main>
${section('response', value, shapeOf(schema))}
${request ? section('request', request.value, shapeOf(request.schema)) : nothing}
</main>`;
  return htmlPage({ title: `${operation} Snapshot of ${shownTime}`, body });
}

/** A page about an answer of no operation: an error before one was reached. */
export function plainPage(value: unknown, schema: TSchema): string {
  const shape = shapeOf(schema);
  const name = shape.kind === 'object' ? shape.name : 'Answer';
  return htmlPage({ title: name, body: markup`<main>\n<h1>${name}</h1>\n${section('response', value, shape)}\n</main>` });
}

function linksTo(others: OtherFormats, { address }: Report): Markup {
  // Two slashes, or what browsers take for them, would begin the name of another server.
  const path = `/${address.replace(/^[/\\]+/, '')}`;
  const links = others.map(({ name }) => markup`<li><a href="${path}${path.includes('?') ? '&' : '?'}format=${name}">${name}</a></li>`);
  return markup`<nav aria-label="Other formats"><ul class="row">${links}</ul></nav>`;
}

function section(name: 'response' | 'request', value: unknown, shape: Shape): Markup {
  const shown = showValue(value, shape);
  const title = name === 'response' ? 'Response' : 'Request';
  const note = markup`<p>There is more than this page shows. All of it is in the other formats.</p>`;
  return markup`<h2>${title}</h2>
${shown.isWhole ? nothing : note}
<div class="scroll" role="region" aria-label="${title}" tabindex="0">${shown.markup}</div>
${dataElement(name, writeJson(value, shape))}`;
}

/** JSON that nothing in it can end the element of. A browser does not run an element of this type. */
function dataElement(id: string, json: string): Markup {
  const safe = json.replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return new Markup(`<script type="application/json" id="${id}">${safe}</script>`);
}
