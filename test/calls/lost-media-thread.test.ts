import type { Worker } from 'node:worker_threads';
import { afterEach, expect, it } from 'vitest';
import { spawnWorker } from '../../src/telephony/media/spawn-worker.ts';
import { directCall, directTelephony } from '../support/direct-call.ts';
import { type RealPhone, realPhone } from '../support/real-server.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function phoneThatAnswers(): Promise<RealPhone> {
  const phone = await realPhone({ answerAfterMs: 0 });
  closers.push(() => phone.close());
  return phone;
}

it('hangs up the calls whose media thread dies, bridged ones too, and says why', async () => {
  const threads: Worker[] = [];
  const telephony = await directTelephony({
    spawn: (settings) => {
      const thread = spawnWorker(settings);
      threads.push(thread);
      return thread;
    },
  });
  closers.push(() => telephony.close());
  const phones = [await phoneThatAnswers(), await phoneThatAnswers()];
  const calls = [];
  for (const [at, phone] of phones.entries()) calls.push(await directCall(telephony, `+1814404309${at}`, phone.port));
  const [one, other] = await Promise.all(calls.map(({ answered }) => answered));
  if (one && other) one.bridge(other);
  await threads[0]?.terminate();
  for (const { ended } of calls) {
    expect((await ended).end).toEqual({ why: 'failed', reason: 'The media thread of the call has died' });
  }
  for (const phone of phones) expect(await phone.seen('over')).toMatchObject({ call: 1 });
  expect(telephony.liveLegs).toBe(0);
});
