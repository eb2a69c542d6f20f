import { describe, expect, test } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { type Faults, MemoryNetwork } from './memory-network.ts';

const A = { address: '192.0.2.1', port: 5060 };
const B = { address: '192.0.2.2', port: 5060 };

function twoSockets(faults: Faults = {}, seed = 1) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(seed), faults);
  const a = network.datagramSocket(A);
  const b = network.datagramSocket(B);
  const received: { at: number; text: string }[] = [];
  const start = clock.now();
  b.onReceive((bytes) => received.push({ at: clock.now() - start, text: Buffer.from(bytes).toString() }));
  const send = (text: string) => a.send(Buffer.from(text), B);
  return { clock, network, a, b, received, send };
}

describe('datagrams', () => {
  test('arrive with the address of the sender, and never within send itself', async () => {
    const { clock, network } = twoSockets();
    const c = network.datagramSocket({ address: '192.0.2.3', port: 7 });
    const from: unknown[] = [];
    c.onReceive((_bytes, sender) => from.push(sender));
    const d = network.datagramSocket({ address: '192.0.2.4', port: 0 });
    d.send(Buffer.from('x'), c.local);
    expect(from).toEqual([]);
    await clock.advance(0);
    expect(from).toEqual([d.local]);
  });

  test('carry what the bytes were when they were sent', async () => {
    const { clock, a, received } = twoSockets();
    const bytes = Buffer.from('first');
    a.send(bytes, B);
    bytes.write('later');
    await clock.advance(0);
    expect(received.map(({ text }) => text)).toEqual(['first']);
  });

  test('go nowhere when no port is open there, or none listens', async () => {
    const { clock, network, a, b, send } = twoSockets();
    a.send(Buffer.from('x'), { address: '192.0.2.9', port: 9 });
    send('on its way when the port closes');
    b.close();
    b.close();
    await clock.advance(10);
    expect(network.counts).toMatchObject({ sent: 2, delivered: 0, unreachable: 2 });
  });

  test('obey the filter, which sees each of them in order', async () => {
    const seen: number[] = [];
    const { clock, network, received, send } = twoSockets({
      filter: (bytes, from, to, nth) => {
        expect([from, to]).toEqual([A, B]);
        seen.push(nth);
        const text = Buffer.from(bytes).toString();
        if (text === 'lost') return 'drop';
        if (text === 'twice') return 'duplicate';
        return text === 'late' ? { delayMs: 100 } : 'pass';
      },
    });
    for (const text of ['lost', 'late', 'twice', 'plain']) send(text);
    await clock.advance(200);
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(received).toEqual([
      { at: 0, text: 'twice' },
      { at: 0, text: 'twice' },
      { at: 0, text: 'plain' },
      { at: 100, text: 'late' },
    ]);
    expect(network.counts).toEqual({ sent: 4, delivered: 4, dropped: 1, duplicated: 1, unreachable: 0 });
  });

  test('are lost and doubled by chance at the rates asked for', async () => {
    const { clock, network, received, send } = twoSockets({ lossPercent: 10, duplicatePercent: 20 });
    for (let i = 0; i < 2000; i++) send(String(i));
    await clock.advance(0);
    const { dropped, duplicated } = network.counts;
    expect(dropped).toBeGreaterThan(140);
    expect(dropped).toBeLessThan(260);
    expect(duplicated).toBeGreaterThan(280);
    expect(duplicated).toBeLessThan(440);
    expect(received).toHaveLength(2000 - dropped + duplicated);
  });

  test('overtake each other within the range of delays, the same way for the same seed', async () => {
    const run = async (seed: number) => {
      const { clock, received, send } = twoSockets({ delayMs: { min: 10, max: 50 } }, seed);
      for (let i = 0; i < 50; i++) send(String(i));
      await clock.advance(100);
      return received;
    };
    const first = await run(7);
    expect(first).toHaveLength(50);
    expect(first.every(({ at }) => at >= 10 && at <= 50)).toBe(true);
    expect(first.map(({ text }) => text)).not.toEqual(Array.from({ length: 50 }, (_unused, i) => String(i)));
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
  });
});

describe('wires', () => {
  test('carry messages both ways over UDP', async () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork(clock, seededRandom(1));
    const a = network.wire('udp', A);
    const b = network.wire('udp', B);
    b.onReceive((bytes, from) => void b.send(Buffer.concat([bytes, Buffer.from('!')]), from));
    const answers: string[] = [];
    a.onReceive((bytes) => answers.push(Buffer.from(bytes).toString()));
    // Empty lines keep a way through a NAT open, and are no messages.
    for (const text of ['\r\n\r\n', '\r\n', 'hello, hello, hello']) await a.send(Buffer.from(text), B);
    await clock.advance(0);
    expect(answers).toEqual(['hello, hello, hello!']);
  });

  test('of TCP lose nothing and keep the order whatever the faults, and refuse where nothing listens', async () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork(clock, seededRandom(1), { lossPercent: 100, duplicatePercent: 100, delayMs: { min: 5, max: 500 } });
    const a = network.wire('tcp', A);
    const b = network.wire('tcp', B);
    const received: string[] = [];
    b.onReceive((bytes) => received.push(Buffer.from(bytes).toString()));
    for (const text of ['1', '2', '3']) await a.send(Buffer.from(text), B);
    await clock.advance(1000);
    expect(received).toEqual(['1', '2', '3']);
    await b.close();
    await expect(a.send(Buffer.from('4'), B)).rejects.toThrow('Nothing listens');
  });

  test('that are closed send nothing', async () => {
    const network = new MemoryNetwork(new VirtualClock(), seededRandom(1));
    const a = network.wire('udp', A);
    await a.close();
    await a.close();
    await expect(a.send(Buffer.from('x'), B)).rejects.toThrow('closed');
  });
});

describe('connections that break', () => {
  const connected = (faults: Faults) => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork(clock, seededRandom(1), {
      ...{ delayMs: { min: 50, max: 50 }, breaks: (bytes) => Buffer.from(bytes).toString() === 'cut' },
      ...faults,
    });
    const a = network.wire('tcp', A);
    const b = network.wire('tcp', B);
    const received: { at: number; text: string }[] = [];
    const start = clock.now();
    for (const wire of [a, b]) wire.onReceive((bytes) => received.push({ at: clock.now() - start, text: Buffer.from(bytes).toString() }));
    return { clock, network, a, b, received };
  };

  test('lose what is sent at the same moment, of which both sides are told once', async () => {
    const { clock, a, b, received } = connected({});
    const told: string[] = [];
    a.onClosed?.(({ address }) => told.push(`a of ${address}`));
    b.onClosed?.(({ address }) => told.push(`b of ${address}`));
    await Promise.all([a.send(Buffer.from('cut'), B), a.send(Buffer.from('lost'), B), a.send(Buffer.from('cut'), B)]);
    const later = a.send(Buffer.from('over the next'), B);
    await clock.advance(1000);
    await later;
    await clock.advance(1000);
    expect([told, received.map(({ text }) => text)]).toEqual([[`a of ${B.address}`, `b of ${A.address}`], ['over the next']]);
  });

  test('lose what is under way between the two, either way, and nothing else', async () => {
    const { clock, network, a, b, received } = connected({});
    const C = { address: '192.0.2.3', port: 5060 };
    network.wire('tcp', C);
    await a.send(Buffer.from('arrives'), B);
    await clock.advance(50);
    await a.send(Buffer.from('lost'), B);
    await b.send(Buffer.from('lost too'), A);
    await a.send(Buffer.from('to another'), C);
    await clock.advance(20);
    await b.send(Buffer.from('cut'), A);
    await clock.advance(10);
    await a.send(Buffer.from('over the next'), B);
    await clock.advance(1000);
    expect(received).toEqual([
      { at: 50, text: 'arrives' },
      { at: 130, text: 'over the next' },
    ]);
    expect(network.counts).toMatchObject({ sent: 6, delivered: 2, dropped: 3, unreachable: 1 });
    expect(clock.pendingTimers).toBe(0);
  });

  test('are told of at both ends, to all who want to know', async () => {
    const { clock, a, b } = connected({});
    const told: string[] = [];
    for (const nth of [1, 2]) {
      a.onClosed?.(({ address }) => told.push(`${nth} at a: ${address}`));
      b.onClosed?.(({ address }) => told.push(`${nth} at b: ${address}`));
    }
    await a.send(Buffer.from('cut'), B);
    expect(told).toEqual([]);
    await clock.advance(0);
    expect(told).toEqual([`1 at a: ${B.address}`, `2 at a: ${B.address}`, `1 at b: ${A.address}`, `2 at b: ${A.address}`]);
  });

  test('are opened anew, where that takes time', async () => {
    const { clock, a, received } = connected({ connectMs: 30 });
    const say = async (text: string): Promise<void> => {
      void a.send(Buffer.from(text), B);
      await clock.advance(100);
    };
    for (const text of ['first', 'second', 'cut', 'third']) await say(text);
    expect(received).toEqual([
      { at: 80, text: 'first' },
      { at: 150, text: 'second' },
      { at: 380, text: 'third' },
    ]);
  });
});

test('who watches learns when each copy arrives, and of what is lost that it was sent', async () => {
  const seen: Record<string, number[]> = {};
  const { clock, network, send } = twoSockets({
    filter: (bytes) => (({ a: 'drop', b: 'duplicate' }) as const)[Buffer.from(bytes).toString()] ?? { delayMs: 40 },
    watch: (bytes, from, to, sentMs) => {
      expect([from, to]).toEqual([A, B]);
      const times: number[] = [];
      seen[`${Buffer.from(bytes).toString()} ${sentMs - Date.UTC(2026, 0, 1)}`] = times;
      return (arrivedMs) => times.push(arrivedMs - Date.UTC(2026, 0, 1));
    },
  });
  for (const text of ['a', 'b', 'c']) {
    send(text);
    await clock.advance(100);
  }
  await clock.advance(100);
  expect(seen).toEqual({ 'a 0': [], 'b 100': [100, 100], 'c 200': [240] });
  expect(network.counts.dropped).toBe(1);
});

describe('ports', () => {
  test('are counted, exclusive per kind, and free again once closed', async () => {
    const network = new MemoryNetwork(new VirtualClock(), seededRandom(1));
    const udp = network.wire('udp', A);
    const tcp = network.wire('tcp', A);
    expect(() => network.datagramSocket(A)).toThrow('in use');
    expect(network.openPorts).toBe(2);
    await udp.close();
    await tcp.close();
    expect(network.openPorts).toBe(0);
    const again = network.datagramSocket(A);
    await udp.close();
    expect(network.openPorts).toBe(1);
    again.close();
  });

  test('chosen by the network are different and pass over those in use', () => {
    const network = new MemoryNetwork(new VirtualClock(), seededRandom(1));
    const first = network.datagramSocket({ address: A.address, port: 0 });
    network.datagramSocket({ address: A.address, port: first.local.port + 1 });
    const second = network.datagramSocket({ address: A.address, port: 0 });
    expect(second.local.port).toBe(first.local.port + 2);
  });
});
