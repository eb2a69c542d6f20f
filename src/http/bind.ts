import { isUtf8 } from 'node:buffer';
import type { Static, TObject } from 'typebox';
import { FormatError, isReadable, type WireFormat } from '../formats/format.ts';
import { formatByContentType, mediaType } from '../formats/formats.ts';
import { json } from '../formats/json.ts';
import { type ObjectShape, objectShapeOf } from '../formats/shape.ts';
import { AppError, type FieldError } from '../kernel/errors.ts';
import { type Fields, parseFields } from './address.ts';
import { overlay } from './overlay.ts';

/** What a request is bound from. */
export interface BindSource {
  readonly body: Buffer | undefined;
  readonly contentType: string | undefined;
  /** The format that a predefined route fixes for the body, whatever its content type says. */
  readonly route: WireFormat | undefined;
  /** The fields of a multipart body, if it was one. */
  readonly form: Fields | undefined;
  readonly path: Fields;
  readonly query: Fields;
}

const FORM = 'application/x-www-form-urlencoded';
const MAX_FORM_FIELDS = 1000;
const noFields: Fields = [];

/**
 * The request of an operation (servicestack.md 1.2, 1.4): the body, and over it the path, the query and the form. On a predefined
 * route the query only fills what the body left unset. No body, or one of an unknown type, is an empty request.
 * @throws AppError SERIALIZATION when the body cannot be read, or a member of path, query or form does not fit.
 */
export async function bind<Schema extends TObject>(schema: Schema, source: BindSource): Promise<Static<Schema>> {
  const shape = objectShapeOf(schema);
  const type = source.contentType === undefined ? '' : mediaType(source.contentType);
  const form = source.form ?? (type === FORM ? readForm(source.body, shape) : noFields);
  const format = form === noFields ? (source.route ?? formatByContentType(type)) : undefined;
  const request: Static<Schema> = await readBody(schema, shape, source.body, format, type);
  if (form.length === 0 && source.query.length === 0 && source.path.length === 0) return request;
  const target = Object(request);
  const onlyUnset = source.route !== undefined;
  const layers = onlyUnset ? [form, source.query] : [source.path, source.query, form];
  const problems = layers.flatMap((fields) => overlay(target, shape, fields, { onlyUnset: onlyUnset && fields !== form }));
  if (problems.length > 0) throw cannotBind(shape, problems);
  return request;
}

async function readBody<Schema extends TObject>(
  schema: Schema,
  shape: ObjectShape,
  body: Buffer | undefined,
  format: WireFormat | undefined,
  type: string,
): Promise<Static<Schema>> {
  if (body === undefined || body.length === 0 || format === undefined || !isReadable(format)) return json.read('{}', schema);
  try {
    if (!isUtf8(body)) throw new FormatError('The body is not UTF-8');
    return await format.read(body.toString('utf8'), schema);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw unreadable(format.contentTypes.includes(type) ? type : (format.contentTypes[0] ?? ''), shape, error);
  }
}

function readForm(body: Buffer | undefined, shape: ObjectShape): Fields {
  if (body === undefined) return noFields;
  let count = 1;
  for (let at = body.indexOf('&'); at !== -1; at = body.indexOf('&', at + 1)) count++;
  if (count > MAX_FORM_FIELDS) throw unreadable(FORM, shape, new FormatError(`The form has more than ${MAX_FORM_FIELDS} fields`));
  return parseFields(body.toString('utf8'));
}

/** The error of a body that could not be read. The unbalanced quote is the original's, and clients may look for it. */
export function unreadable(contentType: string, shape: ObjectShape, cause: FormatError): AppError<'SERIALIZATION'> {
  const reason = `Could not deserialize '${contentType}' request using ${shape.namespace}.${shape.name}'\nError: ${cause.message}`;
  const fields = cause.member === '' ? [] : [{ errorCode: 'SerializationException', fieldName: cause.member, message: cause.message }];
  return new AppError('SERIALIZATION', { reason }, { fields, cause });
}

function cannotBind(shape: ObjectShape, fields: readonly FieldError[]): AppError<'SERIALIZATION'> {
  return new AppError('SERIALIZATION', { reason: `Unable to bind to request '${shape.name}'` }, { fields });
}
