import { Context, Liquid, LiquidError, type Template as Parsed } from 'liquidjs';
import { scopes } from './data-scopes.ts';
import type { PlainStruct } from './plain-value.ts';

/** A text or an expression that cannot be read or rendered. The message is meant for the author of the flow. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** A field that a template reads, as `Session.Choice`; `Session` alone when it cannot be told which field of it. */
export type FieldPath = string;

export interface Template {
  readonly reads: readonly FieldPath[];
  /** The text, when nothing in it has to be filled in. */
  readonly constant?: string;
  /** @throws TemplateError when it fails or takes too much. */
  render(view: PlainStruct): string;
}

export interface Expression {
  readonly reads: readonly FieldPath[];
  /** The value, of whatever type it has. @throws TemplateError when it fails or takes too much. */
  evaluate(view: PlainStruct): unknown;
}

/** Characters that a text may have, written and rendered. */
export const MAX_TEXT = 16_000;
/** Parts rendered, characters handled, and time for one text. The first two are the limits that are met in practice. */
const MAX_PARTS = 1_000;
const MAX_HANDLED = 512 * 1024;
const MAX_RENDER_MS = 250;

const tags = ['assign', 'break', 'case', 'comment', 'continue', 'echo', 'for', 'if', 'raw', 'unless', '#'];

/** No filter here reads a file, evaluates text as code, or depends on chance. */
const filters = [
  ...['abs', 'at_least', 'at_most', 'ceil', 'divided_by', 'floor', 'minus', 'modulo', 'plus', 'round', 'times'],
  ...['append', 'capitalize', 'default', 'downcase', 'lstrip', 'prepend', 'remove', 'remove_first', 'remove_last', 'replace'],
  ...['replace_first', 'replace_last', 'rstrip', 'slice', 'split', 'squish', 'strip', 'strip_newlines', 'truncate', 'truncatewords'],
  ...['upcase', 'compact', 'concat', 'first', 'join', 'last', 'map', 'reverse', 'size', 'sort', 'sort_natural', 'sum', 'uniq'],
  ...['where', 'date', 'json', 'url_encode'],
];

const texts = newEngine(false);
const values = newEngine(true);

function newEngine(keepOutputType: boolean): Liquid {
  const engine = new Liquid({
    ownPropertyOnly: true,
    strictFilters: true,
    keepOutputType,
    parseLimit: MAX_TEXT,
    memoryLimit: MAX_HANDLED,
    renderLimit: MAX_RENDER_MS,
    timezoneOffset: 0,
    locale: 'en-US',
    templates: {},
    ...(!keepOutputType && { outputEscape: outputText }),
  });
  for (const name of Object.keys(engine.tags)) if (!tags.includes(name)) delete engine.tags[name];
  for (const name of Object.keys(engine.filters)) if (!filters.includes(name)) engine.unregisterFilter(name);
  return engine;
}

/** What `{{ }}` puts into a text. Counted, so that a loop cannot pile up more than the limit. */
function outputText(this: { context: Context } | undefined, value: unknown): string {
  const text = value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  this?.context.memoryLimit.use(text.length);
  return text;
}

/** Reads a text with `{{ Session.Choice }}` in it (Liquid). @throws TemplateError when it is not well formed. */
export function parseTemplate(text: string): Template {
  if (text.length > MAX_TEXT) throw new TemplateError(`The text is longer than ${MAX_TEXT} characters.`);
  if (!text.includes('{{') && !text.includes('{%')) return { reads: [], constant: text, render: () => text };
  const parsed = parse(texts, text);
  return {
    reads: readsOf(texts, parsed),
    render(view) {
      const rendered = render(texts, parsed, view);
      if (typeof rendered !== 'string') return '';
      if (rendered.length > MAX_TEXT) throw new TemplateError(`The text becomes longer than ${MAX_TEXT} characters.`);
      return rendered;
    },
  };
}

/**
 * Reads the text of an expression: what may stand between `{{` and `}}`, for example `Session.Age | plus: 1` or
 * `Session.Choice == "1"`. @throws TemplateError when it is not well formed.
 */
export function parseExpression(text: string): Expression {
  if (/\{[{%]|[%}]\}/.test(text)) throw new TemplateError('An expression is written without {{ }}.');
  if (text.trim() === '') throw new TemplateError('The expression is empty.');
  const parsed = parse(values, `{{ ${text} }}`);
  return { reads: readsOf(values, parsed), evaluate: (view) => render(values, parsed, view) };
}

function parse(engine: Liquid, text: string): Parsed[] {
  try {
    return engine.parse(text);
  } catch (error) {
    throw asTemplateError(error);
  }
}

function render(engine: Liquid, parsed: Parsed[], view: PlainStruct): unknown {
  const context = new Context(view, engine.options, { sync: true }, { liquid: engine });
  limitParts(context);
  try {
    return engine.renderSync(parsed, context);
  } catch (error) {
    throw asTemplateError(error);
  }
}

/** The library limits time only; a count stops the same text at the same place on every machine. */
function limitParts(context: Context): void {
  const limit = context.renderLimit;
  const checkTime = limit.check.bind(limit);
  let parts = 0;
  limit.check = (now) => {
    parts += 1;
    if (parts > MAX_PARTS) throw new TemplateError(`The text has more than ${MAX_PARTS} parts to fill in.`);
    checkTime(now);
  };
}

function readsOf(engine: Liquid, parsed: Parsed[]): FieldPath[] {
  let segments: readonly (readonly unknown[])[];
  try {
    segments = engine.globalVariableSegmentsSync(parsed);
  } catch (error) {
    throw asTemplateError(error);
  }
  const paths = new Set<FieldPath>();
  for (const [scope, field] of segments) {
    if (!scopes.some((name) => name === scope)) {
      const name = typeof scope === 'string' ? `'${scope.slice(0, 50)}'` : 'This';
      throw new TemplateError(`${name} is not a scope: write ${scopes.join('., ')}. and the name of a field.`);
    }
    paths.add(typeof field === 'string' ? `${String(scope)}.${field}` : String(scope));
  }
  return [...paths];
}

function asTemplateError(error: unknown): TemplateError {
  if (error instanceof TemplateError) return error;
  if (LiquidError.is(error)) {
    const original: unknown = Reflect.get(error, 'originalError');
    if (original instanceof TemplateError) return original;
  }
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
  return new TemplateError(`The text cannot be filled in: ${message}`);
}
