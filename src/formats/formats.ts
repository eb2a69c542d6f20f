import { csv } from './csv.ts';
import type { WireFormat } from './format.ts';
import { htmlFormat } from './html.ts';
import { json } from './json.ts';
import { jsonl } from './jsonl.ts';
import { jsv } from './jsv.ts';
import { xml } from './xml.ts';

/** Those for programs, the default one first. A new format is a file of its own and a word here. */
const forPrograms: readonly WireFormat[] = [json, xml, jsv, csv, jsonl];

/** The wire formats that are served. */
export const wireFormats: readonly WireFormat[] = [...forPrograms, htmlFormat(forPrograms)];

export const defaultFormat: WireFormat = json;

const byName = new Map(wireFormats.map((format) => [format.name, format]));
const byContentType = new Map(wireFormats.flatMap((format) => format.contentTypes.map((type) => [type, format])));

/** The format with this name, as in `?format=`; without regard to case. */
export function formatByName(name: string): WireFormat | undefined {
  return byName.get(name.toLowerCase());
}

/** The format of a `Content-Type` header, whose parameters are ignored (servicestack.md 1.4). */
export function formatByContentType(header: string): WireFormat | undefined {
  return byContentType.get(mediaType(header));
}

/** The media type of a `Content-Type` header: lower case, without parameters. */
export function mediaType(header: string): string {
  const end = header.indexOf(';');
  return (end === -1 ? header : header.slice(0, end)).trim().toLowerCase();
}
