import type { Static, TSchema } from 'typebox';
import { type RootShape, rootShapeOf } from './shape.ts';

/**
 * The `read` of a format from its reader of shapes. This is the one place that trusts a reader: what it builds by the shape of a schema
 * has the type of that schema, which the compiler cannot see.
 */
export function typedRead(read: (text: string, shape: RootShape) => unknown) {
  return async <Schema extends TSchema>(text: string, schema: Schema): Promise<Static<Schema>> =>
    (await read(text, rootShapeOf(schema))) as Static<Schema>;
}
