import type { WireFormat } from '../formats/format.ts';
import { defaultFormat, formatByContentType, formatByName, wireFormats } from '../formats/formats.ts';
import { json } from '../formats/json.ts';
import { type Fields, fieldOf } from './address.ts';

/** What a request says about the format of its answer. */
export interface Wishes {
  /** The format of the path suffix. */
  readonly suffix: WireFormat | undefined;
  /** The format of a predefined route, which ignores `Accept`. */
  readonly route: WireFormat | undefined;
  readonly query: Fields;
  readonly accept: string | undefined;
  readonly contentType: string | undefined;
}

/**
 * The format of an answer (servicestack.md 1.1, 1.2; 10, D2 and D4): path suffix, `?callback=`, `?format=`, the predefined route,
 * `Accept`, for the content type of the request, JSON. It never fails: what is not known is passed over.
 */
export function answerFormat(wishes: Wishes): WireFormat {
  return wishes.suffix ?? formatOfQuery(wishes.query) ?? wishes.route ?? formatOfAccept(wishes.accept, wishes.contentType) ?? defaultFormat;
}

function formatOfQuery(query: Fields): WireFormat | undefined {
  if (query.length === 0) return undefined;
  if (fieldOf(query, 'callback')) return json;
  const name = fieldOf(query, 'format');
  return name === undefined ? undefined : formatByName(name.split('.', 1)[0] ?? '');
}

/** The longest first, because the shorter `text/json` is a begin of `text/jsonl` too. */
const byAccept = wireFormats
  .flatMap((format) => format.contentTypes.map((type) => [type, format] as const))
  .sort(([one], [other]) => other.length - one.length);

/** The type that is written first wins: the original cuts at the first `;`, never weighs q values and tests with starts-with. */
function formatOfAccept(accept: string | undefined, contentType: string | undefined): WireFormat | undefined {
  if (accept === undefined) return undefined;
  const first = accept.trimStart().toLowerCase();
  if (first.startsWith('*/*')) return contentType === undefined ? undefined : formatByContentType(contentType);
  return byAccept.find(([type]) => first.startsWith(type))?.[1];
}
