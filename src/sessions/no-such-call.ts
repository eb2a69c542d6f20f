import { type AppError, memberError } from '../kernel/errors.ts';

/** The answer to a `callSid` of no call of the session. */
export function noSuchCall(): AppError {
  return memberError('INVALID_MEMBER', { member: 'CallSid', reason: 'it is no call of this session.' }, 'CallSid');
}
