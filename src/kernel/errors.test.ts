import { describe, expect, expectTypeOf, it } from 'vitest';
import { AppError, type ErrorData, errorCatalogue, memberError } from './errors.ts';

describe('AppError', () => {
  it('fills its message and carries the status and code of the catalogue', () => {
    const error = new AppError('NO_CAPACITY', { limit: 'the trunk has 2', seconds: 1 }, { retryAfterSeconds: 1 });
    expect(error.message).toBe('All channels are in use: the trunk has 2. Try again in 1 s.');
    expect(error).toMatchObject({ status: 503, errorCode: 'NoCapacity', retryAfterSeconds: 1, fields: [] });
  });

  it('does not read a slot from what fills another', () => {
    const error = new AppError('INVALID_MEMBER', { member: '{reason}', reason: 'x' });
    expect(error.message).toBe("'{reason}' is not valid: x");
  });

  it('is compiled only with exactly the slots of its message', () => {
    expectTypeOf<ErrorData<'NOT_FOUND'>>().toEqualTypeOf<{ readonly kind: string | number }>();
    expectTypeOf<ErrorData<'NO_CAPACITY'>>().toEqualTypeOf<{ readonly limit: string | number; readonly seconds: string | number }>();
    expectTypeOf<keyof ErrorData<'NOT_AUTHENTICATED'>>().toEqualTypeOf<never>();
  });

  it('makes the errors[] entry of a member from the same words', () => {
    const error = memberError('REQUIRED', { member: 'FlowId', hint: 'the id of a flow.' }, 'FlowId');
    expect(error.fields).toEqual([{ errorCode: 'NotEmpty', fieldName: 'FlowId', message: error.message }]);
  });
});

it('has a sentence for every error', () => {
  for (const [code, entry] of Object.entries(errorCatalogue)) {
    expect(entry.status, code).toBeGreaterThanOrEqual(400);
    expect(entry.message.length, code).toBeGreaterThan(5);
  }
});
