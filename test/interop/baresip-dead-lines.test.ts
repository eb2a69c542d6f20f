import { setTimeout as delay } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { type Baresip, type BaresipOptions, startBaresip } from '../support/baresip.ts';
import { directCall } from '../support/direct-call.ts';
import { inTurn } from '../support/over-bad-networks.ts';
import { type DeadLineScene, endOf, expectAfter, overDeadLine, QUIET_MS, SILENCE_MS } from '../support/over-dead-lines.ts';
import { heardByBaresip } from '../support/talk-with-baresip.ts';

const RING_MS = 20_000;
const FIRST_PORT = 46_800;

const number = '+18144043093';
const never = new AbortController().signal;

async function phoneOf({ closing }: DeadLineScene, options: Partial<BaresipOptions> = {}): Promise<Baresip> {
  const phone = await inTurn(() => startBaresip({ user: number, ...options }));
  closing(phone.close);
  return phone;
}

/** A call that is up, in which baresip has heard us. */
async function talking(scene: DeadLineScene) {
  const phone = await phoneOf(scene);
  const call = await directCall(scene.telephony, number, await scene.line.farAt(phone.port));
  const leg = await call.answered;
  await heardByBaresip(leg, phone, 1000);
  return { phone, call, leg };
}

const rings = { answers: 'manual' } as const;

overDeadLine('a line that is dead before the INVITE: baresip is unreachable', FIRST_PORT, async (scene) => {
  const phone = await phoneOf(scene);
  scene.line.cut({});
  const call = await directCall(scene.telephony, number, await scene.line.farAt(phone.port), {}, 2 * SILENCE_MS);
  expectAfter(await scene.passTimeUntil(call.ended), SILENCE_MS);
  expect(await endOf(call)).toEqual({ outcome: 'Unreachable', sip: 408, reason: 'No response', problems: [] });
  expect(await phone.log()).not.toContain('INVITE');
});

overDeadLine('a line that dies while baresip rings: nobody answers', FIRST_PORT, async (scene) => {
  const phone = await phoneOf(scene, rings);
  const call = await directCall(scene.telephony, number, await scene.line.farAt(phone.port), {}, RING_MS);
  await call.ringing;
  scene.line.cut({});
  expectAfter(await scene.passTimeUntil(call.ended), RING_MS);
  expect(await endOf(call)).toMatchObject({ outcome: 'NoAnswer', problems: [] });
});

overDeadLine('a line that dies as baresip answers: nobody answers', FIRST_PORT, async (scene) => {
  const phone = await phoneOf(scene, rings);
  const call = await directCall(scene.telephony, number, await scene.line.farAt(phone.port), {}, RING_MS);
  await call.ringing;
  scene.line.cut({ since: /^SIP\/2\.0 200 / });
  await phone.command('accept');
  expectAfter(await scene.passTimeUntil(call.ended), RING_MS);
  expect(await endOf(call)).toMatchObject({ outcome: 'NoAnswer', problems: [] });
});

overDeadLine(
  'a line that dies in a call with baresip: we hang up at once, and the doctor says that its audio stopped',
  FIRST_PORT,
  async (scene) => {
    const { call, leg } = await talking(scene);
    scene.line.cut({});
    await delay(QUIET_MS);
    await leg.hangup();
    expect(await endOf(call)).toMatchObject({ outcome: 'Completed', problems: ['AudioStopped'] });
  },
);

overDeadLine('a line that dies in a call with baresip: who holds the call finds out that it is over', FIRST_PORT, async (scene) => {
  const { call, leg } = await talking(scene);
  scene.line.cut({});
  await delay(QUIET_MS);
  const held = leg.hold(true, never).then(
    () => 'held',
    () => 'refused',
  );
  expectAfter(await scene.passTimeUntil(call.ended), SILENCE_MS);
  expect(await held).toBe('refused');
  expect(await endOf(call)).toMatchObject({ outcome: 'Failed', sip: 408, reason: 'The peer does not answer', problems: ['AudioStopped'] });
});

overDeadLine('a line that loses the audio of baresip from some time on: it hangs up, and the doctor says so', FIRST_PORT, async (scene) => {
  const { call, phone } = await talking(scene);
  scene.line.cut({ of: 'media', from: 'far' });
  await delay(QUIET_MS);
  await phone.command('hangup');
  expect(await endOf(call)).toMatchObject({ outcome: 'CalleeHungUp', problems: ['AudioStopped'] });
});

overDeadLine('a line that never carries the audio of baresip: the doctor says that nothing came', FIRST_PORT, async (scene) => {
  const phone = await phoneOf(scene);
  scene.line.cut({ of: 'media', from: 'far' });
  const call = await directCall(scene.telephony, number, await scene.line.farAt(phone.port));
  await heardByBaresip(await call.answered, phone, 1000);
  await delay(QUIET_MS);
  await phone.command('hangup');
  expect(await endOf(call)).toMatchObject({ outcome: 'CalleeHungUp', problems: ['NothingReceived'] });
});

overDeadLine('a line that loses SIP only, so that baresip hangs up unheard: its audio stops, and we hang up', FIRST_PORT, async (scene) => {
  const { call, phone, leg } = await talking(scene);
  scene.line.cut({ of: 'sip' });
  await phone.command('hangup');
  await delay(QUIET_MS);
  await leg.hangup();
  expect(await endOf(call)).toMatchObject({ outcome: 'Completed', problems: ['AudioStopped'] });
});

overDeadLine('a line that dies as our BYE goes out: the call is over at once', FIRST_PORT, async (scene) => {
  const { call, leg, phone } = await talking(scene);
  scene.line.cut({ since: /^BYE / });
  await leg.hangup();
  expect(await endOf(call)).toMatchObject({ outcome: 'Completed', problems: [] });
  expect(scene.telephony.liveLegs).toBe(0);
  expect(await phone.log()).not.toMatch(/^BYE /m);
});

overDeadLine(
  'a line that dies as our REFER goes out: the transfer is refused, and the call still is ours to hang up',
  FIRST_PORT,
  async (scene) => {
    const { call, leg } = await talking(scene);
    scene.line.cut({ since: /^REFER / });
    const transferred = leg.transfer('+18144043111', never);
    expectAfter(await scene.passTimeUntil(transferred), SILENCE_MS);
    expect(await transferred).toEqual({ result: 'refused', sip: 408, reason: 'The peer does not answer' });
    await leg.hangup();
    expect(await endOf(call)).toMatchObject({ outcome: 'Completed' });
  },
);

overDeadLine('a line that dies as baresip tells of the new call: what came of the transfer is unknown', FIRST_PORT, async (scene) => {
  const { call, leg } = await talking(scene);
  scene.line.cut({ since: /^NOTIFY / });
  const transferred = leg.transfer('sip:nobody@127.0.0.1:9', never);
  await vi.waitFor(() => expect(scene.line.stopped).toBeGreaterThan(0), { timeout: 10_000 });
  expectAfter(await scene.passTimeUntil(transferred), 90_000);
  expect(await transferred).toMatchObject({ result: 'unknown' });
  await leg.hangup();
  expect(await endOf(call)).toMatchObject({ outcome: 'Completed' });
});
