import type { Random } from '../kernel/random.ts';

/** What decides the order in which targets are tried. */
export interface Ranked {
  /** The lowest first. */
  readonly priority: number;
  /** The share among those of the same priority. */
  readonly weight: number;
}

/**
 * The order in which to try targets: by priority, among equals by chance in proportion to their weights (RFC 2782). Those that
 * `isDoubtful` come after all others, in the same order among themselves: they are tried last, not never.
 */
export function orderTargets<Target extends Ranked>(
  targets: readonly Target[],
  isDoubtful: (target: Target) => boolean,
  random: Random,
): Target[] {
  if (targets.length < 2) return [...targets];
  const priorities = [...new Set(targets.map(({ priority }) => priority))].sort((one, other) => one - other);
  const ordered = priorities.flatMap((priority) =>
    shuffled(
      targets.filter((target) => target.priority === priority),
      random,
    ),
  );
  return [...ordered.filter((target) => !isDoubtful(target)), ...ordered.filter(isDoubtful)];
}

/** Draws one after the other. A weight of 0 is a hundredth of a weight of 1. */
function shuffled<Target extends Ranked>(targets: readonly Target[], random: Random): Target[] {
  const left = [...targets];
  const drawn: Target[] = [];
  while (left.length > 1) {
    let ticket = random.below(left.reduce((sum, target) => sum + sharesOf(target), 0));
    const index = left.findIndex((target) => {
      ticket -= sharesOf(target);
      return ticket < 0;
    });
    drawn.push(...left.splice(index, 1));
  }
  return [...drawn, ...left];
}

function sharesOf({ weight }: Ranked): number {
  return weight === 0 ? 1 : weight * 100;
}
