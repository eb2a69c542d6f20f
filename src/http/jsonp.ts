import type { WireFormat } from '../formats/format.ts';
import { json } from '../formats/json.ts';
import { type Fields, fieldOf } from './address.ts';

export const SCRIPT_TYPE = 'text/javascript; charset=utf-8';

const MAX_NAME_LENGTH = 100;

/**
 * The function that `?callback=` names, if the answer is JSON (servicestack.md 1.6). Every character that a name of a function does not
 * have becomes `_`, so that no other script can be written with it.
 */
export function callbackOf(query: Fields, format: WireFormat): string | undefined {
  if (query.length === 0 || format !== json) return undefined;
  return (
    fieldOf(query, 'callback')
      ?.slice(0, MAX_NAME_LENGTH)
      .replace(/[^A-Za-z0-9._]/g, '_') || undefined
  );
}

/** The call of `callback`. @param json its argument; empty for none. */
export function callOf(callback: string, json: string): string {
  return `${callback}(${json})`;
}
