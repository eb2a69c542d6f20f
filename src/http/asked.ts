import type { FastifyRequest } from 'fastify';
import type { WireFormat } from '../formats/format.ts';
import { type Fields, parseAddress, parseFields } from './address.ts';
import { callbackOf } from './jsonp.ts';
import { answerFormat } from './negotiate.ts';

/** What the address and the headers of a request ask for. */
export interface Asked {
  /** Without the suffix that names a format. */
  readonly path: string;
  readonly query: Fields;
  /** The format that a predefined route fixes for the body; a suffix changes it (servicestack.md 1.2). Undefined on any other route. */
  readonly route: WireFormat | undefined;
  /** The format of the answer. */
  readonly format: WireFormat;
  /** The function that the answer is to call, for JSONP. */
  readonly callback: string | undefined;
}

/** @param route the format that a predefined route names. */
export function askedOf(request: FastifyRequest, route?: WireFormat): Asked {
  const { path, suffix, query: text } = parseAddress(request.originalUrl);
  const { accept, 'content-type': contentType } = request.headers;
  const query = parseFields(text);
  const fixed = route && (suffix ?? route);
  const format = answerFormat({ suffix, route: fixed, query, accept, contentType });
  return { path, query, route: fixed, format, callback: callbackOf(query, format) };
}
