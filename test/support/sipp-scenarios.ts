import { afterAll, expect, it, vi } from 'vitest';
import { badNetworks } from './bad-networks.ts';
import { SippCalls } from './sipp-calls.ts';

type Play = (calls: SippCalls) => Promise<unknown>;

/** What a scenario may take: it waits for each message for some seconds at the most. */
const MOST_MS = 60_000;

/** How the runs of a file ended, by network. */
const tally = new Map<string, { asPlayed: number; gaveUp: number }>();

afterAll(async () => {
  process.stdout.write(`${JSON.stringify(Object.fromEntries(tally))}\n`);
  await eventually(() => expect(process.getActiveResourcesInfo().filter((kind) => kind === 'UDPWrap')).toEqual([]));
  // What is lost for good, as a provisional response may be, ends few scenarios.
  for (const [network, { asPlayed, gaveUp }] of tally) expect(gaveUp, network).toBeLessThanOrEqual(Math.max(2, asPlayed));
});

/**
 * Registers a scenario of sipp: it is played over a clean network, and over every bad one. There it must go as over the clean one,
 * unless sipp has given up: it does when nothing has come for some seconds, or a message has come that is not what it must be. However it goes, the calls come to
 * an end, and nothing is left of them.
 */
export function scenario(name: string, play: Play): void {
  it.concurrent(name, async () => {
    const calls = new SippCalls();
    try {
      await play(calls);
    } finally {
      await calls.close();
    }
  });
  for (const [network, faults] of Object.entries(badNetworks)) {
    const run = async (): Promise<void> => {
      const calls = new SippCalls({ faults, seed: seedOf(name + network) });
      try {
        const complaint = await over(calls, play);
        expect(await calls.leftovers()).toEqual({ calls: 0, dialogs: 0, transactions: 0, timers: 0 });
        count(network, complaint);
      } finally {
        await calls.close();
      }
    };
    it.concurrent(`${name}, over a network that ${network}`, { timeout: MOST_MS }, run);
  }
}

/** Waits until `expectation` no longer throws: some seconds at the most. */
export function eventually(expectation: () => void): Promise<void> {
  return vi.waitFor(expectation, { timeout: 10_000, interval: 20 });
}

/** What a request of ours was refused with; undefined when it was not. Scenarios may be left alone, so nothing waits for it elsewhere. */
export function refusal(asked: Promise<unknown> | undefined): Promise<unknown> {
  return Promise.resolve(asked).then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Plays a scenario to its end. Answers why sipp gave up, '' if it did not. @throws when sipp did not, and it went otherwise than it must. */
async function over(calls: SippCalls, play: Play): Promise<string> {
  let failure: { readonly error: unknown } | undefined;
  const played = play(calls).catch((error: unknown) => {
    failure = { error };
  });
  await Promise.race([played, calls.complaint]);
  const complaint = await calls.finish();
  if (failure && complaint === '') throw failure.error;
  return complaint;
}

function count(network: string, complaint: string): void {
  const counted = tally.get(network) ?? { asPlayed: 0, gaveUp: 0 };
  if (complaint === '') counted.asPlayed++;
  else {
    counted.gaveUp++;
    process.stdout.write(
      `GAVEUP ${network} ${complaint
        .split('\n')
        .filter((l) => /unexp|while exp|timeout|abort|Failed/i.test(l))
        .slice(0, 2)
        .join('|')
        .slice(0, 300)}\n`,
    );
  }
  tally.set(network, counted);
}

function seedOf(text: string): number {
  return [...text].reduce((hash, letter) => (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) >>> 0, 7);
}
