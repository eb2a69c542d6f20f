import { describe, expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { orderTargets } from './target-order.ts';

const target = (name: string, priority: number, weight = 1) => ({ name, priority, weight });
const names = (targets: readonly { name: string }[]) => targets.map(({ name }) => name).join(' ');
const nobody = () => false;

describe('orderTargets', () => {
  it('takes the lowest priority first', () => {
    const targets = [target('third', 7), target('first', 0), target('second', 1)];
    expect(names(orderTargets(targets, nobody, seededRandom(1)))).toBe('first second third');
  });

  it('gives targets of the same priority the share of their weight, and each of them a place', () => {
    const random = seededRandom(2);
    const targets = [target('three', 0, 3), target('one', 0, 1), target('none', 0, 0)];
    const first = new Map<string, number>();
    for (let round = 0; round < 4000; round++) {
      const ordered = orderTargets(targets, nobody, random);
      expect(new Set(ordered)).toEqual(new Set(targets));
      const name = ordered[0]?.name ?? '';
      first.set(name, (first.get(name) ?? 0) + 1);
    }
    expect(first.get('three')).toBeGreaterThan(2850);
    expect(first.get('three')).toBeLessThan(3150);
    expect(first.get('one')).toBeGreaterThan(850);
    expect(first.get('none') ?? 0).toBeLessThan(40);
  });

  it('chooses evenly when no target has a weight', () => {
    const random = seededRandom(3);
    const targets = [target('a', 0, 0), target('b', 0, 0)];
    const firsts = Array.from({ length: 1000 }, () => orderTargets(targets, nobody, random)[0]?.name);
    const share = firsts.filter((name) => name === 'a').length;
    expect(share).toBeGreaterThan(430);
    expect(share).toBeLessThan(570);
  });

  it('tries doubtful targets last, and does not leave them out', () => {
    const targets = [target('down', 0), target('up', 5), target('down too', 3)];
    expect(names(orderTargets(targets, ({ name }) => name.startsWith('down'), seededRandom(4)))).toBe('up down down too');
  });
});
