import type { TSchema } from 'typebox';
import type { Report } from '../formats/format.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Asked } from './asked.ts';

/** What an answer is an answer to. */
export interface Subject {
  /** Name of the operation. */
  readonly operation: string;
  /** The request as it was bound; undefined when it could not be. */
  readonly request: unknown;
  readonly schema: TSchema;
}

const FORMAT_NAMES: ReadonlySet<string> = new Set(['format', 'callback']);
const SECRET_NAME = /password|secret|token/i;

/** What a page about an answer tells (servicestack.md 2.5); undefined for every other format. */
export function reportOf({ path, query, format }: Asked, { operation, request, schema }: Subject, clock: Clock): Report | undefined {
  if (format.name !== 'html') return undefined;
  const kept = new URLSearchParams();
  for (const [name, value] of query) if (!FORMAT_NAMES.has(name.toLowerCase()) && !SECRET_NAME.test(name)) kept.append(name, value);
  const address = kept.size === 0 ? path : `${path}?${kept}`;
  const report = { operation, address, answeredAt: new Date(clock.now()) };
  return request === undefined ? report : { ...report, request: { value: withoutSecrets(request), schema } };
}

/** A page is seen by others, printed and kept; what signs somebody in is left out of it. */
function withoutSecrets(request: unknown): unknown {
  if (Array.isArray(request)) return request.map(withoutSecrets);
  if (typeof request !== 'object' || request === null) return request;
  return Object.fromEntries(Object.entries(request).filter(([name]) => !SECRET_NAME.test(name)));
}
