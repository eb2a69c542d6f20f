import type { Static } from 'typebox';
import { Type } from 'typebox';
import { dto, optional, text, textMap } from './dto.ts';

const namespace = 'ServiceStack';

export const ResponseError = dto(
  { name: 'ResponseError', namespace, description: 'One member that was refused.' },
  { errorCode: optional(text), fieldName: optional(text), message: optional(text), meta: optional(textMap) },
);

export const ResponseStatus = dto(
  { name: 'ResponseStatus', namespace, description: 'What went wrong.' },
  {
    errorCode: optional(text),
    message: optional(text),
    stackTrace: optional(text),
    errors: optional(Type.Array(ResponseError)),
    meta: optional(textMap),
  },
);

export const ErrorResponse = dto(
  { name: 'ErrorResponse', namespace, description: 'The body of every error.' },
  { responseStatus: optional(ResponseStatus) },
);
export type ErrorResponse = Static<typeof ErrorResponse>;
