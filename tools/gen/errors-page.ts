import { errorCatalogue } from '../../src/kernel/errors.ts';
import { code, generatedPage, table } from './markdown.ts';

/** docs/reference/errors.md: every error that a caller of the API can meet. */
export function errorsPage(): string {
  const rows = Object.entries(errorCatalogue)
    .map(([name, { status, errorCode, message }]) => ({ name, status, errorCode, message }))
    .sort((one, other) => one.status - other.status || one.name.localeCompare(other.name))
    .map(({ name, status, errorCode, message }) => [String(status), code(errorCode), message, code(name)]);
  return generatedPage('Errors', '`src/kernel/errors.ts`', [
    'Every refusal is a `ResponseStatus` with `errorCode`, `message` and, where a member is to blame, `errors[]`. `{words}` are filled in.',
    '401 carries `WWW-Authenticate`; 429 and 503 carry `Retry-After`.',
    '',
    ...table(['Status', 'errorCode', 'Message', 'Name in the source'], rows),
  ]);
}
