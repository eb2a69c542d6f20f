import type { Trunk } from '../directory/trunks.ts';

/**
 * The trunks of an account that a call may use, in the order in which they are tried: those for the longest prefix of the number first,
 * among them the lowest priority, among these the oldest. A trunk without prefixes is for every number. A call that names its trunk uses
 * that one, whatever its prefixes.
 */
export function trunksFor(e164: string, trunks: readonly Trunk[], trunkId: string | undefined): readonly Trunk[] {
  if (trunkId !== undefined) return trunks.filter((trunk) => trunk.trunkId === trunkId);
  return trunks
    .map((trunk) => ({ trunk, length: matchedLength(e164, trunk.prefixes) }))
    .filter(({ length }) => length >= 0)
    .sort((one, other) => other.length - one.length || one.trunk.priority - other.trunk.priority)
    .map(({ trunk }) => trunk);
}

/** How long the longest prefix of the number is; 0 when there are no prefixes, -1 when none of them is one. */
export function matchedLength(e164: string, prefixes: readonly string[]): number {
  if (prefixes.length === 0) return 0;
  return prefixes.reduce((longest, prefix) => (e164.startsWith(prefix) ? Math.max(longest, prefix.length) : longest), -1);
}
