import { setTimeout as pause } from 'node:timers/promises';
import { measureBridges } from './bridge.ts';
import { addedInTurns } from './turns.ts';

/** Until the calls of a turn are going on, and those of the turn before are cleared away. */
const GOING_ON_MS = 1000;
/** Long enough for reports of RTCP to be among what is sent. */
const ROUND_MS = 8000;

/**
 * What SRTP (AES_CM_128_HMAC_SHA1_80) adds to a bridged PCMU call and second when one leg has it, or both, in ms of CPU: each packet is unprotected with
 * the keys of the leg it comes from, and protected with those of the other. It is what encrypted turns cost beside turns in clear, over
 * real sockets, for each round after one to warm up. The far ends run in another process, speak SRTP and count only what is theirs.
 */
export async function measureSrtp(rounds: number, legs: 1 | 2): Promise<number[]> {
  const turns = await measureBridges(2 * (rounds + 1), {
    before: () => pause(GOING_ON_MS),
    roundMs: ROUND_MS,
    encryptedLegs: (turn) => (turn % 2 === 1 ? legs : 0),
  });
  // The turn to warm up was a clear one: the values begin with an encrypted one.
  return addedInTurns(turns);
}
