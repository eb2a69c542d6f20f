import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { type FuzzedParty, fuzz, fuzzParties } from './fuzz.ts';

// Whoever hangs is found, though the same bytes are no news to those who have had them.

const seeds = [Buffer.from('INVITE sip:a@b SIP/2.0\r\n\r\n')];
const HANG_MS = 60;
const parties = { runs: 1_000, inputs: 100 };

/** Keeps the processor busy. */
function hang(): void {
  const before = process.cpuUsage();
  const beganMs = performance.now();
  for (;;) {
    const { user, system } = process.cpuUsage(before);
    if ((user + system) / 1000 > HANG_MS && performance.now() - beganMs > HANG_MS) return;
  }
}

/** One who acts on what it was not sent before, and whose fourth such input takes long by `slow`. */
function remembering(slow: (clock: VirtualClock) => void) {
  const clock = new VirtualClock();
  const known = new Set<string>();
  return {
    take: (bytes: Uint8Array): void => {
      const text = Buffer.from(bytes).toString('latin1');
      if (known.has(text)) return;
      known.add(text);
      if (known.size === 4) slow(clock);
    },
    pass: () => clock.advance(20),
    end: () => clock.advance(1_000),
  };
}

describe('a party that hangs', () => {
  it.each([
    ['at an input', hang, /input \d+ of seed \d+: it took \d/],
    ['after what it has waited for', () => void nextTurn().then(hang), /input \d+ of seed \d+: it took \d/],
    ['in a timer', (clock: VirtualClock) => void clock.after(50, hang), /input \d+ of seed \d+: it took \d/],
    ['at its end', (clock: VirtualClock) => void clock.after(2_500, hang), /at its end of seed \d+: it took \d/],
  ])('%s is found', async (_when, slow, message) => {
    await expect(fuzzParties(seeds, { ...parties, begin: async () => remembering(slow) })).rejects.toThrow(message);
  });

  it('and would not do so again after the same history passes', async () => {
    let hangs = 0;
    const slow = (): void => {
      if (hangs++ === 0) hang();
    };
    await fuzzParties(seeds, { ...parties, begin: async () => remembering(slow) });
    expect(hangs).toBeGreaterThan(1);
  });

  it('for less than is forbidden, often, passes', async () => {
    const party: FuzzedParty = { take: () => {}, pass: () => nextTurn() };
    await fuzzParties(seeds, { ...parties, begin: async () => party });
  });
});

describe('a reader', () => {
  it('that hangs is found', async () => {
    const read = (bytes: Uint8Array): void => {
      if (bytes.length < 5) hang();
    };
    await expect(fuzz(seeds, { read })).rejects.toThrow(/run \d+, which took \d+/);
  });
});
