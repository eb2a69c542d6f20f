import { Type } from 'typebox';
import { dto, optional, text } from './dto.ts';

const namespace = 'ServiceStack';

export const ResponseError = dto(
  { name: 'ResponseError', namespace, description: 'One member that was refused.' },
  { errorCode: optional(text), fieldName: optional(text), message: optional(text) },
);

export const ResponseStatus = dto(
  { name: 'ResponseStatus', namespace, description: 'What went wrong.' },
  { errorCode: optional(text), message: optional(text), stackTrace: optional(text), errors: optional(Type.Array(ResponseError)) },
);

export const ErrorResponse = dto(
  { name: 'ErrorResponse', namespace, description: 'The body of every error.' },
  { responseStatus: optional(ResponseStatus) },
);
