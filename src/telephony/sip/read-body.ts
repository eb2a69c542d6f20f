import type { HeaderList } from './header-list.ts';
import { type MimePart, splitParts } from './mime-parts.ts';
import { parseParams } from './parse-params.ts';
import { SipParseError } from './sip-parse-error.ts';

/** What a message says in its body. */
export interface BodyReading {
  /** The description of the session, if there is one. */
  readonly sdp: string | undefined;
  /** Whether nothing in it is unknown to us that must be known. */
  readonly understood: boolean;
}

/** The types that `readBody` understands, for Accept. */
export const READABLE_TYPES = 'application/sdp, multipart/mixed, multipart/alternative, multipart/related';

/** Most multiparts inside each other. */
const MAX_DEPTH = 4;

const notUnderstood: BodyReading = { sdp: undefined, understood: false };

/**
 * Reads a body, or a part of one (RFC 3261 section 7.4, RFC 5621). SDP is the session, unless its Content-Disposition says otherwise.
 * Of multipart/alternative the last part counts that is understood, of multipart/related the first, of any other multipart all (RFC 2046
 * section 5.1). What is not understood, by its type, disposition or encoding, must be, unless it says `handling=optional` (RFC 3261
 * section 20.11).
 */
export function readBody(headers: HeaderList, body: Uint8Array): BodyReading {
  if (body.length === 0) return { sdp: undefined, understood: true };
  const reading = readContent(headers, body, 0);
  return reading.understood || !isOptional(headers) ? reading : { sdp: undefined, understood: true };
}

function readContent(headers: HeaderList, body: Uint8Array, depth: number): BodyReading {
  const type = parseValue(headers.first('Content-Type'));
  if (!type || isEncoded(headers)) return notUnderstood;
  if (type.name === 'application/sdp') {
    if (!isOfSession(headers)) return notUnderstood;
    return { sdp: Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8'), understood: true };
  }
  const boundary = type.params.get('boundary') ?? '';
  if (!type.name.startsWith('multipart/') || boundary === '' || depth === MAX_DEPTH) return notUnderstood;
  const parts = splitParts(body, boundary);
  return parts ? readParts(type.name, parts, depth + 1) : notUnderstood;
}

function readParts(type: string, parts: readonly MimePart[], depth: number): BodyReading {
  const read = (part: MimePart): BodyReading => readContent(part.headers, part.body, depth);
  switch (type) {
    case 'multipart/alternative':
      return parts.map(read).findLast(({ understood }) => understood) ?? notUnderstood;
    case 'multipart/related':
      return parts.slice(0, 1).map(read)[0] ?? notUnderstood;
    default: {
      const readings = parts.map((part) => ({ ...read(part), optional: isOptional(part.headers) }));
      return {
        sdp: readings.find(({ sdp, understood }) => understood && sdp !== undefined)?.sdp,
        understood: readings.every(({ understood, optional }) => understood || optional),
      };
    }
  }
}

/** Whether the content is written in a way that we do not undo: compressed, or as text for mail (RFC 5621 section 3.2). */
function isEncoded(headers: HeaderList): boolean {
  const coding = headers.first('Content-Encoding')?.toLowerCase() ?? 'identity';
  const transfer = headers.first('Content-Transfer-Encoding')?.toLowerCase() ?? 'binary';
  return coding !== 'identity' || !['7bit', '8bit', 'binary'].includes(transfer);
}

function isOfSession(headers: HeaderList): boolean {
  const disposition = headers.first('Content-Disposition');
  return disposition === undefined || parseValue(disposition)?.name === 'session';
}

function isOptional(headers: HeaderList): boolean {
  return parseValue(headers.first('Content-Disposition'))?.params.get('handling')?.toLowerCase() === 'optional';
}

/** A type or disposition, in lower case, and its parameters; undefined when it cannot be read. */
function parseValue(value: string | undefined): { readonly name: string; readonly params: ReadonlyMap<string, string> } | undefined {
  if (value === undefined) return undefined;
  const semicolon = value.indexOf(';');
  const name = (semicolon === -1 ? value : value.slice(0, semicolon)).trim().toLowerCase();
  try {
    return { name, params: parseParams(semicolon === -1 ? '' : value.slice(semicolon)) };
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}
