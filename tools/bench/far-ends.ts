import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EncryptedLegs } from './far-end-keys.ts';

const ROUND_MS = 4000;
const PACKETS_PER_SECOND = 50;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface FarEnds {
  readonly count: number;
  /** So many of them speak, and the others are silent; absent: all say something low. */
  readonly speaking?: number;
  /** Runs before each round. */
  readonly before?: (round: number) => Promise<void>;
  /** How long a round lasts; absent: 4 s. */
  readonly roundMs?: number;
  /** How many of the two legs of each call are SRTP in a round. Given: each round is opened anew. Absent: all rounds are one, in clear. */
  readonly encryptedLegs?: (round: number) => EncryptedLegs;
}

/** Opens what is measured, towards the ports of the far ends, and answers its own ports in the same order. */
export type OpenTowards = (farPorts: readonly number[], encryptedLegs: EncryptedLegs) => Promise<number[]>;

/**
 * CPU of this process, in ms per second, while far ends in another process send and are sent audio. One value per round, after one to warm up.
 * @throws Error when one far end in twenty is sent nothing
 */
export async function measureWithFarEnds(
  rounds: number,
  { before: begin, roundMs = ROUND_MS, encryptedLegs, ...ends }: FarEnds,
  open: OpenTowards,
): Promise<number[]> {
  const peers = fork(fileURLToPath(new URL('bridge-peers.ts', import.meta.url)));
  try {
    const farPorts = numbers(await ask(peers, { open: ends }), 'ports');
    const values: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const legs = encryptedLegs?.(round) ?? 0;
      if (round === 0 || encryptedLegs) peers.send({ to: await open(farPorts, legs), encryptedLegs: legs });
      await begin?.(round);
      const [receivedBefore = 0] = numbers(await ask(peers, 'count'), 'received');
      const before = process.cpuUsage();
      const startMs = performance.now();
      await pause(roundMs);
      const { user, system } = process.cpuUsage(before);
      const seconds = (performance.now() - startMs) / 1000;
      const [receivedAfter = 0] = numbers(await ask(peers, 'count'), 'received');
      const expected = ends.count * PACKETS_PER_SECOND * seconds;
      if (receivedAfter - receivedBefore < expected * 0.95) throw new Error('The far ends did not hear each other');
      if (round > 0) values.push((user + system) / 1000 / seconds);
    }
    return values;
  } finally {
    peers.kill();
  }
}

async function ask(peers: ChildProcess, question: object | string): Promise<unknown> {
  peers.send(question);
  const [answer]: unknown[] = await once(peers, 'message');
  return answer;
}

function numbers(answer: unknown, member: string): number[] {
  const value: unknown = Reflect.get(Object(answer), member);
  return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'number');
}
