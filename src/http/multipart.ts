import type { Multipart } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { FormatError } from '../formats/format.ts';
import type { ObjectShape } from '../formats/shape.ts';
import { AppError } from '../kernel/errors.ts';
import type { Fields } from './address.ts';
import { unreadable } from './bind.ts';
import type { Upload } from './services.ts';

/** Bytes that an uploaded file may have. */
export const MAX_FILE_BYTES = 50 * 1024 * 1024;
/** Bytes that a file may have where it is only passed over. */
const MAX_IGNORED_BYTES = 1024 * 1024;
const MAX_FIELD_BYTES = 64 * 1024;
/**
 * Bytes of a part that may wait for whoever reads it. @fastify/busboy never goes on behind a part that it passes over when it had to wait
 * for it and the part ends in the same read of the socket, so this is more than comes with several reads.
 */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
const limits = { files: 4, fields: 100, parts: 104, fieldSize: MAX_FIELD_BYTES, headerPairs: 20 };

export interface Form {
  readonly fields: Fields;
  /** The first file, if files are taken. */
  readonly upload: Upload | undefined;
}

/**
 * The fields of a multipart body, and its first file if `takesFile`; other files are read and dropped (servicestack.md 1.4).
 * @throws AppError BODY_TOO_LARGE, or SERIALIZATION for a body that is cut short, has too many parts or too long a field.
 */
export async function readMultipart(request: FastifyRequest, shape: ObjectShape, takesFile: boolean): Promise<Form> {
  const fileSize = takesFile ? MAX_FILE_BYTES : MAX_IGNORED_BYTES;
  const fields: (readonly [string, string])[] = [];
  let upload: Upload | undefined;
  try {
    const parts = request.parts({ limits: { ...limits, fileSize }, fileHwm: MAX_WAITING_BYTES });
    for await (const part of parts) {
      if (part.type === 'field') fields.push(fieldOf(part));
      else if (takesFile && !upload) upload = await keep(part);
      else await drop(part);
    }
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'statusCode') === 413) throw new AppError('BODY_TOO_LARGE', { limit: fileSize });
    const reason = error instanceof FormatError ? error : new FormatError('The body is cut short or not a multipart body');
    throw unreadable('multipart/form-data', shape, reason);
  }
  return { fields, upload };
}

type FieldPart = Extract<Multipart, { type: 'field' }>;
type FilePart = Extract<Multipart, { type: 'file' }>;

/** A part without a name, which the types of the parser do not foresee, is one with an empty name. A part of JSON arrives parsed. */
function fieldOf({ fieldname, value, valueTruncated }: FieldPart): readonly [string, string] {
  if (valueTruncated) throw new FormatError(`A field is longer than ${MAX_FIELD_BYTES} bytes`);
  return [fieldname ?? '', typeof value === 'string' ? value : JSON.stringify(value)];
}

async function keep(part: FilePart): Promise<Upload> {
  return { fileName: part.filename, contentType: part.mimetype, bytes: await part.toBuffer() };
}

async function drop(part: FilePart): Promise<void> {
  for await (const _chunk of part.file);
}
