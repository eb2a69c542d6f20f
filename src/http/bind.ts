import { isUtf8 } from 'node:buffer';
import { type Static, type TObject, type TSchema, Type } from 'typebox';
import { FormatError, isReadable, type ReadableFormat, type WireFormat } from '../formats/format.ts';
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

/** As an error names it: its C# name. */
type TypeName = Pick<ObjectShape, 'namespace' | 'name'>;

/**
 * The request of an operation (servicestack.md 1.2, 1.4): the body, and over it the path, the query and the form. On a predefined
 * route the query only fills what the body left unset. No body, or one of an unknown type, is an empty request.
 * @throws AppError SERIALIZATION when the body cannot be read, or a member of path, query or form does not fit.
 */
export async function bind<Schema extends TObject>(schema: Schema, source: BindSource): Promise<Static<Schema>> {
  const shape = objectShapeOf(schema);
  const type = typeOf(source);
  const form = source.form ?? (type === FORM ? readForm(source.body, shape) : noFields);
  const request = await readBody(schema, shape, source, form === noFields ? bodyFormat(source, type) : undefined, '{}');
  if (form.length === 0 && source.query.length === 0 && source.path.length === 0) return request;
  const target = Object(request);
  const onlyUnset = source.route !== undefined;
  const layers = onlyUnset ? [form, source.query] : [source.path, source.query, form];
  const problems = layers.flatMap((fields) => overlay(target, shape, fields, { onlyUnset: onlyUnset && fields !== form }));
  if (problems.length > 0) throw cannotBind(shape, problems);
  return request;
}

/**
 * The requests of a batch (servicestack.md 1.3): the body is a list of them, as long as a list may be. The query belongs to none of them.
 * @throws AppError SERIALIZATION when the body cannot be read.
 */
export async function bindBatch<Schema extends TObject>(schema: Schema, source: BindSource): Promise<Static<Schema>[]> {
  const { namespace, name } = objectShapeOf(schema);
  const list = { namespace, name: `${name}[]` };
  const type = typeOf(source);
  if (type === FORM || type.startsWith('multipart/')) throw unreadable(type, list, new FormatError('A form cannot hold a list'));
  return readBody(Type.Array(schema), list, source, bodyFormat(source, type), '[]');
}

function typeOf({ contentType }: BindSource): string {
  return contentType === undefined ? '' : mediaType(contentType);
}

/** That of the route, unless nobody sends that. */
function bodyFormat({ route }: BindSource, type: string): ReadableFormat | undefined {
  const format = route && isReadable(route) ? route : formatByContentType(type);
  return format && isReadable(format) ? format : undefined;
}

/** @param empty JSON of what stands for no body, or one of an unknown type. */
async function readBody<Schema extends TSchema>(
  schema: Schema,
  name: TypeName,
  { body, contentType = '' }: BindSource,
  format: ReadableFormat | undefined,
  empty: string,
): Promise<Static<Schema>> {
  if (body === undefined || body.length === 0 || format === undefined) return json.read(empty, schema);
  try {
    if (!isUtf8(body)) throw new FormatError('The body is not UTF-8');
    return await format.read(textOf(body), schema);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const type = mediaType(contentType);
    throw unreadable(format.contentTypes.includes(type) ? type : (format.contentTypes[0] ?? ''), name, error);
  }
}

function readForm(body: Buffer | undefined, name: TypeName): Fields {
  if (body === undefined) return noFields;
  let count = 1;
  for (let at = body.indexOf('&'); at !== -1; at = body.indexOf('&', at + 1)) {
    if (++count > MAX_FORM_FIELDS) throw unreadable(FORM, name, new FormatError(`The form has more than ${MAX_FORM_FIELDS} fields`));
  }
  return parseFields(textOf(body));
}

/** Without the byte order mark that some senders put first. */
function textOf(body: Buffer): string {
  const text = body.toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** The error of a body that could not be read. The unbalanced quote is the original's, and clients may look for it. */
export function unreadable(contentType: string, { namespace, name }: TypeName, cause: FormatError): AppError<'SERIALIZATION'> {
  const reason = `Could not deserialize '${contentType}' request using ${namespace}.${name}'\nError: ${cause.message}`;
  const fields = cause.member === '' ? [] : [{ errorCode: 'SerializationException', fieldName: cause.member, message: cause.message }];
  return new AppError('SERIALIZATION', { reason }, { fields, cause });
}

function cannotBind(shape: ObjectShape, fields: readonly FieldError[]): AppError<'SERIALIZATION'> {
  return new AppError('SERIALIZATION', { reason: `Unable to bind to request '${shape.name}'` }, { fields });
}
