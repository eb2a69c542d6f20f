import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, it, vi } from 'vitest';
import { badNetworks } from './bad-networks.ts';
import { badStreams } from './bad-streams.ts';
import type { Passage } from './lossy-relay.ts';
import { startLine } from './sip-agents.ts';
import { type BadTcp, SippCalls } from './sipp-calls.ts';
import { unexplainedEnd } from './unexplained-end.ts';

type Play = (calls: SippCalls) => Promise<unknown>;

/** What a scenario may take: it waits for each message for some seconds at the most. */
const MOST_MS = 60_000;

/** A call that ends before it is answered, or afterwards, once. */
const ONCE = /^(failed [a-z]+|answered ended by (us|peer|error))$/;

/** The last message at which a connection is closed, and how long a scenario may go on after that. */
const MOST_BEFORE_CUT = 3;
const UNTIL_STUCK_MS = 4_000;

/** How the runs of a file ended, by network. */
const tally = new Map<string, { asPlayed: number; gaveUp: number }>();

/**
 * How many of the runs of a file sipp may give up where messages get lost, though none that comes once only (`comesOnce`): it stops where the
 * next message is not the one it waits for.
 */
const MOST_GIVEN_UP = 0.2;

afterAll(async () => {
  process.stdout.write(`${JSON.stringify(Object.fromEntries(tally))}\n`);
  await eventually(() => expect(process.getActiveResourcesInfo().filter((kind) => kind === 'UDPWrap')).toEqual([]));
  for (const [network, { asPlayed, gaveUp }] of tally)
    expect(gaveUp, network).toBeLessThanOrEqual(network === 'loses' ? Math.max(1, Math.floor((asPlayed + gaveUp) * MOST_GIVEN_UP)) : 0);
});

/**
 * Registers a scenario of sipp: it is played over a clean network, and over every bad one. There it must go as over the clean one.
 * Only over the one that loses may sipp give up, in few runs: when nothing has come for some seconds, or a message that is not what it must be,
 * and only when a message was lost for good that we did not have to send again. Until then all must have gone as it must, each call ends once as what got through says,
 * and nothing is left of it.
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
        const gaveUp = await over(calls, play);
        await nothingIsLeft(calls);
        expectExplained(calls);
        const { rightly, byUs } = calls.lostForGood;
        expect(byUs).toEqual([]);
        if (gaveUp) expect(rightly).not.toEqual([]);
        count(network, gaveUp);
      } finally {
        await calls.close();
      }
    };
    it.concurrent(`${name}, over a network that ${network}`, { timeout: MOST_MS }, run);
  }
}

/**
 * Registers a scenario of sipp over TCP: it is played over a clean connection, and over those that split, join and delay what they carry, where
 * it must go the same way. Over one that is closed in the middle sipp may give up: each call ends once and says how, and nothing is left of it.
 */
function overTcp(name: string, play: Play): void {
  const run = (title: string, network: BadTcp | undefined, then: (calls: SippCalls) => Promise<unknown>): void =>
    it.concurrent(title, { timeout: MOST_MS }, async () => {
      const calls = new SippCalls(network);
      try {
        await then(calls);
      } finally {
        await calls.close();
      }
    });
  run(name, undefined, play);
  for (const [network, stream] of Object.entries(badStreams))
    run(`${name}, over a connection that ${network}`, { stream }, async (calls) => {
      await play(calls);
      expect(await calls.finish()).toBe('');
      await nothingIsLeft(calls);
      for (const { messages, writes } of calls.streams)
        if (network === 'splits') expect(writes).toBeGreaterThan(10 * messages);
        else expect(messages).toBeGreaterThan(0);
    });
  const losesNth = 1 + (seedOf(name) % MOST_BEFORE_CUT);
  run(`${name}, over a connection that is closed at message ${losesNth}`, { stream: {}, losesNth }, async (calls) => {
    const hasCut = (): boolean => calls.streams.some(({ cuts }) => cuts > 0);
    const over = Promise.race([play(calls).catch(() => undefined), calls.complaint]);
    await Promise.race([over, eventually(() => expect(hasCut()).toBe(true))]);
    await Promise.race([over, delay(UNTIL_STUCK_MS)]);
    await calls.finish();
    await nothingIsLeft(calls);
    expect(hasCut()).toBe(true);
  });
}

/** Registers a scenario that is to be played over one transport. */
export const scenarioOver = { udp: scenario, tcp: overTcp } as const;

async function nothingIsLeft(calls: SippCalls): Promise<void> {
  expect(await calls.leftovers()).toEqual({ calls: 0, dialogs: 0, transactions: 0, timers: 0 });
  for (const outcome of calls.outcomes) expect(outcome).toMatch(ONCE);
}

/** How each call ended follows from what got through. */
function expectExplained(calls: SippCalls): void {
  for (const call of calls.ends) {
    const complaint = unexplainedEnd(call);
    if (complaint !== undefined) expect.fail(`${call.outcome} ${call.status ?? ''}: ${complaint}\n${told(call.passages)}`);
  }
}

const told = (passages: readonly Passage[]): string =>
  passages.map(({ from, message, isLost }) => `${from} ${startLine(message)}${isLost ? ' (lost)' : ''}`).join('\n');

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

/** Plays a scenario to its end. Answers whether sipp gave up. @throws when it went otherwise than it must, and sipp had not given up before. */
async function over(calls: SippCalls, play: Play): Promise<boolean> {
  let failure: { readonly error: unknown } | undefined;
  const played = play(calls).catch((error: unknown) => {
    if (!calls.hasComplained) failure = { error };
  });
  await Promise.race([played, calls.complaint]);
  const complaint = await calls.finish();
  if (failure) throw failure.error;
  return complaint !== '';
}

function count(network: string, gaveUp: boolean): void {
  const counted = tally.get(network) ?? { asPlayed: 0, gaveUp: 0 };
  if (gaveUp) counted.gaveUp++;
  else counted.asPlayed++;
  tally.set(network, counted);
}

function seedOf(text: string): number {
  return [...text].reduce((hash, letter) => (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) >>> 0, 7);
}
