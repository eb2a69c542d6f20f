import type { AnswerHead } from '../handler.ts';

/** Keeps an answer with a token, key or id of a login out of every cache (RFC 9111 section 5.2.2.5). */
export function holdsSecret(answer: AnswerHead): void {
  answer.headers['cache-control'] = 'no-store';
}
