import { describe, expect, it } from 'vitest';
import { type Logger, silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import type { ChangeListener } from '../store/changes.ts';
import type { TrunkHost } from '../store/endpoint-repository.ts';
import { type NameSources, TrunkSources } from './trunk-sources.ts';

const trunk = (trunkId: string, host: string): TrunkHost => ({ trunkId, host, isDomain: false, accountId: 'account' });

/** Trunks, and name servers of which a test says what they do. */
function scene(hosts: readonly TrunkHost[], find: (host: string, signal: AbortSignal) => ReturnType<NameSources['find']>) {
  const clock = new VirtualClock();
  const warnings: unknown[] = [];
  const log: Logger = { ...silentLogger, warn: (fields, message) => warnings.push([fields, message]) };
  const stored = { hosts, reads: 0, whileRead: () => {} };
  let tell: ChangeListener = () => {};
  const sources = new TrunkSources({
    endpoints: {
      trunkHosts: async () => {
        stored.reads += 1;
        stored.whileRead();
        return [...stored.hosts];
      },
    },
    changes: {
      subscribe: (listener) => {
        tell = listener;
        return () => {};
      },
    },
    sourcesOf: (host) => ({ find: (signal) => find(host, signal) }),
    clock,
    log,
  });
  return { clock, warnings, stored, sources, change: () => tell({ kind: 'endpoint', id: 'x' }) };
}

/** A name server that answers no more until nobody wants it. */
const silent = (signal: AbortSignal): ReturnType<NameSources['find']> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve({ addresses: [], isWhole: false }), { once: true }));

describe('the trunks at an address', () => {
  it('are those of the third reading when something changes during each', async () => {
    const { stored, sources, change } = scene([trunk('a', '192.0.2.1')], async () => ({ addresses: [], isWhole: true }));
    stored.whileRead = () => {
      if (stored.reads < 50) change();
    };
    expect(await sources.at('192.0.2.1')).toHaveLength(1);
    expect(stored.reads).toBe(3);
  });

  it('are looked up no more once the server stops, which does not wait for name servers', async () => {
    const { clock, warnings, sources } = scene([trunk('a', 'sip.example'), trunk('b', '192.0.2.1')], (_host, signal) => silent(signal));
    const found = sources.at('192.0.2.1');
    await clock.advance(1);
    expect(clock.pendingTimers).toBe(1);
    await sources.close();
    expect([(await found).length, clock.pendingTimers, warnings]).toEqual([1, 0, []]);
    await sources.close();
  });

  it('are looked up by many questions at a time, and nobody is warned of a leak', async () => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): void => void warnings.push(name);
    process.on('warning', onWarning);
    const { clock, sources } = scene(
      Array.from({ length: 20 }, (_none, nth) => trunk(`t${nth}`, `host${nth}.example`)),
      (_host, signal) => silent(signal),
    );
    const found = sources.at('192.0.2.1');
    await clock.advance(5_001);
    await found;
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  it('are looked up twenty names at a time', async () => {
    const clocks: VirtualClock[] = [];
    let now = 0;
    let most = 0;
    const { clock, sources } = scene(
      Array.from({ length: 50 }, (_none, nth) => trunk(`t${nth}`, `host${nth}.example`)),
      async (host) => {
        now += 1;
        most = Math.max(most, now);
        await new Promise<void>((resolve) => clocks[0]?.after(1_000, () => resolve()));
        now -= 1;
        return { addresses: [`192.0.2.${host.replace(/\D/g, '')}`], isWhole: true };
      },
    );
    clocks.push(clock);
    const found = sources.at('192.0.2.49');
    await clock.advance(3_000);
    expect([await found, most, clock.pendingTimers]).toMatchObject([[{ trunkId: 't49' }], 20, 0]);
  });

  it('cost no lookup for a name that no trunk has any more', async () => {
    const asked: string[] = [];
    const { clock, stored, sources, change } = scene([trunk('a', 'old.example')], async (host) => {
      asked.push(host);
      return { addresses: ['192.0.2.1'], isWhole: true };
    });
    await sources.at('192.0.2.1');
    stored.hosts = [trunk('a', 'new.example')];
    change();
    await clock.advance(61_000);
    await sources.at('192.0.2.1');
    expect(asked).toEqual(['old.example', 'new.example']);
  });

  it.each([
    [true, 'has no address'],
    [false, 'is not known, as the name servers do not answer'],
  ])('cannot be told when a name has none, which is logged with the reason (answered: %s)', async (isWhole, why) => {
    const { warnings, sources } = scene([trunk('a', 'sip.example')], async () => ({ addresses: [], isWhole }));
    expect(await sources.at('192.0.2.1')).toEqual([]);
    expect(warnings).toEqual([[{ host: 'sip.example' }, `The host of a trunk ${why}: its calls cannot be told`]]);
  });
});
