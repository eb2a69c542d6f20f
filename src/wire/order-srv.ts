import type { Random } from '../kernel/random.ts';
import type { SrvRecord } from './dns.ts';

/** The order in which the hosts of a service are tried: by priority, and by chance according to weight among equals (RFC 2782). */
export function orderSrv(records: readonly SrvRecord[], random: Random): readonly SrvRecord[] {
  const left = [...records].sort((one, other) => one.priority - other.priority || one.weight - other.weight);
  const ordered: SrvRecord[] = [];
  while (left.length > 0) {
    const [first] = left;
    const equals = left.filter(({ priority }) => priority === first?.priority);
    // From 0 to the sum with both ends: those of weight 0 come first in the list and have a small chance of being chosen.
    let ticket = random.below(equals.reduce((sum, { weight }) => sum + weight, 0) + 1);
    const index = equals.findIndex(({ weight }) => {
      ticket -= weight;
      return ticket <= 0;
    });
    ordered.push(...left.splice(index, 1));
  }
  return ordered;
}
