import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { PortRange } from './port-range.ts';

const open = async (port: number): Promise<number> => port;
const inUse = (): Error => Object.assign(new Error('in use'), { code: 'EADDRINUSE' });

function range(first: number, last: number): PortRange {
  return new PortRange({ first, last }, seededRandom(1));
}

async function takeAll(ports: PortRange): Promise<number[]> {
  const taken: number[] = [];
  while (ports.free > 0) taken.push(await ports.take(open));
  return taken;
}

describe('PortRange', () => {
  it('gives out the even ports that have the odd one above them in the range', async () => {
    expect((await takeAll(range(10_001, 10_010))).sort()).toEqual([10_002, 10_004, 10_006, 10_008]);
    expect((await takeAll(range(10_000, 10_003))).sort()).toEqual([10_000, 10_002]);
  });

  it('lets a port rest as long as possible before it is used again', async () => {
    const ports = range(20_000, 20_009);
    const first = await ports.take(open);
    ports.giveBack(first);
    const rest = await takeAll(ports);
    expect(rest).toHaveLength(5);
    expect(rest.at(-1)).toBe(first);
  });

  it('passes over ports that another program holds, and offers them again later', async () => {
    const ports = range(20_000, 20_005);
    const held = new Set([20_000, 20_004]);
    const tried: number[] = [];
    const opened = await ports.take(async (port) => {
      tried.push(port);
      if (held.has(port)) throw inUse();
      return port;
    });
    expect(opened).toBe(20_002);
    expect(tried.at(-1)).toBe(20_002);
    expect((await takeAll(ports)).sort()).toEqual([20_000, 20_004]);
  });

  it('refuses with NO_CAPACITY when every port is taken or held', async () => {
    const ports = range(20_000, 20_003);
    await takeAll(ports);
    await expect(ports.take(open)).rejects.toMatchObject({ code: 'NO_CAPACITY', status: 503, retryAfterSeconds: 5 });
    const held = range(20_000, 20_003);
    await expect(held.take(() => Promise.reject(inUse()))).rejects.toMatchObject({ code: 'NO_CAPACITY' });
    expect(held.free).toBe(2);
  });

  it('keeps the port when it cannot be opened for another reason, and says why', async () => {
    const ports = range(20_000, 20_001);
    await expect(ports.take(() => Promise.reject(new Error('no such address')))).rejects.toThrow('no such address');
    expect(ports.free).toBe(1);
  });

  it('begins at a place that chance decides', async () => {
    const firsts = await Promise.all(
      [1, 2, 3, 4, 5].map((seed) => new PortRange({ first: 20_000, last: 29_999 }, seededRandom(seed)).take(open)),
    );
    expect(new Set(firsts).size).toBeGreaterThan(1);
  });

  it.each([
    [20_001, 20_001],
    [20_001, 20_002],
    [20_010, 20_000],
    [-2, 10],
    [65_530, 65_540],
  ])('refuses the range %i-%i', (first, last) => {
    expect(() => range(first, last)).toThrow(RangeError);
  });
});
