import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, vi } from 'vitest';
import { type BaresipOptions, startBaresip } from '../support/baresip.ts';
import { TestAuthority } from '../support/certificates.ts';
import { directCall } from '../support/direct-call.ts';
import { inTurn } from '../support/over-bad-networks.ts';
import { overEndingStream, type StreamScene } from '../support/over-bad-streams.ts';
import { endOf, expectAfter, QUIET_MS, SILENCE_MS } from '../support/over-dead-lines.ts';
import { heardByBaresip } from '../support/talk-with-baresip.ts';

// Connections to baresip that are closed or stall in the middle of a call.

const number = '+18144043093';
const never = new AbortController().signal;
const authority = new TestAuthority();
const [ours, theirs] = [authority.issue('IP:127.0.0.1'), authority.issue('DNS:phone.example')];
afterAll(() => authority.remove());
const overTcp = { firstPort: 47_400 };
const overTls = { ...overTcp, security: { identity: ours, ca: authority.ca } };

async function calling({ telephony, stream, transport, closing }: StreamScene, options: Partial<BaresipOptions> = {}) {
  const tls = transport === 'tls' && { tls: { ...theirs, caFile: authority.caFile } };
  const phone = await inTurn(() => startBaresip({ user: number, ...tls, ...options }));
  closing(phone.close);
  stream.setFar(transport === 'tls' ? phone.tlsPort : phone.port);
  return { phone, call: await directCall(telephony, number, stream.forNear.port, { transport }, 2 * SILENCE_MS) };
}

/** A call that is up, in which baresip has heard us. */
async function talking(scene: StreamScene) {
  const { phone, call } = await calling(scene);
  const leg = await call.answered;
  await heardByBaresip(leg, phone, 1000);
  return { phone, call, leg };
}

for (const [kind, over] of [
  ['TCP', overTcp],
  ['TLS', overTls],
] as const) {
  overEndingStream(`a connection over ${kind} that is closed in a call: our BYE goes over a new one`, over, async (scene) => {
    const { phone, call, leg } = await talking(scene);
    await scene.stream.breakAll();
    await leg.hangup();
    expect(await endOf(call)).toMatchObject({ outcome: 'Completed', problems: [] });
    await phone.seen('CALL_CLOSED');
    expect(scene.stream.counts.made).toBe(2);
  });

  overEndingStream(`a connection over ${kind} that is closed in a call: baresip hangs up over a new one`, over, async (scene) => {
    const { phone, call } = await talking(scene);
    await scene.stream.breakAll();
    await phone.command('hangup');
    expect(await endOf(call)).toMatchObject({ outcome: 'CalleeHungUp', problems: [] });
  });
}

overEndingStream('a connection that is closed in a call: we hold the call over a new one', overTcp, async (scene) => {
  const { phone, call, leg } = await talking(scene);
  await scene.stream.breakAll();
  await leg.hold(true, never);
  await leg.hold(false, never);
  await phone.command('hangup');
  expect(await endOf(call)).toMatchObject({ outcome: 'CalleeHungUp' });
});

overEndingStream('a connection that is closed before the INVITE arrives: baresip gets it over a new one', overTcp, async (scene) => {
  scene.stream.cut({ at: /^INVITE / });
  const { call, leg } = await talking(scene);
  await leg.hangup();
  expect(await endOf(call)).toMatchObject({ outcome: 'Completed', problems: [] });
  expect(scene.stream.counts.made).toBe(2);
});

overEndingStream('connections that are closed before the INVITE arrives, twice: baresip is unreachable at once', overTcp, async (scene) => {
  scene.stream.cut({ at: /^INVITE / });
  scene.stream.cut({ at: /^INVITE / });
  const { phone, call } = await calling(scene);
  expect(await endOf(call)).toMatchObject({ outcome: 'Unreachable', problems: [] });
  expect(await phone.log()).not.toContain('INVITE');
});

overEndingStream('a connection that is closed while baresip rings: its answer comes over a new one', overTcp, async (scene) => {
  scene.stream.cut({ at: /^SIP\/2\.0 180 /, passes: true });
  const { phone, call } = await calling(scene, { answers: 'manual' });
  await call.ringing;
  await vi.waitFor(() => expect(scene.stream.open).toBe(0), { timeout: 5_000 });
  await phone.command('accept');
  const leg = await call.answered;
  await heardByBaresip(leg, phone, 1000);
  await leg.hangup();
  expect(await endOf(call)).toMatchObject({ outcome: 'Completed', problems: [] });
});

overEndingStream('a connection that is closed as our BYE goes out: the BYE goes out again over a new one', overTcp, async (scene) => {
  const { phone, call, leg } = await talking(scene);
  scene.stream.cut({ at: /^BYE / });
  await leg.hangup();
  expect(await endOf(call)).toMatchObject({ outcome: 'Completed', problems: [] });
  await phone.seen('CALL_CLOSED');
  expect(scene.telephony.liveLegs).toBe(0);
});

overEndingStream('a connection that is closed as we hold the call: it is held over a new one', overTcp, async (scene) => {
  const { call, leg } = await talking(scene);
  scene.stream.cut({ at: /^INVITE / });
  await leg.hold(true, never);
  await leg.hold(false, never);
  await leg.hangup();
  expect(await endOf(call)).toMatchObject({ outcome: 'Completed' });
});

overEndingStream('a connection that stalls before the INVITE arrives: baresip is unreachable', overTcp, async (scene) => {
  scene.stream.cut({ at: /^INVITE /, stalls: true });
  const { call } = await calling(scene);
  expectAfter(await scene.passTimeUntil(call.ended), SILENCE_MS);
  expect(await endOf(call)).toEqual({ outcome: 'Unreachable', sip: 408, reason: 'No response', problems: [] });
});

overEndingStream('a connection that stalls as our BYE goes out: the call is over at once', overTls, async (scene) => {
  const { call, leg } = await talking(scene);
  scene.stream.cut({ at: /^BYE /, stalls: true });
  await leg.hangup();
  expect(await endOf(call)).toMatchObject({ outcome: 'Completed', problems: [] });
});

overEndingStream('a connection that stalls as baresip hangs up: its audio stops, and we hang up', overTcp, async (scene) => {
  const { phone, call, leg } = await talking(scene);
  scene.stream.cut({ at: /^BYE /, stalls: true });
  await phone.command('hangup');
  await delay(QUIET_MS);
  await leg.hangup();
  expect(await endOf(call)).toMatchObject({ outcome: 'Completed', problems: ['AudioStopped'] });
});
