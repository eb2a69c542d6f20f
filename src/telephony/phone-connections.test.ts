import { describe, expect, it } from 'vitest';
import { silentLogger } from '../kernel/log.ts';
import { seededRandom } from '../kernel/random.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { MemoryNetwork } from '../wire/memory-network.ts';
import { PhoneConnections } from './phone-connections.ts';
import type { Binding } from './sip-users.ts';

function scene() {
  const network = new MemoryNetwork(new VirtualClock(), seededRandom(1));
  const wires = [network.wire('tcp', { address: '10.0.0.1', port: 5060 })];
  return new PhoneConnections({ wires, users: { forget: async () => {} }, log: silentLogger });
}

const binding = (key: string, port: number, callId = key): Binding => ({
  key,
  contact: `sip:${key}@192.168.1.2`,
  path: [],
  source: { address: '10.0.0.2', port, transport: 'tcp' },
  callId,
  cSeq: 1,
  expiresAtMs: 60_000,
});

it('a phone that is gone before its registration is stored is not registered', () => {
  const forgotten: string[] = [];
  const wire = new MemoryNetwork(new VirtualClock(), seededRandom(1)).wire('tcp', { address: '10.0.0.1', port: 5060 });
  const users = { forget: async (userId: string, { key }: Binding) => void forgotten.push(`${key} of ${userId}`) };
  const connections = new PhoneConnections({
    wires: [{ ...wire, isConnected: ({ port }) => port === 2 }],
    users,
    log: silentLogger,
  });
  const [gone, there] = [binding('gone', 1), binding('there', 2)];
  connections.registered('ada', [gone, there], [gone, there]);
  expect([forgotten, connections.wayTo(gone), connections.wayTo(there)?.port]).toEqual([['gone of ada'], undefined, 2]);
});

it('a registration that cannot be forgotten is logged, and harms nothing', async () => {
  const warnings: unknown[] = [];
  const wire = new MemoryNetwork(new VirtualClock(), seededRandom(1)).wire('tcp', { address: '10.0.0.1', port: 5060 });
  const failure = new Error('no database');
  const connections = new PhoneConnections({
    wires: [{ ...wire, isConnected: () => false }],
    users: { forget: () => Promise.reject(failure) },
    log: { ...silentLogger, warn: (fields, message) => warnings.push([fields, message]) },
  });
  const gone = binding('gone', 1);
  connections.registered('ada', [gone], [gone]);
  await new Promise((resolve) => setImmediate(resolve));
  expect([warnings, connections.size]).toEqual([[[{ err: failure }, 'a registration could not be forgotten']], 0]);
});

describe('what is remembered of connections', () => {
  it('is one for each that carries registrations, and none when they are taken back', () => {
    const connections = scene();
    const [a, b] = [binding('a', 1), binding('b', 1)];
    connections.registered('ada', [a], [a]);
    connections.registered('bob', [b], [b]);
    expect(connections.size).toBe(1);
    connections.registered('ada', [], []);
    expect([connections.size, connections.wayTo(a), connections.wayTo(b)?.port]).toEqual([1, undefined, 1]);
    connections.registered('bob', [], []);
    expect(connections.size).toBe(0);
  });

  it('does not grow with phones that come again from everywhere', () => {
    const connections = scene();
    for (let nth = 1; nth <= 1000; nth++) {
      const one = binding('a', nth, `call ${nth}`);
      connections.registered('ada', [one], [one]);
    }
    expect([connections.size, connections.wayTo(binding('a', 999, 'call 999'))]).toEqual([1, undefined]);
  });

  it('is nothing of what other servers hold, nor of what came over UDP', () => {
    const connections = scene();
    const theirs = binding('a', 7);
    const datagrams: Binding = { ...binding('b', 8), source: { address: '10.0.0.2', port: 8, transport: 'udp' } };
    connections.registered('ada', [datagrams], [theirs, datagrams]);
    expect([connections.size, connections.wayTo(theirs)]).toEqual([0, undefined]);
    expect(connections.wayTo(datagrams)).toMatchObject({ port: 8, isOnlyWay: true });
  });
});
